package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"syscall"

	"github.com/google/uuid"

	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/projections"
)

// titles say in words what kind of problem a code is. A rule's own codes share one title.
var titles = map[string]string{
	"bad-clock":           "A clock cannot be read",
	"bad-cursor":          "The cursor does not fit",
	"bad-header":          "A header cannot be read",
	"bad-parameter":       "A query parameter cannot be read",
	"behind":              "The read models are behind",
	"body-too-large":      "The request is too large",
	"conflict":            "Others were faster",
	"cross-origin":        "Requests of other web sites are refused",
	"entry-too-large":     "The entry is too large",
	"forbidden":           "Your role does not grant this",
	"foreign-host":        "This server does not answer to that name",
	"internal":            "The server failed",
	"invalid-field":       "A field is wrong",
	"method-not-allowed":  "The method is not allowed here",
	"newer-format":        "The ledger has a newer format",
	"not-found":           "Not found",
	"not-json":            "The body is not declared as JSON",
	"not-signed":          "Not signed yet",
	"not-ready":           "The server is not ready yet",
	"outcome-unknown":     "The outcome is not known yet",
	"queue-full":          "Too many commands are waiting",
	"read-only":           "The server takes no commands",
	"stale":               "The record has moved on",
	"stopping":            "The server is stopping",
	"unavailable":         "The log cannot be reached",
	"unknown-command":     "There is no such command",
	"unknown-parameter":   "There is no such query parameter",
	"bad-import":          "The table cannot be imported so",
	"issuer-away":         "The issuer of accounts does not answer",
	"sign-in-not-begun":   "The sign-in was not begun here",
	"sign-in-refused":     "The issuer of accounts lets nobody in",
	"no-role":             "No role is given to you here",
	"two-roles":           "Your roles here disagree",
	"not-your-actor":      "You do not speak for that actor",
	"speaks-for-itself":   "That actor speaks for itself",
	"too-many-requests":   "Too many requests",
	"unauthenticated":     "Who you are is not known",
	"unknown-token":       "The token lets nobody in",
	"not-a-table":         "The body is not declared as a table",
	"attachment-damaged":  "The file is damaged on the server's disk",
	"not-this-type":       "Files of this type are not taken",
	"not-there":           "It is not on this server",
	"secret-unreadable":   "The request to seal a value cannot be read",
	"secret-damaged":      "The sealed value is damaged on the server's disk",
	"not-destroyed-yet":   "The key is not destroyed yet",
	"withheld":            "Not for you to read",
	"void":                "The command came too late for its key",
	"unreadable":          "The request cannot be read",
	"writes-stopped":      "This node takes no commands any more",
	"disk":                "The disk does not take entries",
	"duplicate-parameter": "A query parameter stands twice",
}

// problem makes a Problem. detail is a sentence that tells the caller what to do.
func problem(status int, code, format string, args ...any) *wire.Problem {
	title, ok := titles[code]
	if !ok {
		title = "A rule says no"
	}
	return &wire.Problem{
		Type: "urn:truce:problem:" + code, Title: title, Status: status, Code: code, Detail: fmt.Sprintf(format, args...),
	}
}

// later is a problem that passes: the same request may be sent again in a moment.
func later(code, format string, args ...any) *wire.Problem {
	return problem(http.StatusServiceUnavailable, code, format, args...).With("Retry-After", "1")
}

// badParameter says that a query parameter's value cannot be used.
func badParameter(name, format string, args ...any) *wire.Problem {
	p := problem(http.StatusBadRequest, "bad-parameter", format, args...)
	p.Parameter = name
	return p
}

// fail turns an error into the problem that the caller sees. A no keeps its own words; a failure is logged and tells
// nothing of the inside.
func (a *API) fail(ctx context.Context, err error) *wire.Problem {
	p := a.told(ctx, err)
	if n := attemptOf(ctx); n != nil {
		n.code = p.Code
	}
	return p
}

func (a *API) told(ctx context.Context, err error) *wire.Problem {
	for _, known := range []func(error) *wire.Problem{noProblem, a.troubleProblem} {
		if p := known(err); p != nil {
			return p
		}
	}
	return a.internal(ctx, "request failed", "err", err)
}

// internal logs what went wrong and returns a problem that carries only the name under which it was logged.
func (a *API) internal(ctx context.Context, message string, args ...any) *wire.Problem {
	p := problem(http.StatusInternalServerError, "internal",
		"the server failed; nothing is known to be wrong with the request: tell the operator the instance given here")
	p.Instance = "urn:uuid:" + uuid.NewString()
	a.log.ErrorContext(ctx, message, append(args, "instance", p.Instance)...)
	return p
}

// noProblem knows the errors that say something about the request.
func noProblem(err error) *wire.Problem {
	var (
		ready    *wire.Problem
		syntax   *eventstore.SyntaxError
		field    *domain.FieldError
		notFound *domain.NotFound
		stale    *eventstore.StaleError
		clock    *projections.ClockError
		tooLarge *http.MaxBytesError
		void     *eventstore.VoidError
	)
	switch {
	case errors.As(err, &ready):
		return ready
	case errors.As(err, &syntax):
		return problem(http.StatusBadRequest, "unreadable", "%s", syntax.Problem)
	case errors.As(err, &field):
		p := problem(http.StatusUnprocessableEntity, "invalid-field", "%s", field.Error())
		p.Field = field.Field
		return p
	case errors.As(err, &notFound):
		return problem(http.StatusNotFound, "not-found", "%s", notFound.Error())
	case errors.As(err, &stale):
		p := problem(http.StatusPreconditionFailed, "stale", "%s", stale.Error())
		p.Version = &stale.Version
		return p
	case errors.As(err, &void):
		return problem(http.StatusConflict, "void", "%s: sign the command with a key that stands, under a new command_id", void.Error())
	case errors.As(err, &clock):
		p := problem(http.StatusBadRequest, "bad-clock", "%s: %s", clock.Parameter, clock.Problem)
		p.Parameter = clock.Parameter
		return p
	case errors.As(err, &tooLarge):
		return problem(http.StatusRequestEntityTooLarge, "body-too-large",
			"the body is larger than %d bytes: keep long texts elsewhere and name them by their SHA-256", tooLarge.Limit)
	case errors.Is(err, eventstore.ErrTooLarge):
		return problem(http.StatusRequestEntityTooLarge, "entry-too-large", "%s", err.Error())
	case errors.Is(err, projections.ErrBadCursor):
		p := problem(http.StatusBadRequest, "bad-cursor",
			"cursor: this cursor is not one that the same question was answered with: begin again without it")
		p.Parameter = "cursor"
		return p
	}
	return rejection(err)
}

// rejection is a rule's no, with the case at hand where there is one.
func rejection(err error) *wire.Problem {
	var refusal *domain.Refusal
	if errors.As(err, &refusal) {
		return problem(http.StatusUnprocessableEntity, refusal.Code(), "%s", refusal.Error())
	}
	var no domain.Rejection
	if errors.As(err, &no) {
		return problem(http.StatusUnprocessableEntity, no.Code(), "%s", no.Error())
	}
	return nil
}

// troubleProblem knows the errors that say nothing about the request: it may be sent again.
func (a *API) troubleProblem(err error) *wire.Problem {
	var conflict *eventstore.ConflictError
	var unsettled *eventstore.UnsettledError
	switch {
	case errors.As(err, &conflict):
		return problem(http.StatusConflict, "conflict", "%s", conflict.Error())
	case errors.Is(err, eventstore.ErrOutcomeUnknown):
		return later("outcome-unknown",
			"it is not known yet whether the command is stored: send it again with the same command_id to learn it; it cannot be stored twice")
	case errors.Is(err, eventstore.ErrQueueFull):
		return later("queue-full", "%s", eventstore.ErrQueueFull.Error())
	case errors.Is(err, eventstore.ErrDisk), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EROFS): // those of a file or a token
		return later("disk", "the disk that holds the ledger is full or cannot be written to; nothing of this request was stored: questions are answered, and commands are taken again when the operator has made room")
	case errors.As(err, &unsettled):
		return later("unavailable", "it is not known yet whether an earlier command on the same record is stored; nothing of this request was: try again in a moment")
	case errors.Is(err, eventstore.ErrUnavailable):
		return later("unavailable", "the log cannot be reached now; nothing was stored: try again in a moment")
	case errors.Is(err, projections.ErrNotReady):
		return later("not-ready", "%s", projections.ErrNotReady.Error())
	case errors.Is(err, eventstore.ErrClosed):
		return later("stopping", "the server is stopping; nothing was stored: try again in a moment")
	case errors.Is(err, eventstore.ErrNewerFormat):
		return later("newer-format", "the ledger has a newer format, and this server writes no more until it is updated: ask another server")
	case errors.Is(err, eventstore.ErrClock):
		return later("clock-off", "this server's clock is not the log's, and it writes nothing until that is mended: tell the operator, or ask another server")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return later("unavailable", "the answer did not come in time: try again in a moment")
	}
	if stopped := a.ledger.Stopped(); stopped != nil && errors.Is(err, stopped) {
		return later("writes-stopped", "this server has found something wrong with its log and writes no more: tell the operator, or ask another server")
	}
	return nil
}

// answerProblem writes a problem as the whole answer.
func answerProblem(w http.ResponseWriter, p *wire.Problem) {
	if rec, ok := w.(*recorder); ok {
		rec.code = p.Code // for the figures and the line of a refusal
	}
	h := w.Header()
	for name, values := range p.Header {
		h[name] = values
	}
	h.Del("ETag")
	h.Set("Content-Type", p.ContentType(""))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	body, _ := json.Marshal(p) // a struct of texts and numbers cannot fail
	_, _ = w.Write(append(body, '\n'))
}
