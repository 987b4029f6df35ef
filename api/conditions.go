package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/projections"
)

// versionTag is the ETag of a record: its version, which is the sequence of its newest entry.
func versionTag(version uint64) string { return `"` + strconv.FormatUint(version, 10) + `"` }

// badHeader says that a header cannot be used.
func badHeader(name, format string, args ...any) *wire.Problem {
	p := problem(http.StatusBadRequest, "bad-header", name+": "+format, args...)
	p.Parameter = name
	return p
}

// applyKey writes the idempotency key into the command. The header and the body may both give it, and must agree.
func applyKey(h *domain.Header, given []string) error {
	if len(given) == 0 {
		return nil
	}
	// The IETF's draft writes the key as a quoted string; most clients send it bare.
	id, err := uuid.Parse(strings.Trim(given[0], `"`))
	switch {
	case len(given) > 1:
		return badHeader("Idempotency-Key", "stands twice: give it once")
	case err != nil:
		return badHeader("Idempotency-Key", "%q is not a UUID, such as %s", clip(given[0]), uuid.NewString())
	case h.CommandID != "" && !strings.EqualFold(h.CommandID, id.String()):
		return badHeader("Idempotency-Key", "differs from the command_id in the body: give one of them, or the same twice")
	}
	h.CommandID = id.String()
	return nil
}

// ifMatch reads the version that the caller has seen; nil where it is left open. "*" asks for a record that exists.
func (a *API) ifMatch(ctx context.Context, c domain.Command, given []string) (*uint64, error) {
	if len(given) == 0 {
		return nil, nil
	}
	tag := strings.TrimSpace(given[0])
	switch {
	case len(given) > 1 || strings.Contains(tag, ","):
		return nil, badHeader("If-Match", "names several versions: name the one that you have seen")
	case tag == "*":
		return nil, a.exists(ctx, c.Target())
	}
	// A cache on the way may have made the tag weak. It stands for the same version: versions never depend on the form.
	quoted := strings.TrimPrefix(tag, "W/")
	number, ok := unquote(quoted)
	version, err := strconv.ParseUint(number, 10, 63)
	if !ok || err != nil {
		return nil, badHeader("If-Match", `%q is not the ETag of a record, such as "12"`, clip(tag))
	}
	if expect := c.Head().Expect; expect != nil && *expect != version {
		return nil, badHeader("If-Match", "differs from expect in the body: give one of them, or the same twice")
	}
	return &version, nil
}

func unquote(s string) (string, bool) {
	if len(s) < 3 || s[0] != '"' || s[len(s)-1] != '"' {
		return "", false
	}
	return s[1 : len(s)-1], true
}

// exists refuses a command whose record is not there.
func (a *API) exists(ctx context.Context, r domain.Ref) error {
	if !domain.IsSlug(r.ID) {
		return &eventstore.StaleError{Record: r}
	}
	record, err := a.ledger.RecordFor(ctx, r, projections.ReaderOf(ctx))
	if err == nil && record.Version() == 0 {
		err = &eventstore.StaleError{Record: r}
	}
	return err
}

// unchanged reports whether the caller's copy, named by its ETag, is the one that would be sent.
func unchanged(ifNoneMatch string, version uint64) bool {
	for tag := range strings.SplitSeq(ifNoneMatch, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == versionTag(version) {
			return true
		}
	}
	return false
}

// label checks a header that is kept in the entry: a short text in plain letters.
func label(name, value string) error {
	for _, r := range value {
		if r < 0x20 || r > 0x7e {
			return badHeader(name, "holds other signs than printable ASCII")
		}
	}
	if len(value) > 128 {
		return badHeader(name, "is longer than 128 signs")
	}
	return nil
}
