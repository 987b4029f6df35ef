package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/projections"
)

type streamInput struct {
	After       count  `query:"after" doc:"Begin after this sequence; 0 is the whole log. Without it only what comes from now on."`
	LastEventID string `header:"Last-Event-ID" doc:"The id of the last event received; goes before after, so that a browser resumes by itself."`
	Fresh
}

func (a *API) streamRoutes() {
	raw[streamInput](a, huma.Operation{
		OperationID: "stream", Path: "/v1/stream", Tags: []string{"log"}, Summary: "Everything as it is recorded, as server-sent events",
		Description: "Events: entry (the stored bytes; its id is the sequence), ceasefire (the state of the ceasefire that the entry after it belongs to, as of that entry; " +
			"the entry carries the id, so that a break between the two loses neither), clock (the state of a ceasefire whose status changed because time passed; without an id). An entry comes once the read models hold it. " +
			"Last-Event-ID resumes without gap; no entry is repeated. ceasefire and clock are states, not history: after a break read them again.",
	}, "text/event-stream", a.stream)
}

// stream sends what is recorded as it is recorded. One goroutine reads the log and waits for the read models; this one
// writes. What a reader does not take in time ends its own stream and nobody else's.
func (a *API) stream(w http.ResponseWriter, r *http.Request) {
	from, live, p := a.streamFrom(r)
	if p == nil && a.life.Err() != nil {
		p = later("stopping", "the server is stopping: try again in a moment")
	}
	if p != nil {
		answerProblem(w, p)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	if r.Method == http.MethodHead {
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(a.life, cancel)()
	s := newEventWriter(w, a.limits.write)
	s.comment("truce ledger")
	if live {
		s.position(from) // so that a break before the first event leaves no gap
	}
	if s.flush() == nil {
		a.metrics.streams.Inc()
		defer a.metrics.streams.Dec()
		a.carry(ctx, s, from)
	}
}

// streamFrom says after which sequence to begin; live where the caller left it open: after all that is stored by now.
func (a *API) streamFrom(r *http.Request) (from uint64, live bool, p *wire.Problem) {
	name, given := "after", count(r.URL.Query().Get("after"))
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		name, given = "Last-Event-ID", count(last)
	}
	n, p := given.parse(name)
	if p != nil {
		return 0, false, p
	}
	last, err := a.Log.Last(r.Context())
	switch {
	case err != nil:
		return 0, false, a.fail(r.Context(), err)
	case n == nil:
		return last, true, nil
	case *n > last:
		return 0, false, badParameter(name, "%s: the log ends at %d, so %d was never sent by it: is this another ledger?", name, last, *n)
	}
	return *n, false, nil
}

// carry sends events until the stream ends.
func (a *API) carry(ctx context.Context, s *eventWriter, from uint64) {
	ctx, cancel := context.WithCancel(ctx)
	entries := a.follow(ctx, from)
	defer func() {
		cancel()
		for range entries { // wait until the reader has left
		}
	}()
	passed, leave := a.hub.join()
	defer leave()
	beat := time.NewTicker(a.limits.heartbeat)
	defer beat.Stop()
	flush := time.NewTimer(0) // fires once for nothing
	defer flush.Stop()
	for err := error(nil); err == nil; {
		select {
		case <-ctx.Done():
			return
		case m, ok := <-entries:
			if !ok {
				return
			}
			if !a.sees(ctx, m.Message) {
				break // as if it had never been; a reader that resumes is told of it no more than now
			}
			if err = a.writeRecorded(ctx, s, m); s.waiting {
				break // a flush is due already
			}
			s.waiting = true
			flush.Reset(time.Until(s.flushed.Add(coalesce)))
		case <-flush.C:
			err = s.flush()
		case view, ok := <-passed:
			if !ok {
				return // this reader is too slow
			}
			s.event("clock", 0, view)
			err = s.flush()
		case <-beat.C:
			s.comment("ping")
			err = s.flush()
		}
	}
}

// coalesce is how long a stream gathers entries, counted from its last flush. A lone entry goes out at once; in a rush a
// thousand readers would otherwise cost a thousand system calls for every entry.
const coalesce = 20 * time.Millisecond

// writeRecorded adds an entry, and before it the state of the ceasefire that it belongs to, to what goes out next. Only the
// entry, as the last of the two, moves the reader's position: whoever loses the connection between them gets both again.
//
// What is found out once for everybody is what everybody may know: the state of a restricted ceasefire is asked for by each
// reader that may.
func (a *API) writeRecorded(ctx context.Context, s *eventWriter, m *recorded) error {
	state := m.state
	if eventstore.SubjectRef(m.Subject).Restricted() {
		state = func() ([]byte, error) { return a.stateOf(ctx, m.Message) }
	}
	view, err := state()
	if err != nil {
		return err
	}
	if view != nil {
		s.event("ceasefire", 0, view)
	}
	s.event("entry", m.Sequence, m.Payload)
	return nil
}

// stateOf is the state of the ceasefire that an entry belongs to, nil for none.
func (a *API) stateOf(ctx context.Context, m eventstore.Message) ([]byte, error) {
	id, ok := ceasefireOf(m)
	if !ok {
		return nil, nil
	}
	a.hub.nudge()
	view, err := a.stateAfter(ctx, id, m.Sequence)
	if notFound := (*domain.NotFound)(nil); errors.As(err, &notFound) {
		return nil, nil // it lies ahead of now, or its beginning is retracted
	}
	return view, err
}

func ceasefireOf(m eventstore.Message) (id string, ok bool) {
	rest, ok := bytes.CutPrefix([]byte(m.Subject), []byte("truce.ceasefire."))
	return string(rest), ok
}

// stateAfter is the state of a ceasefire as of one entry, now.
func (a *API) stateAfter(ctx context.Context, id string, sequence uint64) ([]byte, error) {
	at, err := a.queries.Resolve(ctx, projections.Clock{AsOfSequence: &sequence})
	if err != nil {
		return nil, err
	}
	view, err := a.queries.Ceasefire(ctx, id, at)
	if err != nil {
		return nil, err
	}
	return json.Marshal(view)
}

// An eventWriter writes server-sent events. What is written goes out with flush, in one piece.
type eventWriter struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
	buffer   bytes.Buffer
	waiting  bool // something in the buffer has a flush that is due
	flushed  time.Time
}

// newEventWriter takes the connection out of the server's limits for ordinary requests: a stream lasts.
func newEventWriter(w http.ResponseWriter, patience time.Duration) *eventWriter {
	control := http.NewResponseController(w)
	// A read deadline would end the request's context when it passes, although nothing is left to be read.
	_ = control.SetReadDeadline(time.Time{})
	return &eventWriter{w: w, control: control, patience: patience}
}

// event adds one event. data is one line. Without an id (0) the reader's position stays.
func (s *eventWriter) event(name string, id uint64, data []byte) {
	if id != 0 {
		fmt.Fprintf(&s.buffer, "id: %d\n", id)
	}
	for _, part := range []string{"event: ", name, "\ndata: "} {
		s.buffer.WriteString(part)
	}
	s.buffer.Write(data)
	s.buffer.WriteString("\n\n")
}

// position tells the reader where it stands, without an event.
func (s *eventWriter) position(sequence uint64) {
	s.buffer.WriteString("id: " + strconv.FormatUint(sequence, 10) + "\n\n")
}

func (s *eventWriter) comment(text string) { s.buffer.WriteString(": " + text + "\n\n") }

// flush sends what was written. A reader that does not take it in time is given up.
func (s *eventWriter) flush() error {
	if s.buffer.Len() == 0 {
		return nil
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(s.patience))
	_, err := s.w.Write(s.buffer.Bytes())
	s.buffer.Reset()
	s.waiting, s.flushed = false, time.Now()
	if err != nil {
		return err
	}
	return s.control.Flush()
}
