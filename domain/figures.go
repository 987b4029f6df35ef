package domain

import "fmt"

// A Unit says who is counted.
type Unit string

// Values lists what a unit may be.
func (Unit) Values() []string {
	return []string{"civilians", "children", "people", "fighters", "unknown"}
}

// An Outcome says what befell those counted.
type Outcome string

// Values lists what an outcome may be.
func (Outcome) Values() []string { return []string{"killed", "injured"} }

// A Qualifier says how a figure is meant.
type Qualifier string

// Values lists what a qualifier may be.
func (Qualifier) Values() []string { return []string{"exact", "at_least", "nearly", "about"} }

// CheckFigures refuses figures that no count can have: negative ones, and low, best and high out of order (R11). prefix is
// the path of the fields, such as "casualties[0]." or "".
func CheckFigures(prefix string, low, best, high *int) error {
	if low == nil && best == nil && high == nil {
		return Field(prefix+"best", "is required: give best, or low and high")
	}
	named := []struct {
		name string
		n    *int
	}{{"low", low}, {"best", best}, {"high", high}}
	last, lastName := 0, ""
	for _, f := range named {
		if f.n == nil {
			continue
		}
		if *f.n < 0 {
			return Field(prefix+f.name, "%d is negative: a count is zero or more", *f.n)
		}
		if lastName != "" && *f.n < last {
			return Field(prefix+f.name, "%d is less than %s (%d): low <= best <= high", *f.n, lastName, last)
		}
		last, lastName = *f.n, fmt.Sprint(f.name)
	}
	return nil
}
