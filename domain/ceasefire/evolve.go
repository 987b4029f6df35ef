package ceasefire

import (
	"fmt"
	"slices"

	"truceledger/domain"
)

// Fold returns what the readings amount to. They are in the order of their places, and are those that the clocks keep.
func Fold(readings []domain.Reading) State {
	var s State
	for _, r := range readings {
		for _, e := range r.Events {
			s = Evolve(s, r, e)
		}
	}
	return s
}

// Evolve returns s with e applied, and leaves s alone. It never refuses: e is recorded already. Where earlier entries are
// not kept, or came to stand before it later, e may find no purchase: then it changes nothing and is flagged.
func Evolve(s State, r domain.Reading, e domain.Event) State {
	switch e := e.(type) {
	case CeasefireProposed:
		return s.proposed(r, e)
	case TermAttested:
		return s.attested(r, e) // a report: it needs no purchase
	}
	if !s.Exists() {
		return s.flag(r, domain.FlagOutOfOrder, "no proposal stands before it")
	}
	switch e := e.(type) {
	case CeasefireAgreed:
		return s // a notice: agreement follows from the consents that are kept
	case CeasefireReaffirmed:
		return s.reaffirmed(r)
	case ObligationUndertaken:
		return s.undertook(r)
	case PerformanceReported:
		return s.performed(r)
	case CeasefireTerminated:
		return s.ended(r, Terminated, e.From)
	case CollapseDeclared:
		return s.ended(r, Collapsed, e.From)
	case CeasefireSuperseded:
		return s.ended(r, Superseded, e.From)
	}
	if closed := s.closedAt(r.Place); closed != "" {
		return s.flag(r, domain.FlagOutOfOrder, "the ceasefire is %s before it", closed)
	}
	return s.course(r, e).agreedBy(r)
}

// course applies what a ceasefire that is closed no longer takes.
func (s State) course(r domain.Reading, e domain.Event) State {
	switch e := e.(type) {
	case ProposalAmended:
		return s.amended(r, e)
	case ConsentGiven:
		return s.consented(r, e)
	case ProposalRejected:
		return s.closed(r, Rejected)
	case ProposalWithdrawn:
		return s.closed(r, Withdrawn)
	case PartyAcceded:
		return s.acceded(r)
	case EnteredIntoForce:
		return s.entered(r, e)
	case EntryThwarted:
		return s.thwarted(r)
	case TermExtended:
		return s.extended(r, e.From, e.Until)
	case ExtensionBacked:
		return s.extended(r, e.From, e.Until)
	case AreaWidened:
		return s.widened(r)
	case AreaNarrowed:
		return s.narrowed(r)
	case CeasefireSuspended:
		return s.suspended(r, e.From)
	case CeasefireResumed:
		return s.resumed(r, e.From)
	case ConsentWithdrawn:
		return s.tookBack(r)
	case PartyWithdrew:
		return s.left(r, e.From)
	case ActorDesignated:
		return s.designated(r)
	case ActorExcluded:
		return s.excluded(r)
	default:
		panic(fmt.Sprintf("ceasefire: Evolve is missing a case for %T", e))
	}
}

// flag marks the entry and changes nothing else.
func (s State) flag(r domain.Reading, code domain.FlagCode, format string, args ...any) State {
	s.Flags = with(s.Flags, domain.Flag{Code: code, Sequence: r.Sequence, Detail: fmt.Sprintf(format, args...)})
	return s
}

// with returns list with item added, never writing into the array that an older State holds.
func with[T any](list []T, item T) []T { return append(slices.Clip(list), item) }

// without returns a new list that lacks the items that match.
func without[T any](list []T, match func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(list), match)
}

func (s State) proposed(r domain.Reading, e CeasefireProposed) State {
	if s.Exists() {
		return s.flag(r, domain.FlagOutOfOrder, "it is proposed already")
	}
	c := r.Command.(*Propose)
	s.ID, s.Sequence, s.ProposedBy, s.Place = c.Ceasefire, r.Sequence, c.By, e.Place
	s.Area = slices.Clone([]string(c.Area))
	return s.state(r, c.Terms, e.Resolved)
}

// amended sets a new version of the terms. What it does not state stays as it was.
func (s State) amended(r domain.Reading, e ProposalAmended) State {
	if s.IsAgreed() {
		return s.flag(r, domain.FlagOutOfOrder, "the ceasefire is agreed before it")
	}
	c := r.Command.(*Amend)
	if c.Area != nil {
		s.Area, s.CarvedOut = slices.Clone([]string(c.Area)), nil
	}
	return s.state(r, s.Terms.merge(c.Terms), e.Resolved)
}

// state puts a version of the terms on the table.
func (s State) state(r domain.Reading, t Terms, resolved Resolved) State {
	resolved.From.Phrase, resolved.Until.Phrase, resolved.AccedeBy.Phrase = t.From.Phrase, t.Until.Phrase, t.AccedeBy.Phrase
	s.Terms, s.Resolved, s.TermsVersion, s.TermsEntry = t, resolved, s.TermsVersion+1, r.Sequence
	s.Versions = with(s.Versions, TermsVersion{Version: s.TermsVersion, Sequence: r.Sequence, Place: r.Place, Terms: t})
	s.Spans = nil
	if !resolved.From.IsZero() {
		s.Spans = []Span{{From: resolved.From, Until: resolved.Until, Sequence: r.Sequence}}
	}
	s = s.assign(r, t)
	s = s.flagDuration(r, t.Lasting, resolved.From, resolved.Until)
	return s
}

// assign gives the roles that the terms state to those who do not have them, and takes them from those no longer named.
func (s State) assign(r domain.Reading, t Terms) State {
	kept := without(s.Roles, func(d Designation) bool { return !d.Acceded && s.stated(d) })
	for _, list := range []struct {
		role   Role
		actors []string
	}{{Party, t.Parties}, {Guarantor, t.Guarantors}, {Mediator, t.Mediators}, {Monitor, t.Monitors}} {
		for _, a := range list.actors {
			kept = append(kept, Designation{Actor: a, Role: list.role, Sequence: r.Sequence})
		}
	}
	s.Roles = kept
	s.Excluded = without(s.Excluded, func(x Exclusion) bool { return s.isVersion(x.Sequence) })
	for _, a := range t.Excluded {
		s.Excluded = with(s.Excluded, Exclusion{Actor: a, Sequence: r.Sequence})
	}
	for _, o := range t.Obligations {
		if !s.owes(o.Obligation) {
			s.Obligations = with(s.Obligations, Undertaking{Obligation: o, Sequence: r.Sequence})
		}
	}
	return s
}

// stated reports whether a role comes from a version of the terms rather than from an act of its own.
func (s State) stated(d Designation) bool { return s.isVersion(d.Sequence) }

func (s State) isVersion(sequence uint64) bool {
	return slices.ContainsFunc(s.Versions, func(v TermsVersion) bool { return v.Sequence == sequence })
}

func (s State) owes(obligation string) bool {
	return slices.ContainsFunc(s.Obligations, func(u Undertaking) bool { return u.Obligation.Obligation == obligation })
}

func (s State) consented(r domain.Reading, e ConsentGiven) State {
	c := r.Command.(*Agree)
	if e.Terms != s.TermsEntry {
		return s.flag(r, domain.FlagOutOfOrder, "it agrees to version %d, which is not the current one", e.Version)
	}
	if s.Consented(c.By) {
		return s.flag(r, domain.FlagOutOfOrder, "%s has agreed before it", c.By)
	}
	s.Consents = with(s.Consents, Consent{Actor: c.By, Version: e.Version, Terms: e.Terms, Through: c.Through, Place: r.Place, Sequence: r.Sequence})
	return s
}

// agreedBy notes the moment at which the last needed consent was there.
func (s State) agreedBy(r domain.Reading) State {
	if s.IsAgreed() || len(s.Needed()) == 0 || len(s.Missing()) > 0 {
		return s
	}
	s.AgreedAt, s.AgreedSequence = r.Place, r.Sequence
	return s
}

func (s State) closed(r domain.Reading, status Status) State {
	if s.IsAgreed() {
		return s.flag(r, domain.FlagOutOfOrder, "the ceasefire is agreed before it")
	}
	s.Closed = status
	return s
}

// acceded makes an actor a party; one who was to leave, or has left, is one again.
func (s State) acceded(r domain.Reading) State {
	actor := r.Command.Head().By
	if s.Has(actor, r.Place, Party) {
		return s.flag(r, domain.FlagOutOfOrder, "%s is a party before it", actor)
	}
	s.Departures = without(s.Departures, func(d Departure) bool { return d.Actor == actor })
	if !slices.Contains(s.In(Party), actor) {
		s.Roles = with(s.Roles, Designation{Actor: actor, Role: Party, Sequence: r.Sequence, Acceded: true})
	}
	return s.recount(r)
}

func (s State) designated(r domain.Reading) State {
	c := r.Command.(*Designate)
	if s.Has(c.Actor, r.Place, c.Role) {
		return s.flag(r, domain.FlagOutOfOrder, "%s is a %s before it", c.Actor, c.Role)
	}
	s.Roles = with(s.Roles, Designation{Actor: c.Actor, Role: c.Role, Sequence: r.Sequence})
	return s
}

// excluded takes every role from the actor: a body that is excluded can neither consent nor verify.
func (s State) excluded(r domain.Reading) State {
	c := r.Command.(*Exclude)
	s.Excluded = with(s.Excluded, Exclusion{Actor: c.Actor, Basis: c.Basis, Sequence: r.Sequence})
	s.Roles = without(s.Roles, func(d Designation) bool { return d.Actor == c.Actor })
	return s
}

func (s State) reaffirmed(r domain.Reading) State {
	s.Reaffirmations = with(s.Reaffirmations, Consent{Actor: r.Command.Head().By, Version: s.TermsVersion, Place: r.Place, Sequence: r.Sequence})
	return s
}

func (s State) undertook(r domain.Reading) State {
	o := r.Command.(*Undertake).Obligation
	if o.Obligor == "" && o.Modality != Demanded { // what is demanded is owed by others, named or not
		o.Obligor = r.Command.Head().By
	}
	if s.owes(o.Obligation) {
		return s.flag(r, domain.FlagOutOfOrder, "the obligation %s is on the record before it", o.Obligation)
	}
	s.Obligations = with(s.Obligations, Undertaking{Obligation: o, Sequence: r.Sequence})
	return s
}

func (s State) performed(r domain.Reading) State {
	c := r.Command.(*ReportPerformance)
	s.Obligations = slices.Clone(s.Obligations)
	for i, u := range s.Obligations {
		if u.Obligation.Obligation == c.Obligation {
			s.Obligations[i].Performance = with(u.Performance, Performed{By: c.By, Performance: c.Performance, Text: c.Text, Place: r.Place, Sequence: r.Sequence})
			return s
		}
	}
	return s.flag(r, domain.FlagOutOfOrder, "the obligation %s is not on the record before it", c.Obligation)
}

func (s State) attested(r domain.Reading, e TermAttested) State {
	c := r.Command.(*Attest)
	a := Attestation{By: c.By, InForce: c.InForce == nil || *c.InForce, From: e.From, Until: e.Until, Place: e.Occurred.Earliest, Sequence: r.Sequence}
	a.From.Phrase, a.Until.Phrase = c.From.Phrase, c.Until.Phrase
	if len(r.Sources) > 0 {
		a.Source = r.Sources[0].Source
	}
	s.Attestations = with(s.Attestations, a)
	return s
}
