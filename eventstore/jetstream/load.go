package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"truceledger/eventstore"
)

const (
	pageMessages = 512     // messages a direct get may answer
	pageBytes    = 4 << 20 // bytes after which it stops, so that a load holds no more than this (and one message)

	// stalePause is the first wait for a replica that lags behind the leader; it doubles up to stalePauseMax.
	stalePause    = time.Millisecond
	stalePauseMax = 100 * time.Millisecond
	// stalePatience bounds a load that gets nothing new at all.
	stalePatience = 10 * time.Second
)

// Load implements eventstore.Log. It makes no consumer: a consumer for each load would use up the stream's within seconds.
func (l *Log) Load(ctx context.Context, subject string, after uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		if err := l.load(ctx, subject, after, yield); err != nil {
			yield(eventstore.Message{}, fmt.Errorf("load %q: %w", subject, err))
		}
	}
}

// load asks the leader how far the record goes and then pages up to there. Pages come from any replica, and a replica may
// not have yet what the leader has acknowledged (jetstream.md: 338 of 6,000 reads), so a page is not the last word.
func (l *Log) load(ctx context.Context, subject string, after uint64, yield func(eventstore.Message, error) bool) error {
	if err := checkSubject(subject); err != nil {
		return err
	}
	last, err := l.lastOf(ctx, subject)
	if err != nil {
		return err
	}
	pause, since := stalePause, time.Now()
	for after < last {
		page, err := l.page(ctx, after, last, jetstreamext.GetBatchSubject(subject))
		for _, m := range page.messages {
			if !yield(m, nil) {
				return nil
			}
			after = m.Sequence
		}
		if len(page.messages) > 0 {
			pause, since = stalePause, time.Now()
			continue
		}
		if time.Since(since) > stalePatience {
			return fmt.Errorf("%w: no replica has sequence %d: %w", eventstore.ErrUnavailable, last, err)
		}
		if err := wait(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, stalePauseMax)
	}
	return nil
}

// lastOf asks the stream's leader for the sequence of the subject's newest message, 0 when there is none. Not
// Stream.GetLastMsgForSubject: that reads from any replica as soon as the stream allows direct gets.
func (l *Log) lastOf(ctx context.Context, subject string) (uint64, error) {
	request, err := json.Marshal(map[string]string{"last_by_subj": subject})
	if err != nil {
		return 0, err
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message struct {
			Sequence uint64 `json:"seq"`
		} `json:"message"`
	}
	if err := l.ask(ctx, "STREAM.MSG.GET."+l.stream, request, &answer); err != nil {
		return 0, fmt.Errorf("last sequence: %w", err)
	}
	switch {
	case answer.Error == nil:
		return answer.Message.Sequence, nil
	case answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return 0, nil
	}
	return 0, fmt.Errorf("last sequence: %w: %w", answered(answer.Error), answer.Error)
}

// A page is what one direct get answers.
type page struct {
	messages []eventstore.Message
	more     bool // the replica that answered has others after them
}

// page returns messages in after+1..last, of one subject where the filter says so, as many as one answer holds. None and an
// error that is worth another try: a replica that has nothing, or did not answer.
func (l *Log) page(ctx context.Context, after, last uint64, filter ...jetstreamext.GetBatchOpt) (p page, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.ackTimeout)
	defer cancel()
	answers, err := jetstreamext.GetBatch(ctx, l.js, l.stream, pageMessages,
		append(filter, jetstreamext.GetBatchSeq(after+1), jetstreamext.GetBatchMaxBytes(pageBytes))...)
	if err != nil {
		return p, err
	}
	// Collected before any is handed out: orbit ends a page silently when its time is over, and a slow caller's time is
	// not the server's.
	previous := "0"
	for m, err := range answers {
		if err != nil {
			return p, err
		}
		// The server names the message that it sent before. Without this a message that the client dropped (a full queue)
		// would be a hole in the record that nobody sees.
		if m.Header.Get(jetstream.LastSequenceHeader) != previous {
			return p, errDropped
		}
		previous = m.Header.Get(jetstream.SequenceHeader)
		if m.Sequence > last {
			break // stored since the call; the next load has it
		}
		p.messages = append(p.messages, eventstore.Message{Sequence: m.Sequence, Subject: m.Subject, Payload: m.Data})
		p.more = m.Header.Get(pendingHeader) != "0"
	}
	return p, errStale
}

// pendingHeader counts the messages that the replica has after this one.
const pendingHeader = "Nats-Num-Pending"

var (
	errStale   = errors.New("the replica has less than the leader")
	errDropped = errors.New("an answer was dropped on its way")
)
