// Package bench measures a ledger beside the raw engine that it stands on, in the same run and on the same disk, so that a
// ratio says the same on every machine. It judges nothing but its own bars, and leaves nothing behind.
package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"github.com/nats-io/nats.go"
	"golang.org/x/mod/sumdb/note"

	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
	"truceledger/projections"
)

// A Node is a running ledger as `truce serve` runs it.
type Node struct {
	Conn    *nats.Conn
	Log     *jetstream.Log
	Ledger  *eventstore.Ledger
	Models  *projections.Projections
	Handler http.Handler
	Rest    func(context.Context) error // waits until what a start does behind is done
	Close   func()

	// Sign begins and ends the signing of heads; Cosigned is the size of the newest one that a witness has cosigned. Only of
	// what OpenProved opens.
	Sign     func(ctx context.Context, on bool)
	Cosigned func() (int64, error)
}

// Config says what is measured, how much of it, and with what.
type Config struct {
	Dir     string // where the folders are made; they are removed afterwards
	Only    []string
	Entries int // in the large ledger
	Records int // that they are spread over
	Seconds float64
	Rounds  int // each figure is the median of so many
	Open    func(ctx context.Context, dir string) (*Node, error)
	// OpenProved opens a ledger with a witness beside it.
	OpenProved func(ctx context.Context, dir string) (*Node, error)

	Child    []string          // the command line that runs Child in another process, before its own arguments
	Progress func(line string) // is told what is being done
	Profile  string            // the folder for a processor profile of each row, "" for none
}

// Quick and Full are the sizes of a look and of a measurement.
var (
	Quick = Config{Entries: 30_000, Records: 1_500, Seconds: 0.4, Rounds: 3}
	Full  = Config{Entries: 1_000_000, Records: 50_000, Seconds: 4, Rounds: 3}
)

// A Row is one line of the table.
type Row struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Raw   float64 `json:"raw"`   // the same of the raw engine, 0 where there is none
	Ratio float64 `json:"ratio"` // value over raw; the value itself where there is no raw
	Bar   float64 `json:"bar"`
	Aim   float64 `json:"aim"` // 0 for none
	Holds bool    `json:"holds"`

	what string
}

// A measure fills in value, unit and raw of its row.
type measure struct {
	name  string
	bar   float64
	aim   float64
	lower bool // the ratio must not exceed the bar
	what  string
	run   func(*run, context.Context) (value, raw float64, unit string, err error)
}

// measures are the rows, in the order in which they are run: those that need the large ledger last.
var measures = []measure{
	{"durable_256", 2.5, 5, false, "durable commands, 256 callers over 10,000 records / raw fsynced publishes, 64 publishers", (*run).durable256},
	{"durable_1", 2.0, 1.5, true, "median of one caller's durable command / of a raw fsynced publish", (*run).durable1},
	{"http_64", 0.35, 0.6, false, "durable commands over HTTP, 64 connections of another process / in process", (*run).http64},
	{"sse", 250, 50, true, "99th percentile from acknowledged to received, 1,000 subscribers at 100 entries/s", (*run).sse},
	{"rebuild", 0.25, 0.5, false, "all projections / a raw ordered read of the same stream", (*run).rebuild},
	{"get", 0.4, 0.8, false, "GET /v1/ceasefires/{id} / a handler that writes the same bytes from memory", (*run).get},
	{"as_of", 2, 0.3, true, "median of a ceasefire of 1,000 entries at three clocks", (*run).asOf},
	{"start", 3, 1.5, true, "start to ready / the bare server's start on the same folder", (*run).start},
	{"memory", 2, 1.3, true, "resident memory while serving / the bare server's", (*run).memory},
	{"cold", 0, 0, false, "durable commands, 256 callers, to records that were not written to for long / raw fsynced publishes", (*run).cold},
	{"signing", 0.9, 0, false, "durable commands, 256 callers, with heads signed and a witness asked / without", (*run).signing},
	{"verify", 8, 0, true, "check of a bundle, every entry decided again / hashing its bytes with SHA-256", (*run).verify},
	{"verify_log", 8, 0, true, "the same without the rules", (*run).verifyLog},
	{"growth", 0, 0, true, "the worst cost at full size / at 10,000 entries; the bar is logarithmic growth", (*run).growth},
}

// Names lists the rows that there are.
func Names() []string {
	names := make([]string, len(measures))
	for i, m := range measures {
		names[i] = m.name
	}
	return names
}

// Run measures the rows that c.Only names, or all. The rows come in the order of the table; told, if not nil, gets each as it is done.
func Run(ctx context.Context, c Config, told func(Row)) (rows []Row, err error) {
	dir, err := os.MkdirTemp(c.Dir, "truce-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := &run{Config: c, dir: dir}
	defer r.close()
	for _, m := range measures {
		if len(c.Only) > 0 && !slices.Contains(c.Only, m.name) {
			continue
		}
		r.progress("%s: %s", m.name, m.what)
		r.row = m.name
		row, err := r.measure(ctx, m)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", m.name, err)
		}
		rows = append(rows, row)
		if told != nil {
			told(row)
		}
	}
	return rows, nil
}

// A run is one run of measures, with the ledgers that several of them share.
type run struct {
	Config
	dir   string
	row   string  // that is being measured
	small *ledger // 10,000 records, for what is written
	large *ledger // of the full size

	bundleKey note.Verifier // of the bundle that is verified, nil where none is written
}

func (r *run) progress(format string, args ...any) {
	if r.Progress != nil {
		r.Progress(fmt.Sprintf(format, args...))
	}
}

func (r *run) measure(ctx context.Context, m measure) (Row, error) {
	value, raw, unit, err := m.run(r, ctx)
	row := Row{Name: m.name, Value: value, Unit: unit, Raw: raw, Ratio: value, Bar: m.bar, Aim: m.aim, what: m.what}
	if m.name == "growth" {
		row.Bar, row.Raw, row.Ratio = raw, 0, value
	} else if raw != 0 {
		row.Ratio = value / raw
	}
	row.Holds = row.Ratio >= row.Bar
	if m.lower {
		row.Holds = row.Ratio <= row.Bar
	}
	return row, err
}

func (r *run) close() {
	for _, l := range []*ledger{r.small, r.large} {
		if l != nil {
			l.close()
		}
	}
}

func (r *run) folder(name string) string { return filepath.Join(r.dir, name) }

// median of xs, which it sorts.
func median(xs []float64) float64 {
	slices.Sort(xs)
	return xs[len(xs)/2]
}
