package projections

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"go.etcd.io/bbolt"

	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
)

// benchEntries is how long the log of the benchmarks is.
var benchEntries = flag.Uint64("entries", 100_000, "how many entries the log of the benchmarks has")

// bench is a log of benchEntries on a real JetStream, made once.
var bench struct {
	once sync.Once
	log  eventstore.Log
	id   string
	err  error
	stop func()
}

// benchLog fills a log through a real ledger with what a day's monitoring looks like: mostly incidents of three entries.
func benchLog(b *testing.B) (eventstore.Log, string) {
	b.Helper()
	bench.once.Do(func() { bench.log, bench.id, bench.err = fillBenchLog(b) })
	if bench.err != nil {
		b.Fatal(bench.err)
	}
	return bench.log, bench.id
}

func fillBenchLog(b *testing.B) (eventstore.Log, string, error) {
	// Not jetstream.StartEmbedded: it puts each append on disk at once, which takes minutes here and changes no reading.
	engine, err := server.NewServer(&server.Options{JetStream: true, StoreDir: b.TempDir(), DontListen: true, NoSigs: true, MaxPayload: 1 << 20})
	if err != nil {
		return nil, "", err
	}
	engine.Start()
	bench.stop = engine.Shutdown
	if !engine.ReadyForConnections(10 * time.Second) {
		return nil, "", errors.New("the server is not ready")
	}
	nc, err := nats.Connect("", nats.InProcessServer(engine))
	if err != nil {
		return nil, "", err
	}
	log, err := jetstream.Open(context.Background(), nc, jetstream.Options{})
	if err != nil {
		return nil, "", err
	}
	// Entries are made on a log in memory and copied, because making them one by one on disk takes longer than reading.
	book := newBook(b)
	aleppo(b, book)
	if err := grow(b, book); err != nil {
		return nil, "", err
	}
	heads := map[string]uint64{}
	for m, err := range book.log.Read(context.Background(), 0) {
		if err != nil {
			return nil, "", err
		}
		if heads[m.Subject], err = log.Append(context.Background(), m.Subject, heads[m.Subject], m.Payload); err != nil {
			return nil, "", err
		}
	}
	return log, book.ID(), nil
}

func grow(b *testing.B, book *book) error {
	const at = 50 // the Aleppo record is shorter than this
	for i := at; i < int(*benchEntries); i += 3 {
		id := fmt.Sprintf("incident-%d", (i*7919)%1_000_003)
		if _, err := book.try(b, `{"command":"violate","incident":%q,"by":"geneva-centre","ceasefires":["syria-cessation"],"at":{"at":"2016-05-03T10:%02d","zone":"Asia/Damascus","phrase":"in the morning"},
			"place":"al-zahra","type":"shelling","accused":["syrian-government"],"casualties":[{"unit":"civilians","outcome":"killed","best":%d}],"description":"Shelling of the quarter, seen from the post.","sources":[{"source":"s1"}]}`, id, i%60, i%7); err != nil {
			return err
		}
		if _, err := book.try(b, `{"command":"corroborate","incident":%q,"by":"msf","occurred":"2016-05-04T10:00:00Z","description":"Received the wounded.","sources":[{"source":"s0","modality":"quotes"}]}`, id); err != nil {
			return err
		}
		if _, err := book.try(b, `{"command":"dispute","incident":%q,"by":"syrian-government","occurred":"2016-05-05T10:00:00Z","description":"No unit of ours was in range."}`, id); err != nil {
			return err
		}
	}
	return nil
}

// readAll reads the log without doing anything with it, and returns how many entries a second that gives.
func readAll(b *testing.B, log eventstore.Log) (perSecond float64) {
	b.Helper()
	started, n := time.Now(), 0
	for _, err := range log.Read(b.Context(), 0) {
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
	return float64(n) / time.Since(started).Seconds()
}

// BenchmarkRebuild fills a file from the first entry on, and says how that compares with only reading the log.
func BenchmarkRebuild(b *testing.B) {
	log, id := benchLog(b)
	before := cpu(b)
	raw := readAll(b, log)
	reading := cpu(b) - before
	p, err := Open(b.Context(), Options{Dir: b.TempDir(), Log: log, LedgerID: id, Logger: quiet})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	last, err := log.Last(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	before = cpu(b)
	b.ResetTimer()
	for b.Loop() {
		if err := p.Rebuild(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	rebuilding := (cpu(b) - before) / float64(b.N)
	rate := float64(last) * float64(b.N) / b.Elapsed().Seconds()
	raw = max(raw, readAll(b, log))
	b.ReportMetric(rate, "entries/s")
	b.ReportMetric(raw, "raw-read/s")
	b.ReportMetric(rate/raw, "of-raw-read")
	b.ReportMetric(rebuilding/float64(last)*1e6, "cpu-µs/entry")
	b.ReportMetric(reading/float64(last)*1e6, "raw-cpu-µs/entry")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkDecode is the part of a rebuild that the codec takes, on one core.
func BenchmarkDecode(b *testing.B) {
	log, _ := benchLog(b)
	var messages []eventstore.Message
	for m, err := range log.Read(b.Context(), 0) {
		if err != nil {
			b.Fatal(err)
		}
		if messages = append(messages, m); len(messages) == 10_000 {
			break
		}
	}
	i := 0
	for b.Loop() {
		if _, err := eventstore.Decode(messages[i%len(messages)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkApply is the part of a rebuild that the projections and the file take.
func BenchmarkApply(b *testing.B) {
	log, id := benchLog(b)
	var entries []eventstore.Entry
	for c := range decoded(b.Context(), id, eventstore.Decode, readBetween(log, 0, *benchEntries)) {
		if c.err != nil {
			b.Fatal(c.err)
		}
		entries = append(entries, c.entries...)
	}
	b.ResetTimer()
	for b.Loop() {
		s, err := createStore(filepath.Join(b.TempDir(), fileName), id, true)
		if err != nil {
			b.Fatal(err)
		}
		for at := 0; at < len(entries); at += batchEntries {
			if err := s.apply(entries[at:min(len(entries), at+batchEntries)]); err != nil {
				b.Fatal(err)
			}
		}
		_ = s.close()
	}
	b.ReportMetric(float64(len(entries))*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkRawPuts is what bbolt alone takes for the same number of rows of the same size, ascending.
func BenchmarkRawPuts(b *testing.B) {
	value := make([]byte, 900)
	for b.Loop() {
		db, err := bbolt.Open(filepath.Join(b.TempDir(), "raw.db"), 0o600, &bbolt.Options{NoSync: true})
		if err != nil {
			b.Fatal(err)
		}
		for at := uint64(0); at < *benchEntries; at += batchEntries {
			err := db.Update(func(tx *bbolt.Tx) error {
				bucket, err := tx.CreateBucketIfNotExists([]byte("rows"))
				for n := at; err == nil && n < at+batchEntries; n++ {
					err = bucket.Put(binary.BigEndian.AppendUint64(nil, n), value)
				}
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		_ = db.Close()
	}
	b.ReportMetric(float64(*benchEntries)*float64(b.N)/b.Elapsed().Seconds(), "puts/s")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkOpen checks a file of benchEntries.
func BenchmarkOpen(b *testing.B) {
	log, id := benchLog(b)
	o := Options{Dir: b.TempDir(), Log: log, LedgerID: id, Logger: quiet}
	p, err := Open(b.Context(), o)
	if err == nil {
		err = p.Rebuild(b.Context(), nil)
	}
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		_ = p.Close()
		if p, err = Open(b.Context(), o); err != nil || p.Applied() == 0 {
			b.Fatal(err, p.Applied())
		}
	}
	_ = p.Close()
}

// BenchmarkLag is how long after an entry was acknowledged a question shows it, on a ledger that is idle otherwise: the
// median must stay below 10 ms.
func BenchmarkLag(b *testing.B) {
	engine, err := jetstream.StartEmbedded(b.Context(), jetstream.EmbeddedOptions{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer engine.Shutdown()
	nc, err := engine.Connect()
	if err != nil {
		b.Fatal(err)
	}
	log, err := jetstream.Open(b.Context(), nc, jetstream.Options{})
	if err != nil {
		b.Fatal(err)
	}
	ledger, err := eventstore.Open(b.Context(), log, eventstore.Options{Logger: quiet})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = ledger.Close() }()
	p, err := Open(b.Context(), Options{
		Dir: b.TempDir(), Log: log, LedgerID: ledger.ID(), Observe: ledger.Observe, Decode: ledger.Decode, Logger: quiet,
	})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	p.Start(b.Context())
	var lags []time.Duration
	for i := 0; b.Loop(); i++ {
		c, err := eventstore.DecodeCommand("register-actor", fmt.Appendf(nil, `{"actor":"a-%d","name":"A","kind":"person"}`, i))
		if err != nil {
			b.Fatal(err)
		}
		result, err := ledger.Execute(b.Context(), eventstore.Request{Command: c})
		if err != nil {
			b.Fatal(err)
		}
		told := time.Now()
		for moved := p.Changed(); p.Applied() < result.Entry.Sequence; moved = p.Changed() {
			if p.Applied() < result.Entry.Sequence {
				<-moved
			}
		}
		lags = append(lags, time.Since(told))
		time.Sleep(pace) // so that the ledger is idle
	}
	slices.Sort(lags)
	b.ReportMetric(float64(lags[len(lags)/2])/float64(time.Millisecond), "median-ms")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkAnswer asks for a ceasefire again and again, while nothing is applied and right after something was.
func BenchmarkAnswer(b *testing.B) {
	book := newBook(b)
	aleppo(b, book)
	p := book.started(b, b.TempDir())
	now := book.point(b, p, Clock{})
	ask := func(b *testing.B, forget func()) {
		b.ReportAllocs()
		for b.Loop() {
			forget()
			if _, _, err := p.CeasefireJSON(b.Context(), "aleppo-silence", now); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("same", func(b *testing.B) { ask(b, func() {}) })
	b.Run("looked up", func(b *testing.B) { ask(b, func() { p.answers.byID["aleppo-silence"].checked.Store(0) }) })
	b.Run("anew", func(b *testing.B) { ask(b, func() { p.answers = answered{} }) })
}
