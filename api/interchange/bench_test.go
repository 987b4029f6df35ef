package interchange

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"truceledger/domain/incident"
	"truceledger/domain/when"
	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
)

// jetWorld is a world over a log that syncs every entry, as a served ledger does.
func jetWorld(t testing.TB) *world {
	t.Helper()
	e, err := jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Shutdown)
	nc, err := e.Connect()
	if err != nil {
		t.Fatal(err)
	}
	log, err := jetstream.Open(t.Context(), nc, jetstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return openWorld(t, log)
}

// BenchmarkImport imports the real file and then appends as many plain allegations with as many workers, each on a fresh
// ledger of its own. "ratio" is the import's rate of entries to the ledger's own bulk rate; it must not fall under 0.6.
func BenchmarkImport(b *testing.B) {
	text := realFile(b)
	var imported, plain time.Duration
	entries := 0
	for b.Loop() {
		w := jetWorld(b)
		f, _ := NewFormat("ucdp-ged", Settings{Zone: "Asia/Damascus"})
		im := &Importer{Ledger: w.ledger, Models: w.views, Principal: "test", Format: f, Tell: func(Report) {}}
		start := time.Now()
		total, err := im.Run(b.Context(), strings.NewReader(text))
		if err != nil {
			b.Fatal(err)
		}
		imported += time.Since(start)
		entries += total.Entries
		plain += bulk(b, jetWorld(b), total.Entries)
	}
	b.ReportMetric(float64(entries)/imported.Seconds(), "entries/s")
	b.ReportMetric(plain.Seconds()/imported.Seconds(), "ratio")
}

func bulk(b *testing.B, w *world, n int) time.Duration {
	w.send(`{"command":"register-actor","actor":"monitor","name":"Monitor","kind":"organisation"}`)
	var commands []*incident.Violate
	for i := range n {
		c := &incident.Violate{Incident: fmt.Sprintf("i-%d", i), At: when.When{At: "2016-05-03"}, Description: strings.Repeat("x", 200)}
		c.By, c.CommandID = "monitor", identify("bench", c.Incident, "").after("", nil)
		commands = append(commands, c)
	}
	start := time.Now()
	each(commands, func(c *incident.Violate) {
		if _, err := w.ledger.Execute(b.Context(), eventstore.Request{Command: c, Principal: "test"}); err != nil {
			b.Error(err)
		}
	})
	return time.Since(start)
}
