package jetstream_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
)

// Whoever may read the log may not be allowed to make consumers.
func TestALogIsReadWithoutConsumers(t *testing.T) {
	r := startRig(t)
	writer := r.open(t)
	reader, err := jetstream.Open(t.Context(), r.nc, jetstream.Options{ReadOnly: true, NoConsumers: true})
	if err != nil {
		t.Fatal(err)
	}
	asked, err := r.nc.SubscribeSync("$JS.API.CONSUMER.>") // the server takes these requests, and whoever else listens
	if err != nil {
		t.Fatal(err)
	}
	const before, all = 700, 900 // more than one answer holds, and then some while it follows
	big := strings.Repeat("x", eventstore.MaxPayload)
	put := func(from, to int) {
		for i := from; i < to; i++ {
			payload := fmt.Sprint(i)
			if i < 100 {
				payload = big // 6 MB: an answer ends at its bytes, too
			}
			if _, err := writer.Append(t.Context(), fmt.Sprintf("truce.tally.t-%d", i), 0, []byte(payload)); err != nil {
				t.Error(err)
			}
		}
	}
	put(0, before)
	var group sync.WaitGroup
	at := uint64(0)
	for m, err := range reader.Follow(bounded(t), 0) {
		if err != nil || m.Sequence != at+1 || m.Subject != fmt.Sprintf("truce.tally.t-%d", at) || at >= 100 && string(m.Payload) != fmt.Sprint(at) {
			t.Fatalf("got %d %s after %d, %v", m.Sequence, m.Subject, at, err)
		}
		if at = m.Sequence; at == before {
			group.Go(func() { put(before, all) })
		}
		if at == all {
			break
		}
	}
	group.Wait()
	n := 0
	for m, err := range reader.Read(bounded(t), 10) {
		if n++; err != nil || m.Sequence != uint64(10+n) {
			t.Fatalf("read: got %d, %v", m.Sequence, err)
		}
	}
	if n != all-10 {
		t.Errorf("read %d messages, want %d", n, all-10)
	}
	if err := r.nc.Flush(); err != nil {
		t.Fatal(err)
	}
	if n, _, err := asked.Pending(); n != 0 || err != nil {
		t.Errorf("a consumer was asked for %d times, %v", n, err)
	}
	if info := r.info(t); info.State.Consumers != 0 {
		t.Errorf("there are %d consumers", info.State.Consumers)
	}
}

// Without this a reader would go on as if nothing had happened after the stream was made anew behind its back.
func TestAReaderWithoutConsumersNoticesALoss(t *testing.T) {
	r := startRig(t)
	fill(t, r.open(t), 3)
	reader, err := jetstream.Open(t.Context(), r.nc, jetstream.Options{ReadOnly: true, NoConsumers: true})
	if err != nil {
		t.Fatal(err)
	}
	var noticed error
	for _, noticed = range reader.Follow(bounded(t), 7) {
	}
	if !errors.Is(noticed, jetstream.ErrLost) {
		t.Errorf("got %v, want %v", noticed, jetstream.ErrLost)
	}
}

// Consumers can be used up by others, and in a cluster nobody makes one while the leader of all streams is away. Neither may keep
// the ledger from reading its own log.
func TestALedgerReadsOnWhereNoConsumerIsToBeHad(t *testing.T) {
	r := startRig(t)
	r.open(t)
	c := r.config(t)
	if err := r.js.DeleteStream(t.Context(), jetstream.DefaultStream); err != nil {
		t.Fatal(err)
	}
	c.MaxConsumers = 1
	if _, err := r.js.CreateStream(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if _, err := r.js.CreateConsumer(t.Context(), jetstream.DefaultStream, natsjs.ConsumerConfig{Durable: "somebody"}); err != nil {
		t.Fatal(err)
	}
	l := r.open(t)
	fill(t, l, 3)
	n := uint64(0)
	for m, err := range l.Follow(bounded(t), 0) {
		if n++; err != nil || m.Sequence != n {
			t.Fatalf("got %d, %v, want %d", m.Sequence, err, n)
		}
		if n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("it read %d messages of 3", n)
	}
}

func (r rig) info(t *testing.T) *natsjs.StreamInfo {
	t.Helper()
	s, err := r.js.Stream(t.Context(), jetstream.DefaultStream)
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo()
}
