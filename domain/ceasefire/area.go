package ceasefire

import (
	"slices"

	"truceledger/domain"
)

// widened adds places as listed. One that lies inside already is listed too, and flagged.
func (s State) widened(r domain.Reading) State {
	c := r.Command.(*WidenArea)
	for _, place := range c.Area {
		inside := slices.Contains(s.Area, place) || slices.Contains(insideBefore(r), place)
		if inside && !slices.Contains(s.CarvedOut, place) {
			s = s.flag(r, domain.FlagAlreadyInside, "%s lies in the area already", place)
		}
		s.CarvedOut = without(s.CarvedOut, func(x string) bool { return x == place })
		if !slices.Contains(s.Area, place) {
			s.Area = with(s.Area, place)
		}
	}
	return s
}

// insideBefore lists the places that lay inside by their parents when the widening was decided: the register of places is
// not part of this record, so the event says it.
func insideBefore(r domain.Reading) []string {
	for _, e := range r.Events {
		if widened, ok := e.(AreaWidened); ok {
			return widened.Inside
		}
	}
	return nil
}

// narrowed takes places out: a listed one leaves the list, one inside a listed one is carved out of it.
func (s State) narrowed(r domain.Reading) State {
	c := r.Command.(*NarrowArea)
	for _, place := range c.Area {
		if slices.Contains(s.Area, place) {
			s.Area = without(s.Area, func(x string) bool { return x == place })
			continue
		}
		s.CarvedOut = with(s.CarvedOut, place)
	}
	return s
}
