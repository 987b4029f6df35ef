package projections

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
)

// A hand is a clock that is set by hand.
type hand struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hand) Set(t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = t
}

// A book is a ledger on a log in memory, whose clock is set by hand.
type book struct {
	*eventstore.Ledger
	log   *memory.Log
	clock *hand
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func newBook(t testing.TB) *book {
	t.Helper()
	b := &book{log: memory.New(), clock: &hand{now: at("2016-05-12T00:00:00Z")}}
	l, err := eventstore.Open(t.Context(), b.log, eventstore.Options{Clock: b.clock.Now, Logger: quiet, OwnReader: true})
	if err != nil {
		t.Fatal(err)
	}
	b.Ledger = l
	t.Cleanup(func() { _ = l.Close() })
	return b
}

// do puts a command on the record and returns its sequence.
func (b *book) do(t testing.TB, body string, args ...any) uint64 {
	t.Helper()
	n, err := b.try(t, body, args...)
	if err != nil {
		t.Fatalf("%s: %v", fmt.Sprintf(body, args...), err)
	}
	return n
}

func (b *book) try(t testing.TB, body string, args ...any) (uint64, error) {
	t.Helper()
	c, err := eventstore.DecodeCommand("", []byte(fmt.Sprintf(body, args...)))
	if err != nil {
		return 0, err
	}
	r, err := b.Execute(t.Context(), eventstore.Request{Command: c, Principal: "desk"})
	return r.Entry.Sequence, err
}

// reword puts the book on a log in which a text stands that no ledger takes any more.
func (b *book) reword(t testing.TB, was, is string) {
	t.Helper()
	old := b.log
	b.log = memory.New()
	for m, err := range old.Read(t.Context(), 0) {
		var e eventstore.Entry
		if err == nil {
			e, err = eventstore.Decode(m)
		}
		if err == nil {
			_, err = b.log.Append(t.Context(), m.Subject, e.VersionBefore, bytes.ReplaceAll(m.Payload, []byte(was), []byte(is)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (b *book) options(dir string) Options {
	return Options{Dir: dir, Log: b.log, LedgerID: b.ID(), Zone: b.Zone(), Logger: quiet, Now: b.clock.Now}
}

// opened opens projections on the book without starting them.
func (b *book) opened(t testing.TB, dir string) *Projections {
	t.Helper()
	p, err := Open(t.Context(), b.options(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// started opens projections and waits until they have applied everything.
func (b *book) started(t testing.TB, dir string) *Projections {
	t.Helper()
	p := b.opened(t, dir)
	p.Start(t.Context())
	b.await(t, p)
	return p
}

func (b *book) await(t testing.TB, p *Projections) {
	t.Helper()
	last, err := b.log.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := p.WaitFor(ctx, last); err != nil {
		t.Fatalf("%v: %+v", err, p.State())
	}
}

// at reads an instant.
func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// A when of a question, in the order effective, known, reported; empty for unset.
func clockAt(effective, known, reported string) (c Clock) {
	for _, x := range []struct {
		s    string
		into **time.Time
	}{{effective, &c.Effective}, {known, &c.KnownAt}, {reported, &c.ReportedBy}} {
		if x.s != "" {
			t := at(x.s)
			*x.into = &t
		}
	}
	return c
}

func (b *book) point(t testing.TB, p *Projections, c Clock) Point {
	t.Helper()
	b.await(t, p)
	x, err := p.Resolve(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func ceasefireRef(id string) domain.Ref { return domain.Ref{Kind: domain.KindCeasefire, ID: id} }
