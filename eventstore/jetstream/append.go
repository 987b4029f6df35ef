package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"truceledger/eventstore"
)

// An appender files one message and returns its sequence: publisher with a flush for each, committer with one flush for
// all who wait.
type appender interface {
	append(ctx context.Context, m draft) (uint64, error)
}

// A draft is a message that has no sequence yet.
type draft struct {
	subject  string
	expected uint64 // the subject's last sequence, 0 for none
	payload  []byte
}

// Append implements eventstore.Log. It waits for the acknowledgement no longer than Options.AckTimeout, whatever ctx says.
func (l *Log) Append(ctx context.Context, subject string, expected uint64, payload []byte) (uint64, error) {
	sequence, err := l.append(ctx, draft{subject, expected, payload})
	if err != nil {
		return 0, fmt.Errorf("append %q: %w", subject, err)
	}
	return sequence, nil
}

func (l *Log) append(ctx context.Context, m draft) (uint64, error) {
	if l.appender == nil {
		return 0, eventstore.ErrReadOnly
	}
	if err := checkSubject(m.subject); err != nil {
		return 0, err
	}
	if n := len(m.payload); n > eventstore.MaxPayload {
		return 0, fmt.Errorf("%w: %d bytes, at most %d", eventstore.ErrTooLarge, n, eventstore.MaxPayload)
	}
	if err := ctx.Err(); err != nil {
		return 0, err // nothing was sent, so this must not become an unknown outcome
	}
	if err := l.halted(); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, l.ackTimeout)
	defer cancel()
	return l.appender.append(ctx, m)
}

// checkSubject refuses what would not be one record's subject. A wildcard here would be checked against, or loaded from,
// several records.
func checkSubject(subject string) error {
	tokens := strings.Split(subject, ".")
	if len(tokens) != 3 || tokens[0] != "truce" || tokens[1] == "" || tokens[2] == "" || strings.ContainsAny(subject, "*> \t\r\n") {
		return errors.New("the subject is not truce.<kind>.<id>")
	}
	return nil
}

// A publisher appends each message by itself: lowest latency, one flush a message.
type publisher struct {
	nc     *nats.Conn
	js     jetstream.JetStream
	stream string
	lastOf func(ctx context.Context, subject string) (uint64, error) // as the stream's leader knows it
}

// attempts and firstPause bound the retries of an append that certainly stored nothing: 2, 4, 8... ms between them, 126
// in all. Enough for a new leader of the stream to find its feet, short enough for a caller who waits.
const (
	attempts   = 7
	firstPause = 2 * time.Millisecond
)

func (p *publisher) append(ctx context.Context, m draft) (uint64, error) {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		sequence, err := p.publish(ctx, m)
		if errors.Is(err, errInFlight) {
			err = p.overtaken(ctx, m, err)
		}
		if attempt == attempts || !errors.Is(err, eventstore.ErrUnavailable) {
			return sequence, err
		}
		if wait(ctx, pause) != nil {
			return 0, err // the last answer still holds: nothing was stored
		}
		pause *= 2
	}
}

// overtaken tells the two meanings of errInFlight apart: somebody else's message was first, which is a conflict; or our
// own last one is acknowledged and not yet cleared away, and the record has not moved at all.
func (p *publisher) overtaken(ctx context.Context, m draft, inFlight error) error {
	last, err := p.lastOf(ctx, m.subject)
	if err == nil && last != m.expected {
		return fmt.Errorf("%w: expected last sequence %d, is %d", eventstore.ErrConflict, m.expected, last)
	}
	return inFlight
}

// publish makes one attempt.
func (p *publisher) publish(ctx context.Context, m draft) (uint64, error) {
	if !p.nc.IsConnected() {
		return 0, fmt.Errorf("%w: connection is %s", eventstore.ErrUnavailable, p.nc.Status())
	}
	ack, err := p.js.Publish(ctx, m.subject, m.payload,
		jetstream.WithExpectLastSequencePerSubject(m.expected),
		// nats.go would try again by itself when nobody answers; publisher.append does, within its own bounds.
		jetstream.WithRetryAttempts(0))
	if err != nil {
		return 0, outcome(err)
	}
	if ack.Stream != p.stream {
		return 0, fmt.Errorf("%w: stream %q took it", errRefused, ack.Stream)
	}
	return ack.Sequence, nil
}

// What the server says of an append, beyond the names that nats.go has.
const (
	errDuplicateInProcess jetstream.ErrorCode = 10158
	errNotReady           jetstream.ErrorCode = 10163 // expected last sequence per subject temporarily unavailable
	codeUnavailable                           = 503   // the class of errors of a cluster between two leaders
)

// outcome tells what became of a message whose publish failed. What is not certain is unknown: a no that was a yes would
// file a decision twice.
func outcome(err error) error {
	var api jetstream.JetStreamError
	if errors.As(err, &api) && api.APIError() != nil {
		// The server answered an error, so it stored nothing: a failing disk is not answered at all (stream.go of 2.15.2).
		return fmt.Errorf("%w: %w", answered(api.APIError()), err)
	}
	switch {
	case errors.Is(err, jetstream.ErrNoStreamResponse), // nobody was subscribed: the server passed it to no one
		errors.Is(err, nats.ErrReconnectBufExceeded), // not connected: it was not even queued
		errors.Is(err, nats.ErrConnectionDraining):
		return fmt.Errorf("%w: %w", eventstore.ErrUnavailable, err)
	case errors.Is(err, nats.ErrMaxPayload):
		return fmt.Errorf("%w: %w", eventstore.ErrTooLarge, err)
	case errors.Is(err, nats.ErrBadSubject), errors.Is(err, nats.ErrHeadersNotSupported):
		return err
	}
	return fmt.Errorf("%w: %w", eventstore.ErrOutcomeUnknown, err)
}

func answered(e *jetstream.APIError) error {
	switch e.ErrorCode {
	case jetstream.JSErrCodeStreamWrongLastSequence:
		return eventstore.ErrConflict
	case jetstream.JSErrCodeStreamWrongLastSequenceConstant:
		return errInFlight
	case jetstream.JSErrCodeStreamMessageExceedsMaximum:
		return eventstore.ErrTooLarge
	case errDuplicateInProcess, errNotReady:
		return eventstore.ErrUnavailable
	}
	if e.Code == codeUnavailable {
		return eventstore.ErrUnavailable
	}
	return errRefused
}

// errInFlight: the leader of a replicated stream is busy with a message of the same record. It says "wrong last sequence"
// (10164) without looking at sequences, even to a lone writer who is quicker than its bookkeeping (tried on R3: a few of
// 1,000 appends); taken for a conflict it would be a no to somebody who did nothing wrong.
var errInFlight = fmt.Errorf("%w: a message of the record is in flight", eventstore.ErrUnavailable)

// errRefused: the server will not have this message, now or later.
var errRefused = errors.New("the stream refused the message")
