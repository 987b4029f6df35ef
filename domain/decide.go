package domain

import "slices"

// A Judge applies the rules of one kind of record. It returns the events that c adds, given how the entries read that it is
// judged against: for an act those that stand before it in effective time, for a report all; or a refusal. No events and no error means that c is on the record already. It may
// fill in fields of c and names them in defaults. It is a pure function.
type Judge func(before []Reading, m Moment, c Command, in Setting) (events []Event, defaults []string, err error)

// Decide says what c amounts to on record r, or why not. c has been seen by Prepare, and Decide may fill in its defaults.
//
// The errors are *FieldError, *NotFound, a Rejection or a *Refusal; anything else comes from in.Facts and decides nothing.
func Decide(r Record, c Command, in Setting, judge Judge) (Decision, error) {
	d, err := decide(r, c, in, judge)
	if err == nil {
		d.Defaults = append(d.Defaults, completeZones(c, in.Zone)...)
	}
	return d, err
}

func decide(r Record, c Command, in Setting, judge Judge) (Decision, error) {
	if err := addressable(r, c); err != nil {
		return Decision{}, err
	}
	if err := CheckReferences(c, in.Facts); err != nil {
		return Decision{}, err
	}
	switch c := c.(type) {
	case *Correct:
		return decideCorrect(r, c, in, judge)
	case *Retract:
		return decideRetract(r, c, in)
	case *Share:
		return decideShare(r, c, in)
	}
	if isBesideCommand(c) {
		return decideCustody(r, c, in)
	}
	m, settled, err := Settle(r, c, in)
	if err != nil {
		return Decision{}, err
	}
	events, defaults, err := judge(r.before(c, m), m, c, in)
	return Decision{Defaults: append(settled, defaults...), Events: events}, err
}

// Continuing is what a command implements that begins its record or goes on with it, such as a further point of a series.
type Continuing interface{ Continues() bool }

// addressable refuses a command whose record exists when it must not, or does not when it must.
func addressable(r Record, c Command) error {
	_, continues := c.(Continuing)
	switch {
	case r.Version() == 0 && !c.Creates():
		return &NotFound{Record: c.Target()}
	case r.Version() != 0 && c.Creates() && !continues:
		return Refuse(ErrExists, "%s", r.Ref)
	case len(r.Steps) >= MostEntries:
		return Refuse(ErrRecordFull, "%s", r.Ref)
	}
	return nil
}

// before returns how the record reads up to and including the place of m: what an act at that place is judged against. A
// report has no place of its own in a record's course: an older figure that is recorded later still belongs to its series.
func (r Record) before(c Command, m Moment) []Reading {
	readings := r.AllReadings()
	if _, report := c.(Report); report {
		return readings
	}
	i := len(readings)
	for i > 0 && readings[i-1].Place.After(m.Place) {
		i--
	}
	return readings[:i:i]
}

// decideCorrect judges the replacement where the corrected entry stands, against what stands before that entry.
func decideCorrect(r Record, c *Correct, in Setting, judge Judge) (Decision, error) {
	root, _, err := r.corrected(c.CorrectionTarget, c.CommandID)
	if err != nil {
		return Decision{}, err
	}
	if err := correctable(root.Command, c.Replacement); err != nil {
		return Decision{}, err
	}
	if err := interchangeable(r, root, c.Replacement); err != nil {
		return Decision{}, err
	}
	m, defaults, err := Settle(r, c, in)
	if err != nil {
		return Decision{}, err
	}
	inherited := r.inherit(root, c.Replacement)
	inner, settled, err := Settle(r, c.Replacement, in)
	if err != nil {
		return Decision{}, err
	}
	inner.Place = root.Moment().Place
	events, judged, err := judge(r.beforeEntry(root, c.Replacement), inner, c.Replacement, in)
	if err != nil {
		return Decision{}, err
	}
	for _, path := range slices.Concat(inherited, settled, judged) {
		defaults = append(defaults, "replacement."+path)
	}
	return Decision{
		Defaults: defaults,
		Events:   []Event{EntryCorrected{Moment: m, Sequence: root.Sequence, Events: events}},
	}, nil
}

// inherit dates a replacement that says nothing of when: it occurred when the corrected entry did. Without it a report
// would move to the day of its correction, and out of every question about the days before.
func (r Record) inherit(root Step, replacement Command) (defaults []string) {
	h := replacement.Head()
	if !h.Occurred.IsZero() {
		return nil
	}
	for _, x := range r.AllReadings() {
		if x.Sequence == root.Sequence && !x.Command.Head().Occurred.IsZero() {
			h.Occurred = x.Command.Head().Occurred
			return []string{"occurred"}
		}
	}
	return nil
}

func decideRetract(r Record, c *Retract, in Setting) (Decision, error) {
	root, target, err := r.corrected(c.CorrectionTarget, c.CommandID)
	if err != nil {
		return Decision{}, err
	}
	if err := correctable(root.Command); err != nil {
		return Decision{}, err
	}
	m, defaults, err := Settle(r, c, in)
	if err != nil {
		return Decision{}, err
	}
	return Decision{Defaults: defaults, Events: []Event{EntryRetracted{Moment: m, Sequence: target}}}, nil
}

// Final is what a command implements that is neither corrected nor retracted, because what was done under it would change
// its meaning: the registration of a key is ended by revoking it.
type Final interface{ Final() }

func correctable(commands ...Command) error {
	for _, c := range commands {
		if _, final := c.(Final); final {
			return Refuse(ErrFinal, "%s", c.Verb())
		}
	}
	return nil
}

// corrected finds the entry that a correction names, and the entry at the root of the chain where that is a correction
// itself. A sequence that the record does not hold, one that is retracted, and the correction's own id are refused (R12).
func (r Record) corrected(t CorrectionTarget, own string) (root Step, target uint64, err error) {
	named, err := r.named(t, own)
	if err != nil {
		return Step{}, 0, err
	}
	corrections := r.corrections(Everything)
	if by, changed := standing(named.Sequence, corrections); changed {
		if _, retracted := by.Events[0].(EntryRetracted); retracted {
			return Step{}, 0, Refuse(ErrRetracted, "entry %d of %s", named.Sequence, r.Ref)
		}
	}
	root = named
	for {
		earlier, isCorrection := correctionOf(root)
		if !isCorrection {
			return root, named.Sequence, nil
		}
		root, _ = r.Find(earlier)
	}
}

func (r Record) named(t CorrectionTarget, own string) (Step, error) {
	switch {
	case t.Sequence != 0 && t.Corrects != "":
		return Step{}, Field("corrects", "give sequence or corrects, not both")
	case t.Sequence == 0 && t.Corrects == "":
		return Step{}, Field("sequence", "is required: the sequence of the entry, or corrects with its command_id")
	case t.Corrects != "" && t.Corrects == own:
		return Step{}, ErrItself
	case t.Corrects != "":
		for _, s := range r.Steps {
			if s.Command.Head().CommandID == t.Corrects {
				return s, notVoid(r, s)
			}
		}
		return Step{}, Refuse(ErrNotAnEntry, "%s holds no command %q", r.Ref, clip(t.Corrects))
	}
	s, found := r.Find(t.Sequence)
	if !found {
		return Step{}, Refuse(ErrNotAnEntry, "%s holds no entry %d", r.Ref, t.Sequence)
	}
	return s, notVoid(r, s)
}

// notVoid refuses to correct or retract what counts for nothing already.
func notVoid(r Record, s Step) error {
	if s.Void == 0 {
		return nil
	}
	return Refuse(ErrNotAnEntry, "entry %d of %s is void: its key was ended by entry %d", s.Sequence, r.Ref, s.Void)
}

// interchangeable refuses a replacement that is not a command for the same record, or that would leave the record without
// its beginning or with two.
func interchangeable(r Record, root Step, replacement Command) error {
	if replacement.Target().ID == "" {
		replacement.SetTarget(r.Ref.ID)
	}
	switch replacement.(type) {
	case *Correct, *Retract:
		return Refuse(ErrReplacement, "a replacement cannot be a %s", replacement.Verb())
	}
	switch {
	case isBeside(root) || isBesideCommand(replacement):
		return ErrCustodyCorrect
	case !slices.Equal(RestrictedActors(replacement), RestrictedActors(root.Command)):
		return Field("replacement.restricted_to", "must stay as it was: a correction changes nothing about who may know of a record")
	case replacement.Target() != r.Ref:
		return Refuse(ErrReplacement, "the replacement is for %s, the corrected entry is of %s", replacement.Target(), r.Ref)
	case replacement.Creates() != root.Command.Creates():
		return Refuse(ErrReplacement, "%s cannot stand for %s", replacement.Verb(), root.Command.Verb())
	}
	return nil
}

// beforeEntry returns what a replacement of the given entry is judged against: see before, without that entry.
func (r Record) beforeEntry(s Step, replacement Command) []Reading {
	place := s.Moment().Place
	if _, report := replacement.(Report); report {
		return slices.DeleteFunc(r.Readings(Everything), func(x Reading) bool { return x.Sequence == s.Sequence })
	}
	return slices.DeleteFunc(r.Readings(Everything), func(x Reading) bool {
		return x.Place.After(place) || x.Place.Equal(place) && x.Sequence >= s.Sequence
	})
}
