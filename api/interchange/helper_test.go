package interchange

import (
	"context"
	"encoding/csv"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
	"truceledger/projections"
)

// A world is a ledger with its read models.
type world struct {
	t      testing.TB
	log    eventstore.Log
	ledger *eventstore.Ledger
	views  *projections.Projections
}

func openWorld(t testing.TB, log eventstore.Log) *world {
	t.Helper()
	w := &world{t: t, log: log}
	logger := slog.New(slog.DiscardHandler)
	var err error
	w.ledger, err = eventstore.Open(t.Context(), log, eventstore.Options{
		Logger: logger,
		FindCommand: func(ctx context.Context, principal, id string) (uint64, bool) {
			return w.views.FindCommand(ctx, principal, id)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.views, err = projections.Open(t.Context(), projections.Options{
		Dir: t.TempDir(), Log: log, LedgerID: w.ledger.ID(), Zone: w.ledger.Zone(), Observe: w.ledger.Observe, Logger: logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.views.Start(context.Background())
	t.Cleanup(func() {
		_ = w.ledger.Close()
		_ = w.views.Close()
	})
	return w
}

func newWorld(t testing.TB) *world { return openWorld(t, memory.New()) }

func (w *world) last() uint64 {
	w.t.Helper()
	n, err := w.log.Last(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// settle waits until the read models hold all of the log.
func (w *world) settle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	if err := w.views.WaitFor(ctx, w.last()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) now() projections.Point {
	w.t.Helper()
	w.settle()
	p, err := w.views.Resolve(w.t.Context(), projections.Clock{})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// load imports a table and returns what was told of it, without the progress.
func (w *world) load(format, table string, s Settings, change ...func(*Importer)) (Summary, []Report) {
	w.t.Helper()
	f, err := NewFormat(format, s)
	if err != nil {
		w.t.Fatal(err)
	}
	var told []Report
	im := &Importer{Ledger: w.ledger, Models: w.views, Principal: "test", Format: f, Tell: func(r Report) {
		if r.Type != "progress" && r.Type != "done" {
			told = append(told, r)
		}
	}}
	for _, c := range change {
		c(im)
	}
	total, err := im.Run(w.t.Context(), strings.NewReader(table))
	if err != nil {
		w.t.Fatal(err)
	}
	w.settle()
	return total, told
}

// send executes a command that has to be accepted.
func (w *world) send(command string) {
	w.t.Helper()
	c, err := eventstore.DecodeCommand("", []byte(command))
	if err == nil {
		_, err = w.ledger.Execute(w.t.Context(), eventstore.Request{Command: c, Principal: "test"})
	}
	if err != nil {
		w.t.Fatalf("%s: %v", command, err)
	}
	w.settle()
}

func (w *world) incidents(f projections.IncidentFilter) []projections.IncidentView {
	w.t.Helper()
	var all []projections.IncidentView
	for p := (projections.Paging{Limit: 1000}); ; {
		page, err := w.views.Incidents(w.t.Context(), f, w.now(), p)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, page.Items...)
		if p.Cursor = page.NextCursor; p.Cursor == "" {
			return all
		}
	}
}

func dry(im *Importer)     { im.DryRun = true }
func missing(im *Importer) { im.RetractMissing = true }

// realFile is the UCDP table, which is not part of the repository.
func realFile(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("TRUCE_TESTDATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "ucdp_ged_syria_2016-02-20_2016-05-31.csv"))
	if err != nil {
		t.Skipf("the UCDP table is not at hand: set TRUCE_TESTDATA to the folder that holds it (%v)", err)
	}
	return string(raw)
}

// tableOf reads a table on its own, without this package.
func tableOf(t testing.TB, text string) (rows []map[string]string) {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = raw[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func incidentRefOK(id string) bool { return domain.IsSlug(id) }
