package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// An Event is one event of the stream: "entry", with the stored bytes; "ceasefire", the state after the entry that follows
// it; or "clock", a state that time alone has changed.
type Event struct {
	ID   uint64 // the sequence, for "ceasefire" of the entry that it belongs to; for "clock" that of the newest entry before it
	Type string
	Data json.RawMessage
}

// FromNow asks Watch for what comes from now on.
const FromNow = ^uint64(0)

// silence is how long a stream may say nothing: the server gives a sign of life every 15 seconds.
const silence = 50 * time.Second

// Watch calls tell for every event after the given sequence (0: from the first entry), in order, and then for every new
// one. It connects again when the stream breaks, and goes on without a gap or a repeat among the entries. It returns when
// ctx ends, when tell returns an error, or when the server says no.
func (c *Client) Watch(ctx context.Context, after uint64, tell func(Event) error) error {
	w := &watcher{client: c, at: after, tell: tell}
	for failures := 0; ; failures++ {
		before := w.told
		err := w.stream(ctx)
		var told *tellError
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.As(err, &told):
			return told.error
		case w.told > before:
			failures = 0
		}
		if !passes(err) {
			return err
		}
		sleep(ctx, c.pause(err, failures+1)) // it never gives up by itself
	}
}

// tellError is an error of the caller's own function.
type tellError struct{ error }

// A watcher follows one stream over many connections.
type watcher struct {
	client *Client
	at     uint64 // the last id, or FromNow
	sent   uint64 // the id of the last entry that was handed on
	told   int
	tell   func(Event) error
}

// stream follows one connection until it ends.
func (w *watcher) stream(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := request{method: http.MethodGet, path: "/v1/stream", header: http.Header{"Accept": {"text/event-stream"}}, query: url.Values{}}
	if w.at != FromNow {
		r.query.Set("after", strconv.FormatUint(w.at, 10))
	}
	response, err := w.client.open(ctx, r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	watchdog := time.AfterFunc(silence, cancel)
	defer watchdog.Stop()
	lines := bufio.NewReaderSize(response.Body, 128<<10)
	var e arriving
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return fmt.Errorf("the stream broke off after entry %d: %w", w.sent, err)
		}
		watchdog.Reset(silence)
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 {
			if err := w.field(&e, line); err != nil {
				return err
			}
			continue
		}
		if err := w.dispatch(e); err != nil {
			return err
		}
		e = arriving{}
	}
}

// arriving is an event whose lines are still coming. Its id counts when all of it has come: a connection that breaks in
// between must not lose it.
type arriving struct {
	Event
	placed bool // it has an id of its own
}

// field reads one line of an event.
func (w *watcher) field(e *arriving, line []byte) error {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "id":
		id, err := strconv.ParseUint(string(value), 10, 64)
		if err != nil {
			return fmt.Errorf("the stream sent the id %q", value)
		}
		e.ID, e.placed = id, true
	case "event":
		e.Type = string(value)
	case "data":
		e.Data = append(e.Data, value...)
	}
	return nil
}

// dispatch hands one event on. One without data only says where the stream stands.
func (w *watcher) dispatch(e arriving) error {
	if e.placed {
		w.at = e.ID
	}
	if e.ID = w.at; e.Type == "ceasefire" && !e.placed {
		var state struct{ Version uint64 }
		_ = json.Unmarshal(e.Data, &state)
		e.ID = state.Version
	}
	switch {
	case len(e.Data) == 0, e.Type == "entry" && e.ID <= w.sent:
		return nil
	case e.Type == "entry":
		w.sent = e.ID
	}
	w.told++
	if err := w.tell(e.Event); err != nil {
		return &tellError{err}
	}
	return nil
}
