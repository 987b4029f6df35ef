package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"truceledger/domain"
)

// A turn is one command's hold on its record.
type turn struct {
	release func()
	kept    bool // by a settling that goes on after the caller has left
}

// done gives the turn back, unless settling still needs it.
func (t *turn) done() {
	if !t.kept {
		t.release()
	}
}

// append stores the draft. ErrConflict: the record has moved on and the draft is not and will not be stored.
//
// A crash before the log has the bytes on disk leaves nothing; after that the entry is part of the record for ever, and
// whoever sends the same command_id again is answered with it.
func (l *Ledger) append(ctx context.Context, d draft, t *turn) (Entry, error) {
	sequence, err := l.log.Append(ctx, Subject(d.entry.Ref), d.before.Version(), d.entry.Payload)
	if errors.Is(err, ErrOutcomeUnknown) {
		return l.settle(ctx, d, t)
	}
	if err != nil {
		return Entry{}, fmt.Errorf("append: %w", err)
	}
	return l.stored(d, sequence), nil
}

// stored takes note of an entry that is on disk, before its caller is told: the next command sees it.
func (l *Ledger) stored(d draft, sequence uint64) Entry {
	e := d.entry
	e.Sequence = sequence
	signer, _ := e.Signer()
	switch {
	case e.Signed != nil && signer != e.Ref:
		l.cache.forget(e) // until what came before it is read, nobody knows whether it is void
	case d.before.Version() == 0:
		l.cache.begin(e.Ref)
		l.cache.end(d.before.Then(e.Step()), weight(e))
	default:
		l.cache.apply(e)
	}
	l.recent.put(e)
	l.position.acknowledge(sequence)
	return e
}

// An outcome is what became of a draft.
type outcome struct {
	entry Entry
	err   error
}

// settleWait bounds how long anybody waits for an unknown outcome, or for the record that it holds. The election of a
// leader takes less; where the engine is gone for longer an answer is worth more than the outcome.
const settleWait = 10 * time.Second

// An UnsettledError says that the record's last command has an outcome that is not known yet, so that nothing can be
// decided on it. It is ErrUnavailable, and ErrDisk where that is why.
type UnsettledError struct {
	Record               domain.Ref
	principal, commandID string // of the command that is being settled
	reason               error
}

func (e *UnsettledError) Error() string {
	return fmt.Sprintf("it is not known yet whether the last command on %s is stored: %s", e.Record, e.reason)
}

func (e *UnsettledError) Unwrap() []error { return []error{ErrUnavailable, e.reason} }

// unsettled is the answer to an order that cannot wait for its record. To whoever sends the very command again whose outcome
// is not known, nothing else may be said than before.
func (o *order) unsettled(err error) error {
	var e *UnsettledError
	if errors.As(err, &e) && e.principal == o.Principal && e.commandID == o.commandID {
		return fmt.Errorf("%w; send the same command_id again later: %s", ErrOutcomeUnknown, e.reason)
	}
	return err
}

// A settling finds out what became of one draft.
type settling struct {
	*Ledger
	d        draft
	late     time.Time     // when nobody is kept waiting any longer
	hopeless chan struct{} // closed when nobody is
	closed   bool          // the record's turn is
}

// settle finds out what became of a draft whose acknowledgement was lost. The caller waits for settleWait, and less where its
// ctx ends or the disk takes nothing. The turn is kept until the outcome is known, so that nobody decides on a record that
// may be about to change.
func (l *Ledger) settle(ctx context.Context, d draft, t *turn) (Entry, error) {
	l.options.Logger.Warn("the outcome of an append is unknown; settling", "record", d.entry.Ref.String(), "entry", d.entry.ID)
	s := &settling{Ledger: l, d: d, late: time.Now().Add(settleWait), hopeless: make(chan struct{})}
	known, left := make(chan outcome), make(chan struct{})
	t.kept = l.begin(func() {
		o := s.run()
		select {
		case known <- o: // the caller goes on with the turn
		case <-left:
			t.release()
		}
	})
	if !t.kept {
		return Entry{}, fmt.Errorf("%w: %w", ErrOutcomeUnknown, ErrClosed)
	}
	ctx, cancel := context.WithDeadline(ctx, s.late)
	defer cancel()
	select {
	case o := <-known:
		t.kept = false
		return o.entry, o.err
	case <-s.hopeless:
		close(left)
		return Entry{}, fmt.Errorf("%w; send the same command_id again later", ErrOutcomeUnknown)
	case <-ctx.Done():
		close(left)
		return Entry{}, fmt.Errorf("%w; send the same command_id again: %w", ErrOutcomeUnknown, context.Cause(ctx))
	}
}

// run publishes the same bytes again until they are found in the log or the record has moved past their expectation.
// At most one of the copies can be stored, because all of them expect the same version. A crash here leaves the outcome
// to the log; the caller was told nothing, or that it is not known.
func (s *settling) run() outcome {
	for try := 0; ; try++ {
		if err := pause(s.life, try); err != nil {
			return outcome{err: fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)}
		}
		sequence, err := s.again(s.d)
		if errors.Is(err, ErrConflict) {
			sequence, err = s.find(s.d)
		}
		switch {
		case err == nil:
			s.options.Logger.Info("the outcome is settled: stored", "record", s.d.entry.Ref.String(), "sequence", sequence)
			return outcome{entry: s.stored(s.d, sequence)}
		case errors.Is(err, errMovedOn):
			s.options.Logger.Info("the outcome is settled: not stored", "record", s.d.entry.Ref.String(), "entry", s.d.entry.ID)
			return outcome{err: fmt.Errorf("append: %w", ErrConflict)}
		}
		if tries := try + 1; tries&try == 0 { // the first, second, fourth, eighth: it may be the only thing that happens all night
			s.options.Logger.Warn("the outcome is still unknown", "record", s.d.entry.Ref.String(), "tries", tries, "err", err)
		}
		if !s.closed && (errors.Is(err, ErrDisk) || time.Now().After(s.late)) {
			s.close(err)
		}
	}
}

// close ends the waiting of everybody: of the caller, and of those who came for the same record. A full disk may stay full
// until somebody gets up in the morning.
func (s *settling) close(reason error) {
	s.closed = true
	s.turns.close(s.d.entry.Ref, &UnsettledError{
		Record: s.d.entry.Ref, principal: s.d.entry.Principal, commandID: s.d.entry.Command.Head().CommandID, reason: reason,
	})
	close(s.hopeless)
}

// settlePatience bounds the wait for one further acknowledgement. What is published in the moment of an election is
// swallowed at times, and every record that was written to waits for its own: with the log's usual patience a cluster
// that has a leader again would stand still for seconds more.
const settlePatience = time.Second

// again publishes the same bytes once more.
func (l *Ledger) again(d draft) (sequence uint64, err error) {
	ctx, cancel := context.WithTimeout(l.life, settlePatience)
	defer cancel()
	return l.log.Append(ctx, Subject(d.entry.Ref), d.before.Version(), d.entry.Payload)
}

// errMovedOn: another entry stands where the draft was to stand.
var errMovedOn = errors.New("another entry took its place")

// find looks at the entry that follows on the version that the draft expects: it is the draft, or the draft can never be
// stored.
func (l *Ledger) find(d draft) (sequence uint64, err error) {
	for m, err := range l.log.Load(l.life, Subject(d.entry.Ref), d.before.Version()) {
		if err != nil {
			return 0, err
		}
		if bytes.Equal(m.Payload, d.entry.Payload) {
			return m.Sequence, nil
		}
		return 0, errMovedOn
	}
	return 0, ErrOutcomeUnknown // the log answered a conflict and shows no cause for it: ask again
}

// pause waits between tries: not at all before the first, then a few milliseconds, then longer, up to half a second, each
// time a random part of it, so that nodes that got in each other's way do not do so again.
func pause(ctx context.Context, try int) error {
	if try == 0 {
		return context.Cause(ctx)
	}
	longest := min(500*time.Millisecond, time.Millisecond<<min(try, 12))
	wait := time.NewTimer(longest/2 + rand.N(longest/2))
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
