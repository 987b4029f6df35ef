// Package jetstream keeps the log in one NATS JetStream stream, embedded in this process or on a cluster. It promises what
// package logtest lists. It refuses to serve a stream that could have forgotten something: one with another configuration,
// or with a gap.
package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"truceledger/eventstore"
)

// DefaultStream is the name of the stream that holds the log.
const DefaultStream = "TRUCE"

// ErrNoStream: the stream does not exist and Open was told not to make it.
var ErrNoStream = errors.New("the stream does not exist")

// Options say which stream holds the log and who may change it.
type Options struct {
	Stream   string // DefaultStream when empty
	Replicas int    // copies in the cluster, 0: as it is (1 when the stream is made). It is raised when lower, never lowered
	ReadOnly bool   // neither make nor change the stream, nor append; it must exist (ErrNoStream), and may be a mirror

	// NoConsumers reads by direct gets alone, for a user who may make no consumers: later by a tenth of a second, and half as fast.
	NoConsumers bool

	// AckTimeout bounds the wait for one append's acknowledgement, after which its outcome is unknown. 5 s when 0.
	AckTimeout time.Duration
	// Halted tells why nothing can be appended now; it is asked before each append. Nil is never.
	Halted func() error
	Log    *slog.Logger // nil drops what it has to say
}

// A Log is the eventstore.Log on a JetStream stream. It has nothing to close: it ends with its connection.
type Log struct {
	nc         *nats.Conn
	js         jetstream.JetStream
	stream     string
	ackTimeout time.Duration
	log        *slog.Logger
	appender   appender // nil where the log is only read
	halted     func() error
	polls      bool // reads without consumers
}

var _ eventstore.Log = (*Log)(nil)

// Open makes the stream or verifies the one that is there, and returns the log in it. A *DriftError means that the stream
// is not, or not any more, what a ledger needs; nothing but an operator can mend that.
//
// The connection should have been made by Dial or Embedded.Connect: with nats.go's default reconnect buffer an append
// that was answered with ErrUnavailable could still be sent later.
func Open(ctx context.Context, nc *nats.Conn, o Options) (*Log, error) {
	o = o.withDefaults()
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(o.AckTimeout))
	if err != nil {
		return nil, fmt.Errorf("jetstream: %w", err)
	}
	l := &Log{nc: nc, js: js, stream: o.Stream, ackTimeout: o.AckTimeout, log: o.Log, halted: o.Halted, polls: o.NoConsumers}
	atomic, err := l.establish(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("stream %q: %w", o.Stream, err)
	}
	if !o.ReadOnly {
		l.appender = l.newAppender(atomic)
	}
	return l, nil
}

func (l *Log) newAppender(atomic bool) appender {
	single := &publisher{nc: l.nc, js: l.js, stream: l.stream, lastOf: l.lastOf}
	if !atomic {
		return single
	}
	return &committer{single: single, send: single.sendBatch, moved: l.movedOn, timeout: l.ackTimeout}
}

func (o Options) withDefaults() Options {
	if o.Stream == "" {
		o.Stream = DefaultStream
	}
	if o.AckTimeout == 0 {
		o.AckTimeout = 5 * time.Second
	}
	if o.Halted == nil {
		o.Halted = func() error { return nil }
	}
	o.Log = logger(o.Log)
	return o
}

// establish leaves a stream that is as it must be, or an error. atomic: it takes atomic batches.
func (l *Log) establish(ctx context.Context, o Options) (atomic bool, err error) {
	if atomic, err = l.hasAtomicBatches(ctx); err != nil {
		return false, err
	}
	want := configuration(o, atomic)
	info, err := l.info(ctx)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if o.ReadOnly {
			return false, ErrNoStream
		}
		info, err = l.create(ctx, want)
	}
	if err != nil {
		return false, err
	}
	if o.ReadOnly && info.Config.Mirror != nil {
		err = mirrorDrift(info.Config)
	} else {
		err = drift(info.Config, want)
	}
	if err != nil {
		return false, err
	}
	if err := whole(stateOf(info)); err != nil {
		return false, err
	}
	return atomic, l.raiseReplicas(ctx, info.Config, o)
}

// hasAtomicBatches asks for the server's API level: 2 (nats-server 2.12) and above know atomic batches. Below 1 (2.11) not even
// several messages are answered at once: every command would fail, of a ledger that seemed to be there.
func (l *Log) hasAtomicBatches(ctx context.Context) (bool, error) {
	account, err := l.js.AccountInfo(ctx)
	if err != nil {
		return false, fmt.Errorf("account info: %w", err)
	}
	if account.API.Level < 1 {
		return false, fmt.Errorf("nats-server %s is too old: 2.11 or newer is needed, and 2.12 for batches", l.nc.ConnectedServerVersion())
	}
	if account.API.Level < 2 {
		l.log.Warn("the server has no atomic batches; every append is flushed by itself",
			"server", l.nc.ConnectedServerVersion(), "api_level", account.API.Level)
		return false, nil
	}
	return true, nil
}

// configuration is what architecture.md says that the stream is.
func configuration(o Options, atomic bool) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:               o.Stream,
		Description:        "Truce Ledger: the record. Do not edit, purge or delete.",
		Subjects:           []string{"truce.*.*"},
		Storage:            jetstream.FileStorage,
		Retention:          jetstream.LimitsPolicy,
		Discard:            jetstream.DiscardNew,
		MaxMsgs:            -1,
		MaxBytes:           -1,
		MaxMsgsPerSubject:  -1,
		MaxConsumers:       -1,
		MaxMsgSize:         maxMsgSize,
		Replicas:           max(1, o.Replicas),
		DenyDelete:         true,
		DenyPurge:          true,
		AllowDirect:        true,
		AllowAtomicPublish: atomic,
		// We send no message ids, so the shortest window that the server allows: it costs memory.
		Duplicates: 100 * time.Millisecond,
	}
}

// maxMsgSize is the stream's limit in bytes: JetStream counts the headers too, so it is above eventstore.MaxPayload.
const maxMsgSize = 69_632

// create makes the stream. Another node may be doing the same; the server accepts an equal one.
func (l *Log) create(ctx context.Context, want jetstream.StreamConfig) (*jetstream.StreamInfo, error) {
	_, err := l.js.CreateStream(ctx, want)
	if err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return nil, fmt.Errorf("create: %w", err)
	}
	return l.info(ctx)
}

// raiseReplicas changes nothing but the number of copies, and only upwards: a start with a forgotten flag must not throw
// copies away.
func (l *Log) raiseReplicas(ctx context.Context, is jetstream.StreamConfig, o Options) error {
	switch {
	case o.Replicas == 0 || o.Replicas == is.Replicas:
		return nil
	case o.ReadOnly || o.Replicas < is.Replicas:
		l.log.Warn("the stream has another number of replicas", "is", is.Replicas, "asked", o.Replicas)
		return nil
	}
	is.Replicas = o.Replicas
	if _, err := l.js.UpdateStream(ctx, is); err != nil {
		return fmt.Errorf("raise replicas to %d: %w", o.Replicas, err)
	}
	l.log.Info("replicas raised", "to", o.Replicas)
	return nil
}

// LeaderTime is the clock of the stream's leader when it answered.
func (l *Log) LeaderTime(ctx context.Context) (time.Time, error) {
	info, err := l.info(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if info.TimeStamp.IsZero() { // a server before 2.10
		return time.Time{}, errors.New("the stream's leader does not tell its time")
	}
	return info.TimeStamp, nil
}

// info asks the stream's leader. A raw request, because js.Stream caches and adds nothing here.
func (l *Log) info(ctx context.Context) (*jetstream.StreamInfo, error) {
	var answer struct {
		Error *jetstream.APIError `json:"error"`
		jetstream.StreamInfo
	}
	if err := l.ask(ctx, "STREAM.INFO."+l.stream, nil, &answer); err != nil {
		return nil, fmt.Errorf("stream info: %w", err)
	}
	if answer.Error != nil {
		return nil, fmt.Errorf("stream info: %w: %w", answered(answer.Error), answer.Error)
	}
	return &answer.StreamInfo, nil
}

// ask sends one request to the JetStream API. Stream requests are answered by the stream's leader only.
func (l *Log) ask(ctx context.Context, verb string, request []byte, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, l.ackTimeout)
	defer cancel()
	reply, err := l.nc.RequestWithContext(ctx, jetstream.DefaultAPIPrefix+verb, request)
	if err != nil {
		if halted := l.halted(); halted != nil {
			return halted // an engine that stands still over a full disk answers nothing: say what somebody can mend
		}
		return fmt.Errorf("%w: %w", eventstore.ErrUnavailable, err)
	}
	if err := json.Unmarshal(reply.Data, answer); err != nil {
		return fmt.Errorf("answer to %s: %w", verb, err)
	}
	return nil
}

// State is what the stream's leader says of the log.
type State struct {
	First    uint64 // sequence of the oldest message, 0 when the log is empty
	Last     uint64 // sequence of the newest message, 0 when the log is empty
	Messages uint64 // how many there are; not Last when something was lost
	Bytes    uint64 // on disk
	Replicas int    // configured copies
}

// State asks the stream's leader for the log's extent. For health checks.
func (l *Log) State(ctx context.Context) (State, error) {
	info, err := l.info(ctx)
	if err != nil {
		return State{}, fmt.Errorf("state of %q: %w", l.stream, err)
	}
	return stateOf(info), nil
}

func stateOf(info *jetstream.StreamInfo) State {
	s := State{
		First:    info.State.FirstSeq,
		Last:     info.State.LastSeq,
		Messages: info.State.Msgs,
		Bytes:    info.State.Bytes,
		Replicas: info.Config.Replicas,
	}
	if s.Last == 0 {
		s.First = 0 // a server says 0 or 1 of an empty stream
	}
	return s
}

// Last implements eventstore.Log.
func (l *Log) Last(ctx context.Context) (uint64, error) {
	s, err := l.State(ctx)
	return s.Last, err
}
