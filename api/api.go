// Package api speaks HTTP: JSON for programs, events as they happen, and a web page for people. It decodes, asks and
// answers, the same way for everybody, and says every no in a sentence and a stable code.
//
// It decides nothing, keeps nothing, and computes no answer of its own: rules are the domain's, storing is the
// eventstore's, what the log amounts to is the projections', and who may do what is the table's of package access.
package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"

	"truceledger/api/access"
	"truceledger/api/alert"
	"truceledger/api/web"
	"truceledger/domain"
	"truceledger/domain/registry"
	"truceledger/eventstore"
	"truceledger/eventstore/blobs"
	"truceledger/projections"
)

// Queries is what is asked of the read models; *projections.Projections answers it.
type Queries interface {
	Resolve(context.Context, projections.Clock) (projections.Point, error)

	CeasefireJSON(ctx context.Context, id string, at projections.Point) (raw []byte, version uint64, err error)
	Ceasefire(context.Context, string, projections.Point) (projections.CeasefireView, error)
	Standings(context.Context, projections.CeasefireFilter, projections.Point) ([]*projections.Standing, error)
	Ceasefires(context.Context, projections.CeasefireFilter, projections.Point, projections.Paging) (projections.Page[projections.CeasefireView], error)
	History(context.Context, domain.Ref, projections.Point, projections.Paging) (projections.Page[projections.HistoryItem], error)
	Calendar(context.Context, projections.CeasefireFilter, projections.Point, projections.Paging) (projections.Page[projections.CalendarItem], error)

	Incident(context.Context, string, projections.Point) (projections.IncidentView, error)
	Incidents(context.Context, projections.IncidentFilter, projections.Point, projections.Paging) (projections.Page[projections.IncidentView], error)
	IncidentCounts(context.Context, []string, projections.IncidentFilter, projections.Point) ([]projections.CountRow, error)

	Talk(context.Context, string, projections.Point) (projections.TalksView, error)
	Talks(context.Context, projections.Point, projections.Paging) (projections.Page[projections.TalksView], error)
	Tally(context.Context, string, projections.Point) (projections.TallyView, error)
	Tallies(context.Context, projections.Point, projections.Paging) (projections.Page[projections.TallyView], error)
	Statement(context.Context, string, projections.Point) (projections.StatementView, error)
	Statements(context.Context, projections.Point, projections.Paging) (projections.Page[projections.StatementView], error)
	Actor(context.Context, string, projections.Point) (projections.ActorView, error)
	Actors(context.Context, projections.Point, projections.Paging) (projections.Page[projections.ActorView], error)
	Place(context.Context, string, projections.Point) (projections.PlaceView, error)
	Places(context.Context, projections.Point, projections.Paging) (projections.Page[projections.PlaceView], error)
	Source(context.Context, string, projections.Point) (projections.SourceView, error)
	Sources(context.Context, projections.Point, projections.Paging) (projections.Page[projections.SourceView], error)

	Keys(context.Context, projections.Point) (map[string][]registry.Key, error)
	Sentence(context.Context, eventstore.Entry, projections.Point) (string, error)
	LastSigned(ctx context.Context, actor, fingerprint string) (number uint64, err error)
	NextPassing(ctx context.Context, after time.Time, at projections.Point) (next time.Time, ids []string, err error)
	Version(context.Context, domain.Ref) (uint64, error)
	Sees(context.Context, domain.Ref) (bool, error)
	File(ctx context.Context, sha256 string, at projections.Point) (projections.FileView, error)
	Material(context.Context, domain.Ref, projections.Point) (projections.MaterialView, error)
	Applied() uint64
	Stalled() uint64
	WaitFor(ctx context.Context, sequence uint64) error
}

// A Ledger puts commands on the record; *eventstore.Ledger is one.
type Ledger interface {
	Execute(context.Context, eventstore.Request) (eventstore.Result, error)
	// Rehearse returns the entry as it would be stored now, and stores nothing.
	Rehearse(context.Context, eventstore.Request) (eventstore.Entry, error)
	Record(context.Context, domain.Ref) (domain.Record, error)
	BeginRehearsal(context.Context) (*eventstore.Rehearsal, error)
	RecordFor(context.Context, domain.Ref, domain.Reader) (domain.Record, error)
	Stopped() error
}

// An Admin looks after the projections; *projections.Projections does.
type Admin interface {
	Digests(context.Context) ([]projections.ProjectionState, error)
	Rebuild(ctx context.Context, progress func(done, of uint64)) error
	Progress() (p projections.Progress, busy bool)
}

// Options are what an API is made of. Ledger, Queries and Log are required.
type Options struct {
	Ledger  Ledger
	Queries Queries
	Log     eventstore.Log
	Logger  *slog.Logger // by default slog.Default
	Version string       // the program's, for documents and metrics

	// ReadOnly refuses every command.
	ReadOnly bool
	// Writer is the address of the server that takes commands, told to whoever sends one to a server that does not.
	Writer string
	// Behind tells how far the log is behind the one that it is a copy of. Without it nothing is told.
	Behind func() Behind
	// Access says who sends a request. Without it nobody is known, and only what is for everybody is answered.
	Access *access.Desk
	// Rates bound what one caller may ask; by default nothing does.
	Rates access.Rates
	// Hosts are further names, besides those of this machine, that the server answers to.
	Hosts []string
	// AnyAddress lets the server answer to every IP address: it listens to more than this machine.
	AnyAddress bool
	// BehindProxy says that requests come through a proxy of the operator's, which tells their address.
	BehindProxy bool
	// Metrics is where the server's figures are registered; by default a registry of its own.
	Metrics *prometheus.Registry
	// Clock tells the time, by default time.Now.
	Clock func() time.Time

	// Alerts tells subscribers. Without it those routes are not there.
	Alerts *alert.Sender
	// Layers are layers of the map that the operator supplies.
	Layers []Layer

	// Snapshots write consistent copies of the files that the node has open and that a backup needs, by their names in the data
	// folder. They hold what only an operator may see.
	Snapshots map[string]func(io.Writer) error

	// Halted tells why no command can be stored at the moment, nil while one can.
	Halted func() error
	// Admin rebuilds the projections and tells their digests. Without it those routes are not there.
	Admin Admin
	// Files keeps attachments. Without it those routes are not there.
	Files *blobs.Files
	// Vault keeps sealed values. Without it those routes are not there.
	Vault *blobs.Vault
	// Proof proves the log. Without it those routes are not there.
	Proof *Proof
}

// limits are the patience of the server. Tests shorten them.
type limits struct {
	body      int64         // bytes of a command
	command   time.Duration // for an outcome, before it is called unknown
	wait      time.Duration // for min_sequence
	own       time.Duration // for what this server has acknowledged itself
	write     time.Duration // for a reader to take what is streamed to it
	heartbeat time.Duration // between signs of life of a stream
	survey    time.Duration // between looks at what time has changed, where nothing is known to change
	rest      time.Duration // at least, between any two such looks
}

var defaultLimits = limits{
	body: 128 << 10, command: 25 * time.Second, wait: 5 * time.Second, own: 500 * time.Millisecond, write: 10 * time.Second,
	heartbeat: 15 * time.Second, survey: time.Minute, rest: 50 * time.Millisecond,
}

// An API is the whole of the HTTP interface: an http.Handler for a NewServer.
type API struct {
	Options
	ledger  Ledger
	queries Queries
	log     *slog.Logger
	limits  limits

	mux        *listedMux
	huma       huma.API
	origins    http.CrossOriginProtection
	throttles  throttles
	readiness  readiness
	written    mark
	metrics    *metrics
	hub        *hub
	tail       *tail
	spans      spans
	layerFiles []func() http.Handler

	life context.Context // ends with Close: every stream ends with it
	end  context.CancelFunc
}

// New returns the interface to what o holds. Close it.
func New(o Options) *API {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	if o.Halted == nil {
		o.Halted = func() error { return nil }
	}
	a := &API{Options: o, ledger: o.Ledger, queries: o.Queries, log: o.Logger, limits: defaultLimits, mux: &listedMux{ServeMux: http.NewServeMux()}}
	a.throttles = newThrottles(o.Rates)
	a.life, a.end = context.WithCancel(context.Background())
	a.metrics = a.newMetrics()
	a.hub = newHub(a)
	a.tail = &tail{api: a}
	for _, l := range o.Layers {
		a.layerFiles = append(a.layerFiles, sync.OnceValue(func() http.Handler { return web.NewFile(l.GeoJSON, "application/geo+json") }))
	}
	a.huma = a.newHuma()
	a.routes()
	return a
}

// A listedMux knows what it was given, so that a test can hold every route against the table of access.
type listedMux struct {
	*http.ServeMux
	patterns []string
}

func (m *listedMux) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	m.patterns = append(m.patterns, pattern)
	m.ServeMux.HandleFunc(pattern, handler)
}

// routes is the table of contents.
func (a *API) routes() {
	a.commandRoutes()
	a.ceasefireRoutes()
	a.incidentRoutes()
	a.recordRoutes()
	a.exportRoutes()
	a.importRoutes()
	a.inquiryRoutes()
	a.bulletinRoutes()
	a.alertRoutes()
	a.entryRoutes()
	a.materialRoutes()
	a.attachmentRoutes()
	a.secretRoutes()
	a.proofRoutes()
	a.streamRoutes()
	a.healthRoutes()
	a.adminRoutes()
	a.tokenRoutes()
	a.sessionRoutes()
	a.accountRoutes()
	a.pageRoutes()
	a.documentRoutes() // last: it describes all the others
}

// Close ends every stream and lets no new one begin. Requests under way are answered.
func (a *API) Close() {
	a.end()
	a.hub.wait()
	a.tail.wait()
}
