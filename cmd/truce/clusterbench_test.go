package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjetstream "github.com/nats-io/nats.go/jetstream"

	"truceledger/eventstore/jetstream"
)

// BenchmarkCluster records commands on the cluster of deploy/nats, three servers of this machine with three copies of each entry, and
// publishes messages of the same size to a stream beside it that is kept in the same way:
//
//	go test ./cmd/truce -run '^$' -bench Cluster -benchtime 1x
func BenchmarkCluster(b *testing.B) {
	c := startNATSCluster(b)
	cert, key := c.issue(b, "truce-ledger")
	m := &mission{b: b, dir: b.TempDir(), replicas: 3, nats: jetstream.DialOptions{URL: c.urls(), CAFile: c.file, CertFile: cert, KeyFile: key}}
	m.open()
	defer m.node.close()
	m.register()
	beside := streamFor(b, c)
	const callers, publishers, lasts = missionCallers, 64, 5 * time.Second
	for b.Loop() {
		one, raw := m.alone(), beside.alone(b)
		b.ReportMetric(one, "command-ms")
		b.ReportMetric(raw, "publish-ms")
		b.ReportMetric(one/raw, "latency-ratio")
		many, rawMany := during(callers, lasts, m.one), during(publishers, lasts, func(i int) { beside.one(b, i) })
		b.ReportMetric(many, "commands/s")
		b.ReportMetric(rawMany, "publishes/s")
		b.ReportMetric(many/rawMany, "ratio")
	}
	b.ReportMetric(0, "ns/op")
}

// during has callers call at once for a while, and returns how many calls a second there were.
func during(callers int, lasts time.Duration, call func(i int)) float64 {
	var next atomic.Int64
	var group sync.WaitGroup
	began := time.Now()
	for range callers {
		group.Go(func() {
			for time.Since(began) < lasts {
				call(int(next.Add(1)))
			}
		})
	}
	group.Wait()
	return float64(next.Load()) / time.Since(began).Seconds()
}

// median is that of calls one after the other, in milliseconds.
func median(calls int, call func(i int)) float64 {
	var took []time.Duration
	for i := range calls {
		began := time.Now()
		call(i)
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return float64(took[len(took)/2].Microseconds()) / 1000
}

func (m *mission) alone() float64 { return median(500, func(i int) { m.one(1_000_000 + i) }) }

// one puts a record with one entry into the log.
func (m *mission) one(i int) {
	m.send(fmt.Sprintf(`{"command":"record-tally","tally":"t-%d","source":"mission","unit":"civilians","outcome":"killed","best":%d,"qualifier":"exact","note":%q}`, i, 1+i%9, strings.Repeat("n", 200)))
}

// A streamBeside is a stream like the ledger's, without a ledger.
type streamBeside struct {
	js      natsjetstream.JetStream
	payload []byte
}

// streamFor makes the stream in the account of the bus, where the ledger's service may make this one.
func streamFor(b *testing.B, c *natsCluster) streamBeside {
	b.Helper()
	nc := c.connect(b, "truce-service")
	js, err := natsjetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := js.CreateStream(b.Context(), natsjetstream.StreamConfig{
		Name: "KV_TRUCE_STATE", Subjects: []string{"$KV.TRUCE_STATE.>"}, Storage: natsjetstream.FileStorage, Discard: natsjetstream.DiscardNew,
		Replicas: 3, DenyDelete: true, DenyPurge: true, AllowDirect: true, AllowAtomicPublish: true, Duplicates: 100 * time.Millisecond,
	}); err != nil {
		b.Fatal(err)
	}
	return streamBeside{js, []byte(strings.Repeat("x", 1200))}
}

func (s streamBeside) alone(b *testing.B) float64 {
	return median(500, func(i int) { s.one(b, 1_000_000+i) })
}

func (s streamBeside) one(b *testing.B, i int) {
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	m := &nats.Msg{Subject: fmt.Sprintf("$KV.TRUCE_STATE.t-%d", i), Data: s.payload}
	if _, err := s.js.PublishMsg(ctx, m, natsjetstream.WithExpectLastSequencePerSubject(0)); err != nil {
		b.Error(err)
	}
}
