package jetstream_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"truceledger/eventstore"
)

// The benchmarks run the plain NATS way beside ours, so that "ratio" (ours to plain, by throughput; 1 is as fast) means
// the same on every machine.

var entry = make([]byte, 521) // the size of a usual entry

func BenchmarkAppend(b *testing.B) {
	r := startRig(b)
	l := r.open(b)
	var ours, plain time.Duration
	var at uint64
	for b.Loop() {
		start := time.Now()
		var err error
		if at, err = l.Append(b.Context(), "truce.ceasefire.a", at, entry); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		if _, err := r.js.Publish(b.Context(), "truce.ceasefire.b", entry); err != nil {
			b.Fatal(err)
		}
		ours += middle.Sub(start)
		plain += time.Since(middle)
	}
	b.ReportMetric(float64(b.N)/ours.Seconds(), "appends/s")
	b.ReportMetric(plain.Seconds()/ours.Seconds(), "ratio")
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{1, 20} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := startRig(b).open(b)
			fill(b, l, n)
			for b.Loop() {
				if got := drain(b, l.Load(b.Context(), "truce.ceasefire.a", 0)); got != n {
					b.Fatalf("got %d messages, want %d", got, n)
				}
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	const n = 200_000
	r := startRig(b)
	l := r.open(b)
	fillQuickly(b, r, n)
	var ours, plain time.Duration
	for b.Loop() {
		start := time.Now()
		if got := drain(b, l.Read(b.Context(), 0)); got != n {
			b.Fatalf("got %d messages, want %d", got, n)
		}
		middle := time.Now()
		readPlainly(b, r.js, n)
		ours += middle.Sub(start)
		plain += time.Since(middle)
	}
	b.ReportMetric(float64(n*b.N)/ours.Seconds(), "messages/s")
	b.ReportMetric(plain.Seconds()/ours.Seconds(), "ratio")
}

// fillQuickly uses atomic batches, which share a flush.
func fillQuickly(b *testing.B, r rig, n int) {
	for i := 0; i < n; i += 1000 {
		var batch []*nats.Msg
		for k := range 1000 {
			m := nats.NewMsg(fmt.Sprintf("truce.ceasefire.%d", k))
			m.Data = entry
			batch = append(batch, m)
		}
		if _, err := jetstreamext.PublishMsgBatch(b.Context(), r.js, batch); err != nil {
			b.Fatal(err)
		}
	}
}

func drain(b *testing.B, messages func(func(eventstore.Message, error) bool)) int {
	n := 0
	for _, err := range messages {
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
	return n
}

// readPlainly is the fastest way of jetstream.md: an ordered consumer with a callback.
func readPlainly(b *testing.B, js natsjs.JetStream, n int) {
	c, err := js.OrderedConsumer(b.Context(), "TRUCE", natsjs.OrderedConsumerConfig{})
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	got := 0
	cc, err := c.Consume(func(natsjs.Msg) {
		if got++; got == n {
			close(done)
		}
	}, natsjs.PullMaxMessages(5000))
	if err != nil {
		b.Fatal(err)
	}
	<-done
	cc.Stop()
}
