package ceasefire

import (
	"slices"
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
)

// merge returns t with the fields that other states.
func (t Terms) merge(other Terms) Terms {
	set(&t.Title, other.Title)
	set(&t.Class, other.Class)
	set(&t.Parent, other.Parent)
	set(&t.Predecessor, other.Predecessor)
	set(&t.ExtensionRule, other.ExtensionRule)
	set(&t.From, other.From)
	set(&t.Zone, other.Zone)
	set(&t.AccedeBy, other.AccedeBy)
	set(&t.TermsText, other.TermsText)
	set(&t.TermsSHA256, other.TermsSHA256)
	setList(&t.Area, other.Area)
	setList(&t.Parties, other.Parties)
	setList(&t.Guarantors, other.Guarantors)
	setList(&t.Mediators, other.Mediators)
	setList(&t.Monitors, other.Monitors)
	setList(&t.Excluded, other.Excluded)
	setList(&t.Consent, other.Consent)
	setList(&t.PlannedExtensions, other.PlannedExtensions)
	setList(&t.Obligations, other.Obligations)
	if !other.Until.IsZero() || other.Lasting != "" {
		t.Until, t.Lasting = other.Until, other.Lasting // a new end replaces the old one, however either was stated
	}
	if other.TermsText != "" {
		t.TermsSHA256 = ""
	} else if other.TermsSHA256 != "" {
		t.TermsText = ""
	}
	return t
}

func set[T comparable](field *T, value T) {
	var zero T
	if value != zero {
		*field = value
	}
}

func setList[S ~[]T, T any](field *S, value S) {
	if value != nil {
		*field = value
	}
}

// resolve computes the times of the terms and the zone of the ceasefire: its own, else that of its start, else of its
// end, else the ledger's.
func (t Terms) resolve(ledgerZone string) (Resolved, error) {
	r := Resolved{
		From:     domain.Resolve(t.From, ledgerZone),
		Until:    domain.Resolve(t.Until, ledgerZone),
		AccedeBy: domain.Resolve(t.AccedeBy, ledgerZone),
		Zone:     ledgerZone,
	}
	switch {
	case t.Zone != "":
		r.Zone = t.Zone
	case r.From.Zone != "":
		r.Zone = r.From.Zone
	case r.Until.Zone != "":
		r.Zone = r.Until.Zone
	}
	until, err := end(r.From, r.Until, t.Lasting, r.Zone)
	r.Until = until
	return r, err
}

// end is the stated end, else the start and the duration; unset where there is neither. An end that no reading puts after
// the start is refused (R5).
func end(from, until Bounds, lasting, zone string) (Bounds, error) {
	if until.IsZero() && lasting != "" && !from.IsZero() {
		var err error
		if until, err = plus(from, lasting, zone); err != nil {
			return Bounds{}, err
		}
	}
	if !from.IsZero() && !until.IsZero() && !until.CanBeAfter(from) {
		return Bounds{}, domain.Refuse(domain.ErrEndBeforeStart, "from %s until %s", from, until)
	}
	return until, nil
}

// plus shifts b by a duration that Prepare has seen.
func plus(b Bounds, duration, zone string) (Bounds, error) {
	d, err := when.ParseDuration(duration)
	if err != nil {
		return Bounds{}, domain.Field("lasting", "%s", err)
	}
	shifted, err := b.Plus(d, zone)
	if err != nil {
		return Bounds{}, domain.Field("lasting", "%s", err)
	}
	return shifted, nil
}

// flagDuration marks a stated duration that is not the stated end less the start (48 hours, but 47 by the clock).
func (s State) flagDuration(r domain.Reading, lasting string, from, until Bounds) State {
	if lasting == "" || from.IsZero() || until.IsZero() {
		return s
	}
	if computed, err := plus(from, lasting, s.Zone); err == nil && !computed.Equal(until) {
		return s.flag(r, domain.FlagDurationDiffers, "%s from %s is until %s, but it says until %s", lasting, from, computed, until)
	}
	return s
}

// entered sets the term that an enter-into-force states.
func (s State) entered(r domain.Reading, e EnteredIntoForce) State {
	switch {
	case !s.IsAgreed():
		return s.flag(r, domain.FlagOutOfOrder, "the ceasefire is not agreed before it")
	case s.Entered:
		return s.flag(r, domain.FlagOutOfOrder, "it has entered into force before it")
	}
	c := r.Command.(*EnterIntoForce)
	e.From.Phrase, e.Until.Phrase = c.From.Phrase, c.Until.Phrase
	s.Entered = true
	s.Spans = []Span{{From: e.From, Until: e.Until, Sequence: r.Sequence}}
	s.Zone = s.zoneOnEntry(e.From, e.Until)
	return s.flagDuration(r, c.Lasting, e.From, e.Until)
}

// zoneOnEntry is the ceasefire's zone once its term is set: where the proposal stated neither a zone nor a time, that of
// the term.
func (s State) zoneOnEntry(from, until Bounds) string {
	switch {
	case s.Terms.Zone != "" || !s.From.IsZero() || !s.Until.IsZero():
		return s.Zone
	case from.Zone != "":
		return from.Zone
	case until.Zone != "":
		return until.Zone
	}
	return s.Zone
}

// extended moves the end, at once or, where all consenting actors must send an equal extension, with the last of them.
// The bounds are those that were stored, whatever else the clocks keep.
func (s State) extended(r domain.Reading, from, until Bounds) State {
	switch {
	case !s.IsAgreed() || len(s.Spans) == 0:
		return s.flag(r, domain.FlagOutOfOrder, "there is no term before it")
	case s.End().IsZero() || !until.CanBeAfter(s.End()):
		return s.flag(r, domain.FlagOutOfOrder, "the term runs until %s or later before it", until)
	}
	c := r.Command.(*Extend)
	from.Phrase, until.Phrase = c.From.Phrase, c.Until.Phrase
	by := []string{c.By}
	if s.Terms.ExtensionRule == AllConsenting {
		s.Backed = with(without(s.Backed, func(b Backing) bool { return b.By == c.By }),
			Backing{By: c.By, From: from, Until: until, Sequence: r.Sequence})
		if by = s.backers(from, until); len(s.stillToBack(r.Place, by)) > 0 {
			return s
		}
		s.Backed = nil
	}
	s.Extensions = grown(s.folding, s.Extensions, Extension{By: by, From: from, Until: until, OldUntil: s.End(), Place: r.Place, Sequence: r.Sequence})
	return s.lengthen(r, from, until)
}

func (s State) lengthen(r domain.Reading, from, until Bounds) State {
	last := s.Spans[len(s.Spans)-1]
	if from.IsZero() {
		last.Until = until
		s.Spans = with(s.Spans[:len(s.Spans)-1], last)
		return s
	}
	s.Spans = grown(s.folding, s.Spans, Span{From: from, Until: until, Sequence: r.Sequence})
	switch {
	case !last.Until.CanBeAfter(from) && !last.Until.Equal(from):
		return s.flag(r, domain.FlagGap, "from %s until %s no term covers", last.Until, from)
	case !from.CanBeAfter(last.Until) && !last.Until.Equal(from):
		return s.flag(r, domain.FlagOverlap, "the term before it runs until %s, this one begins at %s", last.Until, from)
	}
	return s
}

// backers lists who has sent an extension with these bounds.
func (s State) backers(from, until Bounds) []string {
	var actors []string
	for _, b := range s.Backed {
		if b.From.Equal(from) && b.Until.Equal(until) {
			actors = append(actors, b.By)
		}
	}
	return actors
}

// askedToExtend lists the actors that must all send an equal extension under all_consenting: those named by consent, else
// the parties, also those that acceded; without whoever has left by then, who can no longer be heard.
func (s State) askedToExtend(at time.Time) []string {
	asked := s.Terms.Consent
	if len(asked) == 0 {
		asked = s.In(Party)
	}
	return without(asked, func(a string) bool { return s.Excludes(a) || s.leftBy(a, at) })
}

// stillToBack lists the actors asked to extend that are not among backers.
func (s State) stillToBack(at time.Time, backers []string) []string {
	return without(s.askedToExtend(at), func(a string) bool { return slices.Contains(backers, a) })
}
