package jetstream

import (
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// A DriftError says that the stream is not what a ledger needs: somebody changed its configuration, or messages are gone.
// Serving on would sign a record that has lost something, so nothing is served until an operator has looked.
type DriftError struct {
	Field string // as `nats stream info --json` names it
	Is    string
	Must  string
}

func (e *DriftError) Error() string {
	return fmt.Sprintf("%s is %s and must be %s: the stream was changed from outside; "+
		"compare it with a backup or another node before anything else", e.Field, e.Is, e.Must)
}

// drift compares the fields that decide what is kept and in which order. Replicas, placement, compression and the
// duplicate window are the operator's. A server without atomic batches answers allow_atomic false, and want says so too.
//
// What brings others with it comes first (schedules switch deny_purge off, for one), so that the cause is named.
func drift(is, want jetstream.StreamConfig) error {
	return firstDrift([]field{
		{"mirror", is.Mirror != nil, false},
		{"sources", len(is.Sources), 0},
		{"sealed", is.Sealed, false},
		{"allow_msg_counter", is.AllowMsgCounter, false},               // would make payloads sums
		{"allow_msg_schedules", is.AllowMsgSchedules, false},           // would store what nobody appended
		{"no_ack", is.NoAck, false},                                    // an append would never learn its outcome
		{"persist_mode", is.PersistMode, jetstream.DefaultPersistMode}, // async acknowledges before the disk has it
		{"subject_delete_marker_ttl", is.SubjectDeleteMarkerTTL, want.SubjectDeleteMarkerTTL},
		{"allow_msg_ttl", is.AllowMsgTTL, false},
		{"allow_rollup_hdrs", is.AllowRollup, false},
		{"subjects", is.Subjects, want.Subjects},
		{"subject_transform", is.SubjectTransform != nil, false},
		{"storage", is.Storage, want.Storage},
		{"retention", is.Retention, want.Retention},
		{"discard_new_per_subject", is.DiscardNewPerSubject, false},
		{"discard", is.Discard, want.Discard},
		{"max_age", is.MaxAge, want.MaxAge},
		{"max_bytes", unlimited(is.MaxBytes), int64(-1)},
		{"max_msgs", unlimited(is.MaxMsgs), int64(-1)},
		{"max_msgs_per_subject", unlimited(is.MaxMsgsPerSubject), int64(-1)},
		{"max_msg_size", is.MaxMsgSize, want.MaxMsgSize},
		{"deny_delete", is.DenyDelete, want.DenyDelete},
		{"deny_purge", is.DenyPurge, want.DenyPurge},
		{"allow_direct", is.AllowDirect, want.AllowDirect},
		{"allow_atomic", is.AllowAtomicPublish, want.AllowAtomicPublish},
		{"first_seq", max(1, is.FirstSeq), uint64(1)},
	})
}

// A field is one of a stream's configuration, as it is and as it must be.
type field struct {
	name     string
	is, must any
}

func firstDrift(fields []field) error {
	for _, f := range fields {
		if is, must := fmt.Sprint(f.is), fmt.Sprint(f.must); is != must {
			return &DriftError{Field: f.name, Is: is, Must: must}
		}
	}
	return nil
}

// unlimited makes 0 and -1 one: servers accept either as no limit.
func unlimited(n int64) int64 {
	if n <= 0 {
		return -1
	}
	return n
}

// whole checks that nothing is missing: sequences from 1 without gaps. An empty log is whole.
func whole(s State) error {
	switch {
	case s.Last == 0:
		return nil
	case s.First != 1:
		return &DriftError{Field: "first_seq", Is: fmt.Sprint(s.First), Must: "1"}
	case s.Messages != s.Last:
		return &DriftError{Field: "messages", Is: fmt.Sprint(s.Messages), Must: fmt.Sprintf("%d, the last sequence", s.Last)}
	}
	return nil
}
