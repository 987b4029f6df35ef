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

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/bundle"
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

// BenchmarkVerify compares the check of a bundle with hashing its bytes once, in the same run, and reports the memory that
// was in use at most. TRUCE_ENTRIES says how many entries, 20,000 by default.
func BenchmarkVerify(b *testing.B) {
	n, _ := strconv.Atoi(os.Getenv("TRUCE_ENTRIES"))
	if n == 0 {
		n = 20_000
	}
	f := newFixture(b)
	f.send(`{"command":"register-place","place":"x","name":"A house in the town"}`)
	m := many{n: n}
	for msg, err := range f.log.Read(b.Context(), 0) {
		must(b, err)
		m.sample = append(m.sample, msg.Payload)
	}
	dir, bytes := filepath.Join(b.TempDir(), "b"), int64(0)
	edge := proof.NewEdge(nil)
	for msg, err := range m.Read(b.Context(), 0) {
		must(b, err)
		must(b, edge.Append(tlog.RecordHash(msg.Payload)))
		bytes += int64(len(msg.Payload)) + 1
	}
	root, err := edge.Root()
	must(b, err)
	head := signHead(b, f.key.Origin(), n, root)
	must(b, bundle.Write(b.Context(), dir, bundle.Source{Log: m, Head: head.text, LogKey: head.key}))
	for _, skip := range []bool{true, false} {
		b.Run(fmt.Sprintf("rules=%v", !skip), func(b *testing.B) {
			b.SetBytes(bytes)
			var ratio, peak float64
			for b.Loop() {
				plain := hashOnce(b, filepath.Join(dir, "events.jsonl"))
				stop := watchMemory()
				start := time.Now()
				_, err := bundle.Verify(b.Context(), dir, bundle.Options{Trust: bundle.Trust{LogKey: head.key}, SkipRules: skip})
				ratio, peak = float64(time.Since(start))/float64(plain), max(peak, stop())
				must(b, err)
			}
			b.ReportMetric(ratio, "x-of-sha256")
			b.ReportMetric(peak, "peak-MB")
		})
	}
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
