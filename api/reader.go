package api

import (
	"context"
	"encoding/base64"
	"errors"
	"iter"
	"net/http"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"truceledger/api/access"
	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/projections"
)

// What a caller may know of is settled here once for each request, and travels in its context: the read models answer nothing
// else (projections.As), the ledger takes commands for nothing else (eventstore.Request), and the few routes that hand out
// entries of the log itself ask sees. No route compares names or roles.

// asReader gives a request's context its reader.
func asReader(r *http.Request) *http.Request {
	return r.WithContext(projections.As(r.Context(), readerOf(access.From(r.Context()))))
}

// readerOf is what the table of access grants a caller to know.
func readerOf(c access.Caller) domain.Reader {
	switch c.May(access.ReadRestricted) {
	case access.Any:
		return domain.Reader{Name: c.Principal(), Actors: c.Actors, All: true}
	case access.Own:
		return domain.Reader{Name: c.Principal(), Actors: c.Actors}
	}
	return domain.Reader{}
}

// inPublic asks as the public does. It is for what is made to be handed on: a bulletin, a table or a badge that held what only
// some may know would betray it by their own hands.
func inPublic(ctx context.Context) context.Context { return projections.As(ctx, domain.Reader{}) }

// commandReader is the reader for a command. Who destroys secrets must name records that others keep from it.
func commandReader(ctx context.Context, c domain.Command) domain.Reader {
	reader := projections.ReaderOf(ctx)
	if _, destroys := c.(*domain.DestroySecret); destroys && access.From(ctx).May(access.DestroySecret) == access.Any {
		reader.All = true
	}
	return reader
}

// sees reports whether who asks may read an entry. What cannot be found out is kept back.
func (a *API) sees(ctx context.Context, m eventstore.Message) bool {
	ref := eventstore.SubjectRef(m.Subject)
	if !ref.Restricted() {
		return true
	}
	sees, err := a.queries.Sees(ctx, ref)
	return err == nil && sees
}

// withheld is the line that stands in an answer for an entry that the caller may not read: that there is one is in the public
// tree anyway.
func withheld(m eventstore.Message) []byte {
	leaf := tlog.RecordHash(m.Payload)
	line := []byte(`{"withheld":`)
	line = strconv.AppendUint(line, m.Sequence, 10)
	line = append(line, `,"leaf":"`...)
	line = base64.StdEncoding.AppendEncode(line, leaf[:])
	return append(line, `"}`...)
}

// errWithheld says that a file of entries would hold one that the caller may not read.
var errWithheld = errors.New("withheld")

// A seenLog is the log as the caller may read it: it ends with errWithheld at the first entry that is kept back.
type seenLog struct{ api *API }

func (l seenLog) Read(ctx context.Context, after uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		for m, err := range l.api.Log.Read(ctx, after) {
			if err == nil && !l.api.sees(ctx, m) {
				err = errWithheld
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// A readingLedger is the ledger for one caller.
type readingLedger struct {
	Ledger
	reader domain.Reader
}

func (l readingLedger) Execute(ctx context.Context, r eventstore.Request) (eventstore.Result, error) {
	r.Reader = l.reader
	return l.Ledger.Execute(ctx, r)
}

func (l readingLedger) Record(ctx context.Context, r domain.Ref) (domain.Record, error) {
	return l.Ledger.RecordFor(ctx, r, l.reader)
}
