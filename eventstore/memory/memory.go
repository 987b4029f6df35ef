// Package memory keeps a log in memory, for tests. It keeps every promise of package logtest except that what it holds
// ends with the process. Its hooks let a test lose an acknowledgement or an engine at an exact place.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"

	"truceledger/eventstore"
)

// A Log is an eventstore.Log in memory. Make one with New.
type Log struct {
	// BeforeAppend, if set, is called before anything is checked or stored. An error that it returns is the answer of
	// Append and nothing is stored: so a test makes the engine unavailable. Set it before the log is used.
	BeforeAppend func(subject string, expected uint64, payload []byte) error
	// AfterAppend, if set, is called when m has been stored. An error that it returns is the answer of Append although
	// the message stays: so a test loses an acknowledgement (eventstore.ErrOutcomeUnknown). Set it before the log is used.
	AfterAppend func(m eventstore.Message) error

	mu       sync.RWMutex
	messages []eventstore.Message // message n stands at n-1
	subjects map[string][]uint64  // the sequences of each subject, ascending
	grown    chan struct{}        // closed and replaced at every append: wakes the followers
}

var _ eventstore.Log = (*Log)(nil)

// New returns an empty log.
func New() *Log {
	return &Log{subjects: map[string][]uint64{}, grown: make(chan struct{})}
}

// Append implements eventstore.Log.
func (l *Log) Append(ctx context.Context, subject string, expected uint64, payload []byte) (uint64, error) {
	if err := check(ctx, subject, payload); err != nil {
		return 0, fmt.Errorf("append %q: %w", subject, err)
	}
	if l.BeforeAppend != nil {
		if err := l.BeforeAppend(subject, expected, payload); err != nil {
			return 0, fmt.Errorf("append %q: %w", subject, err)
		}
	}
	m, err := l.store(subject, expected, payload)
	if err != nil {
		return 0, fmt.Errorf("append %q: %w", subject, err)
	}
	if l.AfterAppend != nil {
		if err := l.AfterAppend(m); err != nil {
			return 0, fmt.Errorf("append %q: %w", subject, err)
		}
	}
	return m.Sequence, nil
}

func check(ctx context.Context, subject string, payload []byte) error {
	tokens := strings.Split(subject, ".")
	if len(tokens) != 3 || tokens[0] != "truce" || tokens[1] == "" || tokens[2] == "" || strings.ContainsAny(subject, "*> \t\r\n") {
		return fmt.Errorf("the subject is not truce.<kind>.<id>")
	}
	if len(payload) > eventstore.MaxPayload {
		return fmt.Errorf("%w: %d bytes, at most %d", eventstore.ErrTooLarge, len(payload), eventstore.MaxPayload)
	}
	return ctx.Err()
}

func (l *Log) store(subject string, expected uint64, payload []byte) (eventstore.Message, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last := l.lastOf(subject); last != expected {
		return eventstore.Message{}, fmt.Errorf("%w: expected last sequence %d, is %d", eventstore.ErrConflict, expected, last)
	}
	m := eventstore.Message{
		Sequence: uint64(len(l.messages)) + 1,
		Subject:  subject,
		Payload:  bytes.Clone(payload), // the caller may reuse its buffer
	}
	l.messages = append(l.messages, m)
	l.subjects[subject] = append(l.subjects[subject], m.Sequence)
	close(l.grown)
	l.grown = make(chan struct{})
	return m, nil
}

func (l *Log) lastOf(subject string) uint64 {
	if s := l.subjects[subject]; len(s) > 0 {
		return s[len(s)-1]
	}
	return 0
}

// Load implements eventstore.Log.
func (l *Log) Load(ctx context.Context, subject string, after uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		l.mu.RLock()
		sequences := l.subjects[subject]
		messages := l.messages
		l.mu.RUnlock()
		if err := ctx.Err(); err != nil {
			yield(eventstore.Message{}, fmt.Errorf("load %q: %w", subject, err))
			return
		}
		for _, n := range sequences {
			if n > after && !yield(handedOut(messages[n-1]), nil) {
				return
			}
		}
	}
}

// Read implements eventstore.Log.
func (l *Log) Read(ctx context.Context, after uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		messages, _ := l.since(after)
		for _, m := range messages {
			if err := ctx.Err(); err != nil {
				// A silent end here would pass for the end of the log.
				yield(eventstore.Message{}, fmt.Errorf("read: %w", err))
				return
			}
			if !yield(handedOut(m), nil) {
				return
			}
		}
	}
}

// Follow implements eventstore.Log. It ends without an error when ctx ends.
func (l *Log) Follow(ctx context.Context, after uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		for {
			messages, grown := l.since(after)
			for _, m := range messages {
				if ctx.Err() != nil || !yield(handedOut(m), nil) {
					return
				}
			}
			after += uint64(len(messages))
			select {
			case <-grown:
			case <-ctx.Done():
				return
			}
		}
	}
}

// since returns the messages after the given sequence and a channel that is closed when there are more.
func (l *Log) since(after uint64) ([]eventstore.Message, <-chan struct{}) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if after >= uint64(len(l.messages)) {
		return nil, l.grown
	}
	return l.messages[after:], l.grown
}

// handedOut copies the payload: a reader that scribbles on it must not change the log.
func handedOut(m eventstore.Message) eventstore.Message {
	m.Payload = bytes.Clone(m.Payload)
	return m
}

// Last implements eventstore.Log.
func (l *Log) Last(ctx context.Context) (uint64, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return uint64(len(l.messages)), ctx.Err()
}
