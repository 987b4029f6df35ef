package projections

import (
	"slices"
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
)

// within reports whether place is one of area or lies in one of them, by the register as of the prefix. It climbs 64 steps
// at most, so that a circle that got into the register cannot hang an answer.
func (r *reader) within(place string, area []string) bool {
	for range 64 {
		if place == "" {
			return false
		}
		if slices.Contains(area, place) {
			return true
		}
		place = r.place(place).Parent
	}
	return false
}

// contains reports whether any of area lies in place.
func (r *reader) contains(place string, area []string) bool {
	return slices.ContainsFunc(area, func(a string) bool { return r.within(a, []string{place}) })
}

// covers reports whether a place lies in an area. Of the area and what was carved out of it, whichever is nearer above the
// place decides.
func (r *reader) covers(place string, area, carvedOut []string) bool {
	for range 64 {
		switch {
		case place == "" || slices.Contains(carvedOut, place):
			return false
		case slices.Contains(area, place):
			return true
		}
		place = r.place(place).Parent
	}
	return false
}

// touches reports whether an area covers place, or has a part in it. What was carved out it does not cover.
func (r *reader) touches(place string, area, carvedOut []string) bool {
	return r.covers(place, area, carvedOut) || r.contains(place, area)
}

// inside answers whether an incident's place lies in a ceasefire's area: maybe, where one of them is not stated or the place
// is wider than the area.
func (r *reader) inside(place string, area, carvedOut []string) when.Truth {
	switch {
	case place == "" || len(area) == 0:
		return when.Maybe
	case r.covers(place, area, carvedOut):
		if r.contains(place, carvedOut) {
			return when.Maybe
		}
		return when.Yes
	case r.contains(place, area):
		return when.Maybe
	}
	return when.No
}

// firstPublished is when the first of sources was published, of those that assert or quote, else of all.
func (r *reader) firstPublished(sources []domain.SourceRef) (first time.Time, known bool) {
	for _, firm := range []bool{true, false} {
		for _, s := range sources {
			b, ok := r.published(s.Source)
			if ok && (s.Modality.Firm() || !firm) && (!known || b.Latest.Before(first)) {
				first, known = b.Latest, true
			}
		}
		if known {
			break
		}
	}
	return first, known
}

func shownTime(t time.Time) string { return when.At(t).String() }
