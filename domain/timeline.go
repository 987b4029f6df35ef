package domain

import (
	"slices"
	"sync/atomic"
	"time"

	"truceledger/domain/when"
)

// A Record is the state that every kind of record shares: its entries, in the order in which they were recorded. The zero
// Record with a Ref is one on which nothing is recorded yet. A Record is a value: Then leaves it alone.
type Record struct {
	Ref    Ref
	Steps  []Step
	places []time.Time // of every step, sorted: what Place looks up
	read   []Reading   // how the first covers steps read; see AllReadings
	covers int
	tail   *tail // of the arrays behind Steps and places; nil where this record has not made them
}

// A tail is how far the arrays that several records share are filled. The record that ends there may go on in place; any
// other that grew from the same one must copy first. Without it each entry would copy all that its record holds.
type tail struct{ end atomic.Int64 }

// Version is the sequence of the newest entry, 0 where there is none.
func (r Record) Version() uint64 {
	if len(r.Steps) == 0 {
		return 0
	}
	return r.Steps[len(r.Steps)-1].Sequence
}

// Then returns r with the next steps applied. It never refuses: the entries are recorded already.
func (r Record) Then(steps ...Step) Record {
	if len(steps) == 0 {
		return r
	}
	n := int64(len(r.Steps))
	if r.tail == nil || !r.tail.end.CompareAndSwap(n, n+int64(len(steps))) {
		// The slices are clipped, so that two records that grew from one never write into each other.
		r.Steps, r.places, r.read, r.tail = slices.Clip(r.Steps), slices.Clip(r.places), slices.Clip(r.read), new(tail)
		r.tail.end.Store(n + int64(len(steps)))
	}
	r.Steps = append(r.Steps, steps...)
	if len(steps) > 1 {
		r.places = placesOf(r.Steps)
		return r
	}
	r = r.readOn(steps[0])
	if steps[0].Void != 0 || isBeside(steps[0]) {
		return r
	}
	place := steps[0].Moment().Place
	i, _ := slices.BinarySearchFunc(r.places, place, after) // behind its equals, most often at the end
	if i < len(r.places) {
		r.places = slices.Clip(r.places) // what stands behind moves up, and others read it where it is
	}
	r.places = slices.Insert(r.places, i, place)
	return r
}

// after orders a time before another that is not later than it, to find where the later ones begin.
func after(a, b time.Time) int {
	if a.After(b) {
		return 1
	}
	return -1
}

// readOn goes on reading with the newest step. Most often it adds one reading behind the others; a rule that is asked about a
// long record would else read all of it anew for each command.
func (r Record) readOn(s Step) Record {
	if len(r.Steps) == 1 {
		return r // one reading is made soon enough, and most records stay at that
	}
	reading, stands := read(s, nil, Everything)
	switch {
	case r.covers != len(r.Steps)-1, isCorrection(s) && s.Void == 0:
		r.read = r.Readings(Everything)
	case stands:
		i, _ := slices.BinarySearchFunc(r.read, reading.Place, func(x Reading, place time.Time) int { return after(x.Place, place) })
		if i < len(r.read) {
			r.read = slices.Clip(r.read) // as for places
		}
		r.read = slices.Insert(r.read, i, reading)
	}
	r.covers = len(r.Steps)
	return r
}

// AllReadings is Readings(Everything), most often without making it anew. It must not be written into.
func (r Record) AllReadings() []Reading {
	if r.covers != len(r.Steps) {
		return r.Readings(Everything)
	}
	return slices.Clip(r.read)
}

// placesOf returns the places of steps, sorted. Who read a name, held a file or was let in moves no act to another place.
func placesOf(steps []Step) []time.Time {
	places := make([]time.Time, 0, len(steps))
	for _, s := range steps {
		if s.Void == 0 && !isBeside(s) {
			places = append(places, s.Moment().Place)
		}
	}
	slices.SortFunc(places, time.Time.Compare)
	return places
}

// Place is the instant from which an act counts that occurred within b: the earliest that b allows, but not before the
// place of an earlier recorded entry that lies within b.
func (r Record) Place(b when.Bounds) time.Time {
	i, _ := slices.BinarySearchFunc(r.places, b.Latest, time.Time.Compare)
	if i > 0 && r.places[i-1].After(b.Earliest) {
		return r.places[i-1]
	}
	return b.Earliest
}

// Find returns the step with the given sequence.
func (r Record) Find(sequence uint64) (Step, bool) {
	i, found := slices.BinarySearchFunc(r.Steps, sequence, func(s Step, n uint64) int {
		switch {
		case s.Sequence < n:
			return -1
		case s.Sequence > n:
			return 1
		}
		return 0
	})
	if !found {
		return Step{}, false
	}
	return r.Steps[i], true
}

// UpTo returns the record as it was when the log ended at the given sequence.
func (r Record) UpTo(sequence uint64) Record {
	if r.Version() <= sequence {
		return r
	}
	i := slices.IndexFunc(r.Steps, func(s Step) bool { return s.Sequence > sequence })
	earlier := slices.Clip(r.Steps[:i])
	return Record{Ref: r.Ref, Steps: earlier, places: placesOf(earlier)}
}

// A Reading is what one entry amounts to once the corrections and retractions that a reader keeps are applied.
type Reading struct {
	Sequence    uint64    // of the entry that is read
	RecordedAt  time.Time // when the ledger recorded that entry, by its own claim
	Place       time.Time // where it stands in effective time; a replacement stands where the corrected entry stood
	Command     Command   // as recorded, or the replacement
	Events      []Event   // as recorded, or the replacement's
	Sources     []SourceRef
	CorrectedBy uint64 // the entry that replaced the reading, 0 for none
}

// Readings returns how the entries of the record are to be read, in the order of their places, keeping only the steps that
// keep allows. Corrections and retractions are no readings of their own: they change or take away those of others. Nor are
// the steps about the record's files, secrets and readers: see EvidenceOf, SecretsOf and AudienceMembers.
func (r Record) Readings(keep func(Step) bool) []Reading {
	corrections := r.corrections(keep)
	readings := make([]Reading, 0, len(r.Steps))
	for _, s := range r.Steps {
		if reading, stands := read(s, corrections, keep); stands {
			readings = append(readings, reading)
		}
	}
	byPlace := func(a, b Reading) int { return a.Place.Compare(b.Place) }
	if !slices.IsSortedFunc(readings, byPlace) {
		slices.SortStableFunc(readings, byPlace) // stable: equal places stay in the order of recording
	}
	return readings
}

// Settled returns the readings of all steps, and whether no step corrects another. Where none does, the readings of some of the
// steps are those in the list, in its order: it can be kept for every question.
func (r Record) Settled() (readings []Reading, ok bool) {
	if len(r.corrections(Everything)) > 0 {
		return nil, false
	}
	return r.Readings(Everything), true
}

// corrections returns the kept corrections and retractions of the record, the newest first. There are few or none, so
// that looking one up costs nothing to a record of thousands of entries.
func (r Record) corrections(keep func(Step) bool) []Step {
	var found []Step
	for _, s := range slices.Backward(r.Steps) {
		if isCorrection(s) && s.Void == 0 && keep(s) {
			found = append(found, s)
		}
	}
	return found
}

// read returns the reading of one step; stands is false for one that is not kept, is retracted, is void, or is itself a
// correction.
func read(s Step, corrections []Step, keep func(Step) bool) (reading Reading, stands bool) {
	if isCorrection(s) || isBeside(s) || s.Void != 0 {
		return Reading{}, false
	}
	reading = Reading{Sequence: s.Sequence, RecordedAt: s.RecordedAt, Place: s.Moment().Place, Command: s.Command, Events: s.Events, Sources: s.Command.Head().Sources}
	by, changed := standing(s.Sequence, corrections)
	if !changed {
		return reading, keep(s)
	}
	correction, ok := by.Events[0].(EntryCorrected)
	if !ok {
		return Reading{}, false // retracted
	}
	c := by.Command.(*Correct)
	reading.Command, reading.Events, reading.CorrectedBy = c.Replacement, correction.Events, by.Sequence
	reading.Sources = slices.Concat(c.Sources, c.Replacement.Head().Sources)
	return reading, true
}

// standing returns the newest correction or retraction of the entry with the given sequence that is not itself taken back.
// A correction of a correction names the entry at the root, so that the newest word on an entry is the one that counts.
func standing(sequence uint64, corrections []Step) (by Step, changed bool) {
	for _, s := range corrections {
		if target, _ := correctionOf(s); target != sequence {
			continue
		}
		if _, takenBack := standing(s.Sequence, corrections); !takenBack {
			return s, true
		}
	}
	return Step{}, false
}

// Authors returns who made the entry that a correction names, and those that this one itself corrects.
func (r Record) Authors(t CorrectionTarget) (actors []string) {
	s, err := r.named(t, "")
	for range r.Steps {
		if err != nil {
			break
		}
		actors = append(actors, s.Command.Head().By)
		earlier, isCorrection := correctionOf(s)
		if !isCorrection {
			break
		}
		s, _ = r.Find(earlier)
	}
	return actors
}

// isCorrection reports whether a step is a correction or a retraction.
func isCorrection(s Step) bool {
	_, ok := correctionOf(s)
	return ok
}

// correctionOf returns the sequence that a correction or retraction names.
func correctionOf(s Step) (uint64, bool) {
	if len(s.Events) == 0 {
		return 0, false
	}
	switch e := s.Events[0].(type) {
	case EntryCorrected:
		return e.Sequence, true
	case EntryRetracted:
		return e.Sequence, true
	}
	return 0, false
}

// Everything keeps every step.
func Everything(Step) bool { return true }
