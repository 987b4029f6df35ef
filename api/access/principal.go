package access

import (
	"context"
	"slices"
)

// A Role is what somebody does for the ledger. A caller may have more than one; the widest grant counts.
type Role string

const (
	Negotiator Role = "negotiator" // speaks for the actors that it is bound to
	Monitor    Role = "monitor"    // speaks for the body that it is bound to
	Recorder   Role = "recorder"   // enters acts and reports for actors that have neither a token nor a key of their own
	Auditor    Role = "auditor"    // reads all, writes nothing
	Observer   Role = "observer"   // reads what is public
	Operator   Role = "operator"   // runs the ledger, and speaks for nobody
)

// Roles are all roles, in the order of the table.
var Roles = []Role{Negotiator, Monitor, Recorder, Auditor, Observer, Operator}

// A Caller is who sends a request. The zero Caller is nobody, who may do only what the table grants to nobody.
type Caller struct {
	Name   string   // what its token is called, or whom the issuer of its identity names; "" for nobody
	Roles  []Role   // in the order of the table
	Actors []string // whom it speaks for: a negotiator's actors, a monitor's body
	Token  string   // the id of its token, never the token; "" where it has none
}

type callerKey struct{}

// With returns a context whose requests are c's.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// From returns who sends the request of a context: nobody where nothing is known.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// Known reports whether the caller was authenticated.
func (c Caller) Known() bool { return c.Name != "" }

// Has reports whether the caller has a role.
func (c Caller) Has(r Role) bool { return slices.Contains(c.Roles, r) }

// SpeaksFor reports whether the caller is bound to one of the actors.
func (c Caller) SpeaksFor(actors ...string) bool {
	return slices.ContainsFunc(actors, func(a string) bool { return slices.Contains(c.Actors, a) })
}

// May returns how far the caller may go with an action: the widest that its roles grant.
func (c Caller) May(a Action) Grant {
	widest := grants(a, "")
	for _, r := range c.Roles {
		widest = max(widest, grants(a, r))
	}
	return widest
}

// MayFor reports whether the caller may do an action that concerns the given actors: any of them where its grant is for
// its own ones.
func (c Caller) MayFor(a Action, actors ...string) bool {
	switch c.May(a) {
	case Any:
		return true
	case Own:
		return c.SpeaksFor(actors...)
	}
	return false
}

// Principal is how entries name the caller for ever: in which capacity it wrote, and who it was. It must not change while
// a token is replaced by another of the same name, because a repeated command is known by it.
func (c Caller) Principal() string {
	for _, r := range c.Roles {
		if grants(Act, r) != No || grants(Report, r) != No {
			return string(r) + ":" + c.Name
		}
	}
	if len(c.Roles) > 0 {
		return string(c.Roles[0]) + ":" + c.Name
	}
	return ""
}
