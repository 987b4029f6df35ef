package bundle_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/bundle"
	"truceledger/eventstore/proof/signed"
)

// many is a log of n registrations that is made while it is read. Its entries are those of a true one with other names.
type many struct {
	n      int
	sample [][]byte // the opening and one registration
}

func (m many) Read(context.Context, uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		if !yield(eventstore.Message{Sequence: 1, Payload: m.sample[0]}, nil) {
			return
		}
		for i := 2; i <= m.n; i++ {
			e, err := eventstore.ReadPayload(2, m.sample[1])
			if err == nil {
				e.Sequence, e.ReadTo = uint64(i), uint64(i-1)
				e.Command.SetTarget("place-" + strconv.Itoa(i))
				e.Ref = e.Command.Target()
				e.Payload, err = eventstore.Encode(e)
			}
			if !yield(eventstore.Message{Sequence: uint64(i), Payload: e.Payload}, err) {
				return
			}
		}
	}
}

// registrations is a log of nothing but registrations.
func registrations(b *testing.B, f *fixture, n int) proof.Reader {
	f.send(`{"command":"register-place","place":"x","name":"A house in the town"}`)
	m := many{n: n}
	for msg, err := range f.log.Read(b.Context(), 0) {
		must(b, err)
		m.sample = append(m.sample, msg.Payload)
	}
	return m
}

// figures is a log of series of the given length that are written to by turns.
func figures(length int) func(*testing.B, *fixture, int) proof.Reader {
	return func(_ *testing.B, f *fixture, n int) proof.Reader {
		f.send(`{"command":"register-source","source":"wire","title":"Wire"}`)
		for i := range n {
			f.send(fmt.Sprintf(`{"command":"record-tally","tally":"dead-%d","source":"wire","unit":"civilians","best":%d,"as_of":"2016-05-04"}`, i%max(1, n/length), i))
		}
		return f.log
	}
}

// ceasefires is a log of ceasefires with the incidents, accounts and statements about them.
func ceasefires(_ *testing.B, f *fixture, n int) proof.Reader {
	f.send(
		`{"command":"register-actor","actor":"north","name":"North","kind":"state"}`,
		`{"command":"register-actor","actor":"south","name":"South","kind":"armed_group"}`,
		`{"command":"register-source","source":"wire","title":"Wire","published":"2016-05-04"}`,
		`{"command":"register-place","place":"town","name":"Town"}`)
	for i := range n / 10 {
		f.send(
			fmt.Sprintf(`{"command":"propose","ceasefire":"pause-%d","by":"north","occurred":"2016-05-04T09:00Z","title":"Pause","class":"local_truce","area":"town","parties":["north","south"],"from":"2016-05-05T00:01+03:00","lasting":"PT48H","terms":"Both sides halt all fire.","sources":[{"source":"wire","quote":"they halt all fire"}]}`, i),
			fmt.Sprintf(`{"command":"agree","ceasefire":"pause-%d","by":"north","occurred":"2016-05-04T10:00Z"}`, i),
			fmt.Sprintf(`{"command":"agree","ceasefire":"pause-%d","by":"south","occurred":"2016-05-04T11:00Z"}`, i),
			fmt.Sprintf(`{"command":"extend","ceasefire":"pause-%d","by":"south","occurred":"2016-05-04T11:30Z","lasting":"PT96H"}`, i),
			fmt.Sprintf(`{"command":"record-statement","statement":"word-%d","by":"north","statement_kind":"appeal","about":["ceasefire/pause-%d"],"text":"Keep it."}`, i, i))
		for k := range 2 {
			f.send(
				fmt.Sprintf(`{"command":"violate","incident":"shots-%d-%d","by":"south","ceasefires":["pause-%d"],"at":"2016-05-03","accused":["north"],"type":"shelling","place":"town","casualties":[{"outcome":"killed","best":3},{"outcome":"injured","low":4,"high":9}],"sources":[{"source":"wire"}]}`, i, k, i),
				fmt.Sprintf(`{"command":"deny","incident":"shots-%d-%d","by":"north","description":"We did not fire."}`, i, k))
		}
		f.send(fmt.Sprintf(`{"command":"record-tally","tally":"dead-%d","source":"wire","unit":"civilians","best":3,"as_of":"2016-05-04","about":["ceasefire/pause-%d"]}`, i, i))
	}
	return f.log
}

// BenchmarkVerify compares the check of a bundle with hashing its bytes once, in the same run, and reports the memory that
// was in use at most. TRUCE_ENTRIES says how many entries, 20,000 by default.
func BenchmarkVerify(b *testing.B) {
	for name, of := range map[string]func(*testing.B, *fixture, int) proof.Reader{
		"registrations": registrations, "figures": figures(20), "series": figures(1000), "ceasefires": ceasefires,
	} {
		b.Run(name, func(b *testing.B) {
			f := newFixture(b)
			dir, key, bytes := bundled(b, f, of(b, f, entries()))
			for _, skip := range []bool{true, false} {
				b.Run(fmt.Sprintf("rules=%v", !skip), func(b *testing.B) {
					b.SetBytes(bytes)
					defer bundle.Room()()
					var ratio, peak float64
					for b.Loop() {
						plain := hashOnce(b, filepath.Join(dir, "events.jsonl"))
						stop := watchMemory()
						start := time.Now()
						_, err := bundle.Verify(b.Context(), dir, bundle.Options{Trust: bundle.Trust{LogKey: key}, SkipRules: skip})
						ratio, peak = float64(time.Since(start))/float64(plain), max(peak, stop())
						must(b, err)
					}
					b.ReportMetric(ratio, "x-of-sha256")
					b.ReportMetric(peak, "peak-MB")
				})
			}
		})
	}
}

// BenchmarkVerifySigned checks a log whose every command is signed by one of eight actors: with -cpu 1,2 it says what the second
// core brings.
func BenchmarkVerifySigned(b *testing.B) {
	const most = 2000
	f := newFixture(b, eventstore.SignaturesRegistered)
	f.send(`{"command":"register-source","source":"wire","title":"Wire"}`)
	var keys []ssh.Signer
	for i := range 8 {
		key := newSigner(b)
		f.send(fmt.Sprintf(`{"command":"register-actor","actor":"party-%d","name":"Party","kind":"state"}`, i))
		must(b, f.signs(f.statement(1, signed.Seen{}, register(fmt.Sprintf("party-%d", i), key)), key))
		keys = append(keys, key)
	}
	f.sign()
	seen := f.seen()
	for i := range most {
		must(b, f.signs(f.statement(uint64(2+i/8), seen, fmt.Sprintf(`{"command":"record-statement","statement":"word-%d","by":"party-%d","statement_kind":"appeal","text":"Keep it."}`, i, i%8)), keys[i%8]))
	}
	dir, key, _ := bundled(b, f, f.log)
	for b.Loop() {
		r, err := bundle.Verify(b.Context(), dir, bundle.Options{Trust: bundle.Trust{LogKey: key}})
		must(b, err)
		if r.Signed != most+8 {
			b.Fatalf("%d signatures were checked", r.Signed)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*most), "us/signature")
}

func entries() int {
	if n, _ := strconv.Atoi(os.Getenv("TRUCE_ENTRIES")); n > 0 {
		return n
	}
	return 20_000
}

// bundled writes a bundle of a log under a key of its own.
func bundled(b *testing.B, f *fixture, log proof.Reader) (dir string, key note.Verifier, bytes int64) {
	dir = filepath.Join(b.TempDir(), "b")
	edge := proof.NewEdge(nil)
	for msg, err := range log.Read(b.Context(), 0) {
		must(b, err)
		must(b, edge.Append(tlog.RecordHash(msg.Payload)))
		bytes += int64(len(msg.Payload)) + 1
	}
	root, err := edge.Root()
	must(b, err)
	head := signHead(b, f.key.Origin(), int(edge.Size()), root)
	must(b, bundle.Write(b.Context(), dir, bundle.Source{Log: log, Head: head.text, LogKey: head.key}))
	return dir, head.key, bytes
}

type signedHead struct {
	text []byte
	key  note.Verifier
}

func signHead(b *testing.B, origin string, n int, root tlog.Hash) signedHead {
	skey, vkey, err := note.GenerateKey(nil, origin)
	must(b, err)
	signer, err := note.NewSigner(skey)
	must(b, err)
	text, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", origin, n, root)}, signer)
	must(b, err)
	key, err := proof.Verifier(vkey)
	must(b, err)
	return signedHead{text, key}
}

func hashOnce(b *testing.B, path string) time.Duration {
	f, err := os.Open(path)
	must(b, err)
	defer func() { _ = f.Close() }()
	start := time.Now()
	h := sha256.New()
	_, err = io.Copy(h, bufio.NewReaderSize(f, 1<<20))
	must(b, err)
	return time.Since(start)
}

// watchMemory samples the heap until it is stopped, and returns the greatest in MB.
func watchMemory() (stop func() float64) {
	runtime.GC()
	done, peak := make(chan struct{}), make(chan float64)
	go func() {
		most := 0.0
		for {
			var s runtime.MemStats
			runtime.ReadMemStats(&s)
			most = max(most, float64(s.HeapInuse)/1e6)
			select {
			case <-done:
				peak <- most
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() float64 { close(done); return <-peak }
}
