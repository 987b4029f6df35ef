package api

import (
	"fmt"
	"net/http"
	"time"

	"truceledger/api/wire"
)

// A Behind is how far the log of a server that takes no commands is behind the one that it is a copy of.
type Behind struct {
	Last    uint64        // the newest sequence of the copy
	Entries uint64        // that the copy lacked when it last heard of its origin
	Heard   time.Duration // how long ago that was; negative: not since the start
}

// LagHeader is on every answer of a server that takes no commands (an RFC 9651 dictionary): entries is how many the answer
// may lack, as far as is known; heard is how many seconds ago that was known. Where the line to the origin is down, heard
// grows and entries does not: what was recorded since, nobody here can tell. "unknown" stands where the origin was not heard
// of since the start.
const LagHeader = "Truce-Lag"

// lagging tells with every answer how far it may be behind.
func (a *API) lagging(h http.Header) {
	if a.Behind == nil {
		return
	}
	entries, heard, known := a.behindOrigin()
	if !known {
		h.Set(LagHeader, "unknown")
		return
	}
	h.Set(LagHeader, fmt.Sprintf("entries=%d, heard=%.1f", entries, heard.Seconds()))
}

// behindOrigin adds what the read models are behind the copy to what the copy is behind its origin.
func (a *API) behindOrigin() (entries uint64, heard time.Duration, known bool) {
	b := a.Behind()
	entries = b.Entries
	if applied := a.queries.Applied(); applied < b.Last {
		entries += b.Last - applied
	}
	return entries, b.Heard, b.Heard >= 0
}

// readOnly refuses what would change something, with the address of who takes it.
func (a *API) readOnly() *wire.Problem {
	if a.Writer == "" {
		return problem(http.StatusForbidden, "read-only", "this server answers questions only: send commands to the one that takes them")
	}
	p := problem(http.StatusForbidden, "read-only", "this server answers questions only: send commands to %s", a.Writer)
	p.Writer = a.Writer
	return p
}
