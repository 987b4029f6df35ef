package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"truceledger/eventstore"
)

// headerBytes is about what the headers and the subject of a batch's member take.
const headerBytes = 256

// sendBatch makes one attempt at storing a batch, all of it or nothing, and returns the sequence of its last message.
//
// Not jetstreamext.PublishMsgBatch: that waits for the server after the first message, which doubles the latency of a
// flush. Without the wait a batch that the server could not begin is answered as incomplete at its end.
func (p *publisher) sendBatch(ctx context.Context, batch []*waiting) (last uint64, err error) {
	if !p.nc.IsConnected() {
		return 0, fmt.Errorf("%w: connection is %s", eventstore.ErrUnavailable, p.nc.Status())
	}
	id := nuid.Next()
	end := len(batch) - 1
	for i, w := range batch[:end] {
		if err := p.nc.PublishMsg(member(w, id, i)); err != nil {
			// The end was not sent, so that nothing of it is stored, now or later.
			return 0, fmt.Errorf("%w: %w", eventstore.ErrUnavailable, err)
		}
	}
	m := member(batch[end], id, end)
	m.Header[jetstreamext.BatchCommitHeader] = []string{"1"}
	reply, err := p.nc.RequestMsgWithContext(ctx, m)
	if errors.Is(err, nats.ErrNoResponders) {
		err = jetstream.ErrNoStreamResponse // as js.Publish names it
	}
	if err != nil {
		return 0, outcome(err)
	}
	return p.batchAck(reply.Data, id, len(batch))
}

func member(w *waiting, id string, i int) *nats.Msg {
	return &nats.Msg{Subject: w.subject, Data: w.payload, Header: nats.Header{
		jetstreamext.BatchIDHeader:          {id},
		jetstreamext.BatchSeqHeader:         {strconv.Itoa(i + 1)},
		jetstream.ExpectedLastSubjSeqHeader: {strconv.FormatUint(w.expected, 10)},
	}}
}

// batchAck reads what the server says of a batch. Anything but a plain yes or no leaves the outcome unknown.
func (p *publisher) batchAck(data []byte, id string, size int) (last uint64, err error) {
	var ack struct {
		Error    *jetstream.APIError `json:"error"`
		Stream   string              `json:"stream"`
		Sequence uint64              `json:"seq"`
		Batch    string              `json:"batch"`
		Count    int                 `json:"count"`
	}
	switch err := json.Unmarshal(data, &ack); {
	case err != nil:
		return 0, fmt.Errorf("%w: %w", eventstore.ErrOutcomeUnknown, err)
	case ack.Error != nil:
		return 0, fmt.Errorf("%w: batch: %w", refusedBatch(ack.Error), ack.Error)
	case ack.Stream != p.stream:
		return 0, fmt.Errorf("%w: stream %q took the batch", errRefused, ack.Stream)
	case ack.Batch != id || ack.Count != size || ack.Sequence < uint64(size):
		return 0, fmt.Errorf("%w: the answer is not one to this batch", eventstore.ErrOutcomeUnknown)
	}
	return ack.Sequence, nil
}

// refusedBatch is answered for a batch. What is wrong with one member is not said of the others: only what is the server's
// own trouble is worth another try as it is.
func refusedBatch(e *jetstream.APIError) error {
	err := answered(e)
	switch {
	case e.ErrorCode == jetstreamext.JSErrCodeAtomicPublishTooManyInflight:
		return eventstore.ErrUnavailable
	case errors.Is(err, errInFlight), !errors.Is(err, eventstore.ErrUnavailable):
		return errRefused
	}
	return err
}

// movedOn finds the members whose record has a newer message than they expect. It asks any replica: one that lags may
// miss a move, and never makes one up.
func (l *Log) movedOn(ctx context.Context, batch []*waiting) (map[*waiting]uint64, error) {
	bySubject := make(map[string]*waiting, len(batch))
	subjects := make([]string, 0, len(batch))
	for _, w := range batch {
		bySubject[w.subject] = w
		subjects = append(subjects, w.subject)
	}
	newest, err := jetstreamext.GetLastMsgsFor(ctx, l.js, l.stream, subjects)
	if err != nil {
		return nil, err
	}
	moved := map[*waiting]uint64{}
	for m, err := range newest {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			break // none of the records exists
		}
		if err != nil {
			return nil, err
		}
		if w := bySubject[m.Subject]; w != nil && m.Sequence > w.expected {
			moved[w] = m.Sequence
		}
	}
	return moved, nil
}
