package api

import (
	"bufio"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/eventstore"
)

// entriesInput asks for the log.
type entriesInput struct {
	After count `query:"after" doc:"Only entries after this sequence."`
	Limit count `query:"limit" doc:"At most so many; without it all of them."`
	Fresh
}

type entryInput struct {
	Sequence string `path:"sequence" doc:"The entry's sequence, from 1."`
	Fresh
}

func (a *API) entryRoutes() {
	raw[entriesInput](a, huma.Operation{
		OperationID: "list-entries", Path: "/v1/entries", Tags: []string{"log"}, Summary: "The log itself: each line is an entry's exact bytes",
		Description: "Streamed. What is sent was stored before the request came; an answer that is cut off ends the connection. " +
			`An entry that is not for the caller to read is the line {"withheld": its sequence, "leaf": its hash in base64}.`,
	}, "application/x-ndjson", a.entries)
	raw[entryInput](a, huma.Operation{
		OperationID: "get-entry", Path: "/v1/entries/{sequence}", Tags: []string{"log"}, Summary: "The exact bytes of one entry",
	}, entryType, a.entry)
}

const entryType = "application/cloudevents+json"

// entry answers the stored bytes of one entry, which never change.
func (a *API) entry(w http.ResponseWriter, r *http.Request) {
	given := r.PathValue("sequence")
	n, err := strconv.ParseUint(given, 10, 63)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != given {
		answerProblem(w, problem(http.StatusNotFound, "not-found", "%q is not the sequence of an entry: they count from 1", clip(given)))
		return
	}
	for m, err := range a.Log.Read(r.Context(), n-1) {
		if err != nil {
			answerProblem(w, a.fail(r.Context(), err))
			return
		}
		if !a.sees(r.Context(), m) {
			answerProblem(w, problem(http.StatusNotFound, "not-found", "entry %d is not for you to read; its hash is in the tree, and its receipt proves it", n))
			return
		}
		a.sendEntry(w, r, m)
		return
	}
	answerProblem(w, problem(http.StatusNotFound, "not-found", "the log holds no entry %d yet", n))
}

func (a *API) sendEntry(w http.ResponseWriter, r *http.Request, m eventstore.Message) {
	h := w.Header()
	h.Set("ETag", versionTag(m.Sequence))
	h.Set("Cache-Control", noCache)
	if unchanged(r.Header.Get("If-None-Match"), m.Sequence) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", entryType)
	h.Set("Content-Length", strconv.Itoa(len(m.Payload)))
	_, _ = w.Write(m.Payload)
}

// entries streams the log.
func (a *API) entries(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	after, bad := count(query.Get("after")).parse("after")
	limit, badLimit := count(query.Get("limit")).parse("limit")
	switch {
	case bad == nil && badLimit != nil:
		bad = badLimit
	case limit != nil && *limit == 0:
		bad = badParameter("limit", "limit: 0 asks for nothing: give 1 or more, or leave it out for all")
	}
	if bad != nil {
		answerProblem(w, bad)
		return
	}
	from, most := uint64(0), ^uint64(0)
	if after != nil {
		from = *after
	}
	if limit != nil {
		most = *limit
	}
	a.sendEntries(w, r, from, most)
}

// sendEntries writes lines as they are read. A failure after the first line cannot be said in a status any more: the
// connection is cut, so that nobody takes what came for all there is.
func (a *API) sendEntries(w http.ResponseWriter, r *http.Request, after, most uint64) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", noCache)
	if r.Method == http.MethodHead {
		return
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{})
	out := bufio.NewWriterSize(deadlined{w, control, a.limits.write}, 64<<10)
	sent := uint64(0)
	for m, err := range a.Log.Read(r.Context(), after) {
		if err != nil {
			a.cutShort(r, sent, err, r.Context().Err() != nil)
		}
		line := m.Payload
		if !a.sees(r.Context(), m) {
			line = withheld(m)
		}
		_, _ = out.Write(line)
		if err = out.WriteByte('\n'); err != nil {
			a.cutShort(r, sent, err, left(err))
		}
		if sent++; sent == most {
			break
		}
	}
	if err := out.Flush(); err != nil {
		a.cutShort(r, sent, err, left(err))
	}
}

// left reports whether a reader has gone, as one does who has read enough; not one that takes nothing.
func left(err error) bool { return !errors.Is(err, os.ErrDeadlineExceeded) }

// cutShort ends the connection. That a reader has gone is no trouble of ours.
func (a *API) cutShort(r *http.Request, sent uint64, err error, gone bool) {
	level := slog.LevelWarn
	if gone {
		level = slog.LevelDebug
	}
	a.log.Log(r.Context(), level, "an export of the log ended early", "sent", sent, "err", err)
	panic(http.ErrAbortHandler)
}

// deadlined gives every write a deadline of its own: a long answer may take its time, a reader who takes nothing may not.
type deadlined struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
}

func (d deadlined) Write(p []byte) (int, error) {
	_ = d.control.SetWriteDeadline(time.Now().Add(d.patience))
	return d.w.Write(p)
}
