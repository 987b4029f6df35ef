package jetstream

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// mirrorDrift compares the fields that decide whether a mirror holds everything that its origin holds, and keeps it. Where it
// comes from, placement, replicas and the answering of direct gets for the origin are the operator's.
func mirrorDrift(is jetstream.StreamConfig) error {
	return firstDrift([]field{
		{"mirror.filter_subject", is.Mirror.FilterSubject, ""},
		{"mirror.subject_transforms", len(is.Mirror.SubjectTransforms), 0},
		{"mirror.opt_start_seq", max(1, is.Mirror.OptStartSeq), uint64(1)},
		{"mirror.opt_start_time", is.Mirror.OptStartTime != nil, false},
		{"storage", is.Storage, jetstream.FileStorage},
		{"retention", is.Retention, jetstream.LimitsPolicy},
		{"max_age", is.MaxAge, time.Duration(0)},
		{"max_bytes", unlimited(is.MaxBytes), int64(-1)},
		{"max_msgs", unlimited(is.MaxMsgs), int64(-1)},
		{"max_msgs_per_subject", unlimited(is.MaxMsgsPerSubject), int64(-1)},
		{"allow_msg_ttl", is.AllowMsgTTL, false},
		{"deny_delete", is.DenyDelete, true},
		{"deny_purge", is.DenyPurge, true},
		{"allow_direct", is.AllowDirect, true}, // without it records could not be loaded
	})
}

// An Origin is what a stream knows of the log that it is a copy of.
type Origin struct {
	Last uint64 // the newest sequence of the stream itself
	// Lag is how many messages the stream lacked when it last heard of its origin. While the line is down it stays as it was.
	Lag uint64
	// Heard is how long ago that was; negative when it has not heard of it since its server started.
	Heard time.Duration
}

// Origin asks how far a mirror is behind. A stream that is no mirror is its own origin, and never behind.
func (l *Log) Origin(ctx context.Context) (Origin, error) {
	info, err := l.info(ctx)
	if err != nil {
		return Origin{}, fmt.Errorf("origin of %q: %w", l.stream, err)
	}
	o := Origin{Last: info.State.LastSeq}
	if info.Mirror != nil {
		o.Lag, o.Heard = info.Mirror.Lag, info.Mirror.Active
	}
	return o, nil
}
