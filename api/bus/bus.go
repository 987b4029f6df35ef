// Package bus offers the ledger to programs that live on NATS: commands as a micro service, questions as another endpoint of
// it, and the records as they stand in a key-value bucket.
//
// It has no rules and no answers of its own: every request goes through the same handler as HTTP's, so that a no on the bus
// is the very no that HTTP gives, and every value of the bucket is the body that a GET answers.
package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"truceledger/api/schema"
	"truceledger/eventstore"
)

const (
	// ServiceName is what the service is called in discovery ($SRV.INFO.truce).
	ServiceName = "truce"
	// CommandSubject is where a command is sent, followed by its verb. It lies outside truce.>, which is the log.
	CommandSubject = "truce-api.command"
	// QuerySubject is where a question is asked: the payload is the path and query of a GET, such as /v1/ceasefires?status=in_force.
	QuerySubject = "truce-api.query"
	// Bucket is the key-value bucket of the records as they stand: ceasefire.aleppo-silence.
	Bucket = "TRUCE_STATE"
)

// Options are what a bus is made of. All but Logger and Version are required.
//
// Both connections must be in other NATS accounts than the log: whoever may ask anything in an account can have the answer sent
// to any subject there, and what is sent to a subject of the log is filed as an entry. Where they are the same, so can whoever
// may ask the service anything change the bucket.
type Options struct {
	Conn    *nats.Conn   // where requests are answered
	State   *nats.Conn   // where the bucket is
	Handler http.Handler // of HTTP; it authenticates as it does there, by the header Authorization
	Log     eventstore.Log
	Models  Models
	Logger  *slog.Logger
	Version string
}

// A Bus serves until Stop.
type Bus struct {
	o       Options
	service micro.Service
	stats   stats
	slots   chan struct{} // of the requests under way
	end     context.CancelFunc
	running sync.WaitGroup
}

// mostUnderWay is how many requests are carried out at once: enough to share the log's flushes. What comes beyond waits in its
// endpoint's queue.
const mostUnderWay = 256

// Start registers the service and begins to keep the bucket.
func Start(ctx context.Context, o Options) (*Bus, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	b := &Bus{o: o, slots: make(chan struct{}, mostUnderWay)}
	ctx, b.end = context.WithCancel(context.WithoutCancel(ctx))
	state, err := openState(ctx, o)
	if err != nil {
		b.end()
		return nil, err
	}
	if err := b.serve(); err != nil {
		b.end()
		return nil, err
	}
	b.running.Go(func() { state.keep(ctx) })
	return b, nil
}

// Stop takes no more requests, answers those under way, and leaves the bucket as it stands.
func (b *Bus) Stop() {
	if err := b.service.Stop(); err != nil {
		b.o.Logger.Warn("stop the service on the bus", "err", err)
	}
	b.end()
	b.running.Wait()
}

// serve registers an endpoint for each command, so that each has its own statistics, and one for questions.
func (b *Bus) serve() (err error) {
	b.service, err = micro.AddService(b.o.Conn, micro.Config{
		Name: ServiceName, Version: semver(b.o.Version), Description: "The Truce Ledger: commands and questions as over HTTP",
		StatsHandler: b.stats.of,
		Metadata:     map[string]string{"commands": CommandSubject + ".<verb>", "queries": QuerySubject, "bucket": Bucket},
	})
	if err != nil {
		return fmt.Errorf("the service on the bus: %w", err)
	}
	for _, verb := range eventstore.Verbs() {
		if err = b.endpoint(verb); err != nil {
			return err
		}
	}
	return b.service.AddEndpoint("query", micro.HandlerFunc(b.query), micro.WithEndpointSubject(QuerySubject))
}

// endpoint serves one verb. Its schema is asked for as a question, /schemas/commands/<verb>.json: all of them in the answer
// to a discovery would not fit into a message.
func (b *Bus) endpoint(verb string) error {
	if _, known := schema.Command(verb); !known {
		return fmt.Errorf("the command %s has no schema", verb)
	}
	return b.service.AddEndpoint(verb, micro.HandlerFunc(func(r micro.Request) { b.command(verb, r) }),
		micro.WithEndpointSubject(CommandSubject+"."+verb),
		micro.WithEndpointMetadata(map[string]string{"schema": "/schemas/commands/" + verb + ".json", "schema_subject": QuerySubject}))
}

// semver is what discovery takes for a version.
func semver(v string) string {
	v = strings.TrimPrefix(v, "v")
	if parts := strings.SplitN(v, ".", 3); len(parts) == 3 && strings.IndexFunc(strings.Join(parts[:2], ""), func(r rune) bool { return r < '0' || r > '9' }) < 0 && parts[2] != "" && parts[2][0] >= '0' && parts[2][0] <= '9' {
		if plain, _, _ := strings.Cut(v, " "); plain != "" {
			return plain
		}
	}
	return "0.0.0"
}

// command carries a command over.
func (b *Bus) command(verb string, r micro.Request) {
	h := http.Header{"Content-Type": {"application/json"}}
	for _, name := range []string{"Idempotency-Key", "If-Match", "Correlation-Id", "Causation-Id", "Authorization"} {
		if v := r.Headers().Get(name); v != "" {
			h.Set(name, v)
		}
	}
	b.carry(r, verb, http.MethodPost, "/v1/commands/"+verb, h)
}

// query carries a question over. What never ends, and what would not fit into a message, stays HTTP's.
func (b *Bus) query(r micro.Request) {
	path := strings.TrimSpace(string(r.Data()))
	if !strings.HasPrefix(path, "/v1/") && !strings.HasPrefix(path, "/schemas/") || strings.HasPrefix(path, "/v1/stream") || strings.HasPrefix(path, "/v1/entries?") || path == "/v1/entries" || strings.HasPrefix(path, "/v1/admin") {
		_ = r.Error("404", "send the path and query of a GET under /v1/, other than a stream", nil)
		return
	}
	h := http.Header{}
	if v := r.Headers().Get("Authorization"); v != "" {
		h.Set("Authorization", v)
	}
	b.carry(r, "query", http.MethodGet, path, h)
}

// carry asks the handler and sends what it answers, beside the endpoint's next requests: one that waits for the disk must not
// hold up those behind it. The handler bounds how long a command may take.
func (b *Bus) carry(r micro.Request, endpoint, method, path string, h http.Header) {
	b.slots <- struct{}{}
	b.running.Go(func() {
		defer func() { <-b.slots }()
		began := time.Now()
		var body []byte
		if method == http.MethodPost {
			body = r.Data()
		}
		a := ask(context.Background(), b.o.Handler, method, path, h, body)
		b.stats.count(endpoint, a.status, time.Since(began))
		b.answer(r, a)
	})
}

// answer sends what the handler answered. A no is an error of the service with HTTP's status as its code, HTTP's sentence
// as its description and HTTP's problem as its payload.
//
// It is published as the service's own Respond and Error would, but not by them: they note the outcome in the request, which
// nats.go reads when the endpoint's handler has returned, long before this.
func (b *Bus) answer(r micro.Request, a *answer) {
	if r.Reply() == "" {
		return // nobody asked for an answer
	}
	m := nats.NewMsg(r.Reply())
	m.Data = a.body.Bytes()
	m.Header.Set("Status", fmt.Sprint(a.status))
	for _, name := range []string{"ETag", "Location", "Content-Type", "Retry-After", "Truce-As-Of-Sequence"} {
		if v := a.header.Get(name); v != "" {
			m.Header[name] = []string{v}
		}
	}
	switch {
	case a.status >= 400:
		no(m, fmt.Sprint(a.status), sentence(a))
	case int64(a.body.Len()) > b.o.Conn.MaxPayload()-4096:
		m.Data, m.Header = nil, nats.Header{}
		no(m, "413", "the answer does not fit into a message: ask for a page with limit and cursor, or over HTTP")
	}
	if err := b.o.Conn.PublishMsg(m); err != nil {
		b.o.Logger.Warn("an answer on the bus was not sent", "subject", r.Subject(), "err", err)
	}
}

// no marks a message as a service's error.
func no(m *nats.Msg, code, description string) {
	m.Header[micro.ErrorCodeHeader], m.Header[micro.ErrorHeader] = []string{code}, []string{description}
}

// sentence is what a problem says.
func sentence(a *answer) string {
	var p struct {
		Detail string `json:"detail"`
	}
	_ = json.Unmarshal(a.body.Bytes(), &p)
	if p.Detail == "" {
		return http.StatusText(a.status)
	}
	return p.Detail
}
