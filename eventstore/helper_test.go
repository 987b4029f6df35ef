package eventstore_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
)

// noon is when the tests' clock stands, unless a test moves it.
var noon = time.Date(2016, 5, 4, 12, 0, 0, 0, time.UTC)

// A clock is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// open opens a ledger that follows its log by itself, and closes it with the test.
func open(t testing.TB, log eventstore.Log, change ...func(*eventstore.Options)) *eventstore.Ledger {
	t.Helper()
	o := eventstore.Options{
		Clock:     func() time.Time { return noon },
		Logger:    slog.New(slog.NewTextHandler(io.Discard, nil)),
		OwnReader: true,
	}
	for _, f := range change {
		f(&o)
	}
	l, err := eventstore.Open(t.Context(), log, o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// A stopBell is a log handler that rings when a ledger says that it writes no more.
type stopBell struct {
	slog.Handler
	rung chan struct{}
}

func newStopBell() *stopBell {
	return &stopBell{Handler: slog.NewTextHandler(io.Discard, nil), rung: make(chan struct{}, 1)}
}

func (b *stopBell) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "the ledger writes no more" {
		b.rung <- struct{}{}
	}
	return nil
}

func (b *stopBell) hang(o *eventstore.Options) { o.Logger = slog.New(b) }

// command reads a command as a caller would send it.
func command(t testing.TB, body string) domain.Command {
	t.Helper()
	c, err := eventstore.DecodeCommand("", []byte(body))
	if err != nil {
		t.Fatalf("decode %s: %v", body, err)
	}
	return c
}

// send executes a command for the principal "south-desk".
func send(t testing.TB, l *eventstore.Ledger, body string) (eventstore.Result, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return l.Execute(ctx, eventstore.Request{Command: command(t, body), Principal: "south-desk"})
}

// must executes a command that has to be accepted.
func must(t testing.TB, l *eventstore.Ledger, body string) eventstore.Entry {
	t.Helper()
	r, err := send(t, l, body)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return r.Entry
}

// refused executes a command that a rule must refuse with the given code.
func refused(t testing.TB, l *eventstore.Ledger, body, code string) {
	t.Helper()
	_, err := send(t, l, body)
	var no domain.Rejection
	if !errors.As(err, &no) || no.Code() != code {
		t.Fatalf("%s: got %v, want a refusal with the code %s", body, err, code)
	}
}

// last is the sequence of the log's newest entry.
func last(t testing.TB, log eventstore.Log) uint64 {
	t.Helper()
	n, err := log.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const (
	north   = `{"command":"register-actor","actor":"north","name":"North","kind":"state"}`
	south   = `{"command":"register-actor","actor":"south","name":"South","kind":"armed_group"}`
	town    = `{"command":"register-place","place":"town","name":"Town"}`
	propose = `{"command":"propose","ceasefire":"river","by":"north","title":"River","class":"local_truce","area":"town",` +
		`"parties":["north","south"],"from":"2016-05-05T00:01+03:00","lasting":"PT48H"}`
	northAgrees = `{"command":"agree","ceasefire":"river","by":"north"}`
	southAgrees = `{"command":"agree","ceasefire":"river","by":"south"}`
)

// onTheTable opens a ledger on which a ceasefire is proposed.
func onTheTable(t testing.TB, change ...func(*eventstore.Options)) (*eventstore.Ledger, *memory.Log) {
	t.Helper()
	log := memory.New()
	l := open(t, log, change...)
	for _, body := range []string{north, south, town, propose} {
		must(t, l, body)
	}
	return l, log
}
