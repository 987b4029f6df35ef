package domain

import "time"

// Facts are what the rules may ask about other records, as of one sequence of the log (the entry's read_to).
type Facts interface {
	// Exists reports whether the record exists and has not been retracted.
	Exists(r Ref) (bool, error)
	// PlaceParent returns the place that a place lies in, "" for none or for an unknown place.
	PlaceParent(place string) (string, error)
	// DuplicateOf returns the incident that an incident is marked a duplicate of, "" for none or for an unknown one.
	DuplicateOf(incident string) (string, error)
	// Audience returns the actors that may know of a restricted record, none where it does not exist.
	Audience(r Ref) ([]string, error)
	// Ceasefire returns what a ceasefire amounts to for its neighbours at an effective time; ok is false where it does
	// not exist.
	Ceasefire(id string, at time.Time) (c CeasefireFacts, ok bool, err error)
}

// CeasefireFacts are the parts of a ceasefire that the rules for other records depend on.
type CeasefireFacts struct {
	Parent   string
	Area     []string
	Excluded []string // its own exclusions; a child adds those of its parents
	Monitors []string
}

// Within reports whether place is one of area or lies in one of them. Chains are followed 64 deep at most, so that a
// cycle that entered the registry cannot hang a decision.
func Within(f Facts, place string, area []string) (bool, error) {
	for range 64 {
		for _, a := range area {
			if place == a {
				return true, nil
			}
		}
		parent, err := f.PlaceParent(place)
		if err != nil || parent == "" {
			return false, err
		}
		place = parent
	}
	return false, nil
}

// ExcludedFrom reports whether actor is excluded from the ceasefire id or from one that it descends from, at the given
// effective time. Children inherit exclusions.
func ExcludedFrom(f Facts, id, actor string, at time.Time) (bool, error) {
	for range 64 {
		c, ok, err := f.Ceasefire(id, at)
		if err != nil || !ok {
			return false, err
		}
		for _, x := range c.Excluded {
			if x == actor {
				return true, nil
			}
		}
		if id = c.Parent; id == "" {
			return false, nil
		}
	}
	return false, nil
}
