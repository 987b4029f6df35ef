package jetstream

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"truceledger/eventstore"
)

// ErrLost: the stream no longer has a message that it had. No reader may go on as if nothing had happened.
var ErrLost = errors.New("the log has lost messages")

const (
	readMessages = 5000    // messages asked for at a time while catching up
	readBytes    = 8 << 20 // and bytes: bounds what a reader that is slower than the server holds in memory

	// heartbeat is how often the server must be heard of; after two silent ones the reader starts a new consumer. It is
	// short because nats.go swallows the "no responders" of a pull request that was quicker, in a cluster, than the
	// news of the consumer: until the heartbeats are missed such a reader hears nothing.
	heartbeat = 500 * time.Millisecond
	// consumerPatience bounds the wait for a consumer, and consumerPause is how long is read without one before the next is asked
	// for.
	consumerPatience = time.Second
	consumerPause    = 2 * time.Second
	// consumerLife is how long the server keeps the consumer of a reader that vanished without deleting it.
	consumerLife = time.Minute

	retryPause    = 10 * time.Millisecond // before a reader's next consumer; doubles up to retryPauseMax
	retryPauseMax = 500 * time.Millisecond
	// readPatience is the number of consumers that may fail in a row, without one message between them, before Read
	// gives up, and Follow believes that a stream that is shorter than what it has delivered really is.
	readPatience = 8
)

// Read implements eventstore.Log.
func (l *Log) Read(ctx context.Context, after uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		last, err := l.Last(ctx)
		if err == nil && after < last {
			err = l.tail(ctx, after, readPatience, func(m eventstore.Message) bool {
				return yield(m, nil) && m.Sequence < last
			})
		}
		if err != nil {
			yield(eventstore.Message{}, fmt.Errorf("read after %d: %w", after, err))
		}
	}
}

// Follow implements eventstore.Log. It ends without an error when ctx ends, and with one when the log is found to have
// lost messages (ErrLost, *DriftError) or the connection was closed for good; everything else it survives.
func (l *Log) Follow(ctx context.Context, after uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		err := l.tail(ctx, after, 0, func(m eventstore.Message) bool { return yield(m, nil) })
		if err != nil && ctx.Err() == nil {
			yield(eventstore.Message{}, fmt.Errorf("follow after %d: %w", after, err))
		}
	}
}

// tail hands every message after the given one to take, until take has enough (nil), ctx ends or the log has lost
// messages. Consumers come and go underneath; patience, if not 0, is how many may fail in a row.
func (l *Log) tail(ctx context.Context, after uint64, patience int, take func(eventstore.Message) bool) error {
	pause, failures := retryPause, 0
	for {
		start := after
		err := l.advance(ctx, &after, take)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if after > start {
			pause, failures = retryPause, 0
		}
		failures++
		if final(err, failures) || failures == patience {
			return err
		}
		l.log.Debug("reader starts again", "after", after, "error", err)
		if err := wait(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, retryPauseMax)
	}
}

// advance reads on by a consumer, and where there is none to be had, or this log may have none, by direct gets. It returns nil
// when take has enough, and else why it is time to begin anew.
func (l *Log) advance(ctx context.Context, after *uint64, take func(eventstore.Message) bool) error {
	if l.polls {
		return l.poll(ctx, after, take)
	}
	err := l.deliver(ctx, after, take)
	if errors.Is(err, errNoConsumer) {
		l.log.Debug("no consumer; reading by direct gets", "after", *after, "error", err)
		ctx, cancel := context.WithTimeout(ctx, consumerPause)
		defer cancel()
		return l.poll(ctx, after, take)
	}
	return err
}

// final tells errors that no new consumer can mend. A shorter stream is believed only when it stays so: a new leader may
// be asked before it has applied all that is committed.
func final(err error, failures int) bool {
	var d *DriftError
	switch {
	case errors.As(err, &d),
		errors.Is(err, nats.ErrConnectionClosed): // closed by us; a lost one comes back by itself
		return true
	case errors.Is(err, ErrLost), errors.Is(err, jetstream.ErrStreamNotFound):
		return failures >= readPatience
	}
	return false
}

// deliver runs one consumer. It counts *after up with every message that take was given, returns nil when take has
// enough, and else why the consumer ended.
func (l *Log) deliver(ctx context.Context, after *uint64, take func(eventstore.Message) bool) error {
	c, err := l.consume(ctx, *after)
	if err != nil {
		return err
	}
	defer c.close()
	for {
		m, err := c.next()
		if err != nil {
			return err
		}
		if m.Sequence != *after+1 {
			return fmt.Errorf("%w: sequence %d came after %d", ErrLost, m.Sequence, *after)
		}
		*after = m.Sequence
		if !take(m) {
			return nil
		}
	}
}

// A consumer is one unfiltered, unacknowledged JetStream consumer and what is needed to be rid of it again.
//
// It is not js.OrderedConsumer: that one repairs itself with waits of up to ten seconds that no context ends. Because the
// log has no gaps, comparing each sequence with the last is all the order there is to keep.
type consumer struct {
	log      *Log
	name     string
	messages jetstream.MessagesContext
	status   chan nats.Status
	stopped  func() bool // stops the watch on ctx
}

// errNoConsumer: the server made none. In a cluster consumers are made by the leader of all streams, who may be away while the
// leader of this one is there; and others may have used up what the account may have.
var errNoConsumer = errors.New("no consumer")

// consume checks that the stream still holds what was delivered, and starts a consumer at the message after it.
func (l *Log) consume(ctx context.Context, after uint64) (*consumer, error) {
	if err := l.holds(ctx, after); err != nil {
		return nil, err
	}
	making, cancel := context.WithTimeout(ctx, consumerPatience)
	defer cancel()
	made, err := l.js.CreateConsumer(making, l.stream, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       after + 1,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: consumerLife,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoConsumer, err)
	}
	c := &consumer{log: l, name: made.CachedInfo().Name}
	c.messages, err = made.Messages(
		jetstream.PullMaxMessagesWithBytesLimit(readMessages, readBytes),
		jetstream.PullHeartbeat(heartbeat))
	if err != nil {
		c.delete()
		return nil, fmt.Errorf("consumer messages: %w", err)
	}
	c.watch(ctx)
	return c, nil
}

// watch ends the consumer with ctx, and with the connection: after a reconnect the server may not know the consumer any
// more, and nats.go would notice only by missing heartbeats.
func (c *consumer) watch(ctx context.Context) {
	c.stopped = context.AfterFunc(ctx, c.messages.Stop)
	c.status = c.log.nc.StatusChanged(nats.RECONNECTING, nats.CLOSED)
	go func() {
		for range c.status { // ends when close removes the listener
			c.messages.Stop()
		}
	}()
}

func (c *consumer) next() (eventstore.Message, error) {
	m, err := c.messages.Next()
	if err != nil {
		return eventstore.Message{}, fmt.Errorf("consumer: %w", err)
	}
	meta, err := m.Metadata()
	if err != nil {
		return eventstore.Message{}, fmt.Errorf("consumer: %w", err)
	}
	return eventstore.Message{Sequence: meta.Sequence.Stream, Subject: m.Subject(), Payload: m.Data()}, nil
}

func (c *consumer) close() {
	c.stopped()
	c.log.nc.RemoveStatusListener(c.status)
	c.messages.Stop()
	c.delete()
}

// delete tells the server, within a second, even when the reader's context has ended. Without it the consumer would
// count against the stream's limit until consumerLife is over.
func (c *consumer) delete() {
	if !c.log.nc.IsConnected() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := c.log.js.DeleteConsumer(ctx, c.log.stream, c.name); err != nil {
		c.log.log.Debug("reader's consumer not deleted", "consumer", c.name, "error", err)
	}
}
