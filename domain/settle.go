package domain

import (
	"truceledger/domain/when"
)

// Timed is what a command implements whose effective time is not when it occurred, such as an allegation's at.
type Timed interface {
	// EffectiveTime returns the field's path and its value; the zero When leaves it to occurred.
	EffectiveTime() (path string, w when.When)
}

// Settle places a command in effective time: it fills in occurred (by default now) and resolves what the command speaks of.
// What lies wholly after its recording cannot have
// occurred (R14); the end of a period that is still being counted may lie ahead. The paths filled in are returned as defaults.
func Settle(r Record, c Command, in Setting) (m Moment, defaults []string, err error) {
	path, w := "occurred", c.Head().Occurred
	if t, ok := c.(Timed); ok {
		if p, other := t.EffectiveTime(); !other.IsZero() {
			path, w = p, other
		}
	}
	if w.IsZero() {
		c.Head().Occurred = when.Instant(in.Now)
		b := when.At(in.Now) // what that resolves to
		return Moment{Occurred: b, Place: r.Place(b)}, []string{"occurred"}, nil
	}
	b, err := w.Resolve(in.Zone)
	if err != nil {
		return Moment{}, nil, whenProblem(path, err)
	}
	if b.Earliest.After(in.Now) && (path == "occurred" || path == "at") {
		return Moment{}, nil, Refuse(ErrInTheFuture, "%s is %s", path, b)
	}
	b.Phrase = ""
	return Moment{Occurred: b, Place: r.Place(b)}, defaults, nil
}

// Resolve resolves a time of a command that Prepare has seen; an unset one stays unset. The phrase stays with the command.
func Resolve(w when.When, zone string) when.Bounds {
	if w.IsZero() {
		return when.Bounds{}
	}
	b, err := w.Resolve(zone)
	if err != nil {
		return when.Bounds{} // unreachable: Prepare has refused it
	}
	b.Phrase = ""
	return b
}
