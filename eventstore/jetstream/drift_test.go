package jetstream_test

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
)

// A rig is an embedded server with the raw API beside the log.
type rig struct {
	nc *nats.Conn
	js natsjs.JetStream
}

func startRig(t testing.TB) rig {
	t.Helper()
	s, err := jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	nc, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	js, err := natsjs.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return rig{nc, js}
}

func (r rig) open(t testing.TB) *jetstream.Log {
	t.Helper()
	l, err := jetstream.Open(t.Context(), r.nc, jetstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (r rig) config(t testing.TB) natsjs.StreamConfig {
	t.Helper()
	s, err := r.js.Stream(t.Context(), jetstream.DefaultStream)
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().Config
}

func (r rig) update(t testing.TB, change func(*natsjs.StreamConfig)) {
	t.Helper()
	c := r.config(t)
	change(&c)
	if _, err := r.js.UpdateStream(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// fill appends n messages to one record.
func fill(t testing.TB, l eventstore.Log, n int) {
	t.Helper()
	var at uint64
	for range n {
		var err error
		if at, err = l.Append(t.Context(), "truce.ceasefire.a", at, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
}

func wantDrift(t *testing.T, err error, field string) {
	t.Helper()
	var d *jetstream.DriftError
	if !errors.As(err, &d) {
		t.Fatalf("got %v, want drift of %s", err, field)
	}
	if d.Field != field {
		t.Errorf("drift names %s, want %s: %v", d.Field, field, err)
	}
}

func TestAStreamWithAnotherConfigurationIsRefused(t *testing.T) {
	r := startRig(t)
	r.open(t)
	want := r.config(t)
	if _, err := r.js.CreateStream(t.Context(), natsjs.StreamConfig{Name: "ORIGIN", Subjects: []string{"origin"}}); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*natsjs.StreamConfig){
		"mirror": func(c *natsjs.StreamConfig) {
			*c = natsjs.StreamConfig{Name: c.Name, Mirror: &natsjs.StreamSource{Name: "ORIGIN"}}
		},
		"sources":             func(c *natsjs.StreamConfig) { c.Sources = []*natsjs.StreamSource{{Name: "ORIGIN"}} },
		"allow_msg_counter":   func(c *natsjs.StreamConfig) { c.AllowMsgCounter, c.Discard = true, natsjs.DiscardOld },
		"allow_msg_schedules": func(c *natsjs.StreamConfig) { c.AllowMsgSchedules, c.Discard = true, natsjs.DiscardOld },
		"persist_mode": func(c *natsjs.StreamConfig) {
			c.PersistMode, c.AllowAtomicPublish = natsjs.AsyncPersistMode, false
		},
		"subject_delete_marker_ttl": func(c *natsjs.StreamConfig) {
			c.SubjectDeleteMarkerTTL, c.AllowMsgTTL, c.AllowRollup, c.DenyPurge = time.Hour, true, true, false
		},
		"allow_msg_ttl":     func(c *natsjs.StreamConfig) { c.AllowMsgTTL = true },
		"allow_rollup_hdrs": func(c *natsjs.StreamConfig) { c.AllowRollup, c.DenyPurge = true, false },
		"subjects":          func(c *natsjs.StreamConfig) { c.Subjects = append(c.Subjects, "more") },
		"subject_transform": func(c *natsjs.StreamConfig) {
			c.SubjectTransform = &natsjs.SubjectTransformConfig{Source: "truce.a.*", Destination: "truce.b.{{wildcard(1)}}"}
		},
		"storage":   func(c *natsjs.StreamConfig) { c.Storage = natsjs.MemoryStorage },
		"retention": func(c *natsjs.StreamConfig) { c.Retention = natsjs.InterestPolicy },
		"discard_new_per_subject": func(c *natsjs.StreamConfig) {
			c.DiscardNewPerSubject, c.MaxMsgsPerSubject = true, 10
		},
		"discard":              func(c *natsjs.StreamConfig) { c.Discard = natsjs.DiscardOld },
		"max_age":              func(c *natsjs.StreamConfig) { c.MaxAge = time.Hour },
		"max_bytes":            func(c *natsjs.StreamConfig) { c.MaxBytes = 1 << 30 },
		"max_msgs":             func(c *natsjs.StreamConfig) { c.MaxMsgs = 1 << 30 },
		"max_msgs_per_subject": func(c *natsjs.StreamConfig) { c.MaxMsgsPerSubject = 10_000 },
		"max_msg_size":         func(c *natsjs.StreamConfig) { c.MaxMsgSize = 1 << 20 },
		"deny_delete":          func(c *natsjs.StreamConfig) { c.DenyDelete = false },
		"deny_purge":           func(c *natsjs.StreamConfig) { c.DenyPurge = false },
		"allow_direct":         func(c *natsjs.StreamConfig) { c.AllowDirect = false },
		"allow_atomic":         func(c *natsjs.StreamConfig) { c.AllowAtomicPublish = false },
		"no_ack":               func(c *natsjs.StreamConfig) { c.NoAck, c.AllowAtomicPublish = true, false },
		"first_seq":            func(c *natsjs.StreamConfig) { c.FirstSeq = 5 },
	} {
		t.Run(field, func(t *testing.T) {
			if err := r.js.DeleteStream(t.Context(), jetstream.DefaultStream); err != nil && !errors.Is(err, natsjs.ErrStreamNotFound) {
				t.Fatal(err)
			}
			c := want
			change(&c)
			if _, err := r.js.CreateStream(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			_, err := jetstream.Open(t.Context(), r.nc, jetstream.Options{})
			wantDrift(t, err, field)
		})
	}
}

func TestASealedStreamIsRefused(t *testing.T) {
	r := startRig(t)
	r.open(t)
	r.update(t, func(c *natsjs.StreamConfig) { c.Sealed = true })
	_, err := jetstream.Open(t.Context(), r.nc, jetstream.Options{})
	wantDrift(t, err, "sealed")
}

// The trick of jetstream.md: DenyDelete and DenyPurge do not stop an update of max_msgs from trimming. The second update
// hides the traces in the configuration.
func trim(t testing.TB, r rig) {
	r.update(t, func(c *natsjs.StreamConfig) { c.MaxMsgs, c.Discard = 5, natsjs.DiscardOld })
	r.update(t, func(c *natsjs.StreamConfig) { c.MaxMsgs, c.Discard = -1, natsjs.DiscardNew })
}

func TestATrimmedStreamIsRefused(t *testing.T) {
	r := startRig(t)
	l := r.open(t)
	fill(t, l, 20)
	trim(t, r)
	_, err := jetstream.Open(t.Context(), r.nc, jetstream.Options{})
	wantDrift(t, err, "first_seq")
	for _, err = range l.Follow(t.Context(), 3) {
	}
	wantDrift(t, err, "first_seq")
	for _, err = range l.Read(t.Context(), 0) {
	}
	wantDrift(t, err, "first_seq")
}

func TestAStreamWithAGapIsRefused(t *testing.T) {
	r := startRig(t)
	r.open(t)
	c := r.config(t)
	c.DenyDelete = false
	if err := r.js.DeleteStream(t.Context(), c.Name); err != nil {
		t.Fatal(err)
	}
	s, err := r.js.CreateStream(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := r.js.Publish(t.Context(), "truce.ceasefire.a", nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.DeleteMsg(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	r.update(t, func(c *natsjs.StreamConfig) { c.DenyDelete = true })
	_, err = jetstream.Open(t.Context(), r.nc, jetstream.Options{})
	wantDrift(t, err, "messages")
}

func TestAReaderOfAShorterStreamIsToldSo(t *testing.T) {
	t.Parallel()
	r := startRig(t)
	l := r.open(t)
	fill(t, l, 3)
	var err error
	for _, err = range l.Follow(t.Context(), 4) {
	}
	if !errors.Is(err, jetstream.ErrLost) {
		t.Fatalf("got %v, want %v", err, jetstream.ErrLost)
	}
}

func TestOpenTwiceIsOneLog(t *testing.T) {
	r := startRig(t)
	fill(t, r.open(t), 3)
	before := r.config(t)
	if n, err := r.open(t).Last(t.Context()); n != 3 || err != nil {
		t.Fatalf("last: got %d, %v, want 3", n, err)
	}
	if after := r.config(t); after.Replicas != before.Replicas {
		t.Errorf("replicas became %d", after.Replicas)
	}
}

func TestReadOnlyMakesNothing(t *testing.T) {
	r := startRig(t)
	_, err := jetstream.Open(t.Context(), r.nc, jetstream.Options{ReadOnly: true})
	if !errors.Is(err, jetstream.ErrNoStream) {
		t.Fatalf("got %v, want %v", err, jetstream.ErrNoStream)
	}
	if _, err := r.js.Stream(t.Context(), jetstream.DefaultStream); !errors.Is(err, natsjs.ErrStreamNotFound) {
		t.Fatalf("the stream was made: %v", err)
	}
	fill(t, r.open(t), 2)
	if _, err := jetstream.Open(t.Context(), r.nc, jetstream.Options{ReadOnly: true}); err != nil {
		t.Fatal(err)
	}
}

func TestStateTellsTheExtent(t *testing.T) {
	r := startRig(t)
	l := r.open(t)
	s, err := l.State(t.Context())
	if err != nil || s.First != 0 || s.Last != 0 || s.Messages != 0 {
		t.Fatalf("empty: got %+v, %v", s, err)
	}
	fill(t, l, 4)
	s, err = l.State(t.Context())
	if err != nil || s.First != 1 || s.Last != 4 || s.Messages != 4 || s.Replicas != 1 || s.Bytes == 0 {
		t.Fatalf("got %+v, %v", s, err)
	}
}
