package ceasefire

import (
	"slices"

	"truceledger/domain"
)

// This file decides what changes a ceasefire's course and what is reported of it.

func (j *judgement) suspend(c *Suspend) ([]domain.Event, error) {
	from, err := j.changing(c.Change)
	if err != nil {
		return nil, err
	}
	switch {
	case j.halted():
		return nil, ErrAlreadySuspended
	case !j.mayBe(from.Earliest, InForce) && !j.mayBe(from.Latest, InForce):
		return nil, domain.Refuse(ErrNotInForce, "at %s it is %s", from, j.StatusAt(from.Earliest).Status)
	}
	return one(CeasefireSuspended{Moment: j.m, From: from})
}

func (j *judgement) resume(c *Resume) ([]domain.Event, error) {
	from, err := j.changing(c.Change)
	if err != nil {
		return nil, err
	}
	if !j.halted() || !j.mayBe(from.Earliest, Suspended) && !j.mayBe(from.Latest, Suspended) {
		return nil, domain.Refuse(ErrNotSuspended, "at %s it is %s", from, j.StatusAt(from.Earliest).Status)
	}
	return one(CeasefireResumed{Moment: j.m, From: from})
}

func (j *judgement) terminate(c *Terminate) ([]domain.Event, error) {
	from, err := j.changing(c.Change)
	if err != nil {
		return nil, err
	}
	return one(CeasefireTerminated{Moment: j.m, From: from})
}

// changing checks what every change of course needs, and says from when it takes effect.
func (j *judgement) changing(c Change) (from Bounds, err error) {
	if err := j.standing(); err != nil {
		return Bounds{}, err
	}
	if err := j.voice(c.By, Mediator); err != nil {
		return Bounds{}, err
	}
	return j.effect(c.From, false)
}

// collapse may name a moment before it is declared: a collapse is seen afterwards.
func (j *judgement) collapse(c *DeclareCollapsed) ([]domain.Event, error) {
	if err := j.standingFor(c.By); err != nil {
		return nil, err
	}
	from, err := j.effect(c.From, true)
	if err != nil {
		return nil, err
	}
	return one(CollapseDeclared{Moment: j.m, From: from})
}

func (j *judgement) supersede(c *Supersede) ([]domain.Event, error) {
	if c.Successor == j.ID {
		return nil, domain.Refuse(ErrSelfSuccession, "%s", c.Successor)
	}
	if err := j.standingFor(c.By); err != nil {
		return nil, err
	}
	from, err := j.effect(c.From, true)
	if err != nil {
		return nil, err
	}
	return one(CeasefireSuperseded{Moment: j.m, From: from})
}

// standingFor checks that there is a course to change, and that the actor has a part in it.
func (j *judgement) standingFor(actor string) error {
	if err := j.standing(); err != nil {
		return err
	}
	return j.part(actor)
}

// withdraw takes a consent back before agreement; later the actor leaves.
func (j *judgement) withdraw(c *Withdraw) ([]domain.Event, error) {
	if err := j.open(); err != nil {
		return nil, err
	}
	if !j.IsAgreed() {
		if !j.Consented(c.By) {
			return nil, domain.Refuse(ErrNotConsented, "%s", c.By)
		}
		return one(ConsentWithdrawn{j.m})
	}
	if err := j.standing(); err != nil {
		return nil, err
	}
	switch {
	case j.leaves(c.By):
		return nil, domain.Refuse(ErrAlreadyLeaving, "%s", c.By)
	case !j.Has(c.By, j.m.Place):
		return nil, domain.Refuse(ErrNoStanding, "%s has no role in it", c.By)
	}
	from, err := j.effect(c.From, false)
	if err != nil {
		return nil, err
	}
	return one(PartyWithdrew{Moment: j.m, From: from})
}

func (j *judgement) widen(c *WidenArea) ([]domain.Event, error) {
	if err := j.standingFor(c.By); err != nil {
		return nil, err
	}
	if j.Terms.Parent != "" {
		if err := j.insideParent(j.Terms.Parent, c.Area); err != nil {
			return nil, err
		}
	}
	var inside []string
	for _, place := range c.Area {
		lies, err := domain.Within(j.in.Facts, place, j.Area)
		if err != nil {
			return nil, err
		}
		if lies && !slices.Contains(j.CarvedOut, place) {
			inside = append(inside, place)
		}
	}
	return one(AreaWidened{Moment: j.m, Inside: inside})
}

func (j *judgement) narrow(c *NarrowArea) ([]domain.Event, error) {
	if err := j.standingFor(c.By); err != nil {
		return nil, err
	}
	for _, place := range c.Area {
		lies, err := domain.Within(j.in.Facts, place, j.Area)
		if err != nil {
			return nil, err
		}
		if !lies || slices.Contains(j.CarvedOut, place) {
			return nil, domain.Refuse(ErrNotInArea, "%s", place)
		}
	}
	if left := without(j.Area, func(p string) bool { return slices.Contains(c.Area, p) }); len(left) == 0 {
		return nil, ErrAreaEmpty
	}
	return one(AreaNarrowed{j.m})
}

func (j *judgement) reaffirm(c *Reaffirm) ([]domain.Event, error) {
	if !j.IsAgreed() {
		return nil, j.notAgreed()
	}
	if !j.Has(c.By, j.m.Place) {
		if err := j.voice(c.By); err != nil {
			return nil, err
		}
	}
	return one(CeasefireReaffirmed{j.m})
}

// attest records a view. It is never refused for contradicting another or the ledger.
func (j *judgement) attest(c *Attest) ([]domain.Event, error) {
	if c.InForce == nil {
		inForce := true
		c.InForce = &inForce
		j.defaults = append(j.defaults, "in_force")
	}
	from, until := domain.Resolve(c.From, j.in.Zone), domain.Resolve(c.Until, j.in.Zone)
	if !from.IsZero() && !until.IsZero() && !until.CanBeAfter(from) {
		return nil, domain.Refuse(domain.ErrEndBeforeStart, "from %s until %s", from, until)
	}
	return one(TermAttested{Moment: j.m, From: from, Until: until})
}

func (j *judgement) undertake(c *Undertake) ([]domain.Event, error) {
	if j.owes(c.Obligation.Obligation) {
		return nil, domain.Refuse(ErrObligationExists, "%s", c.Obligation.Obligation)
	}
	if c.Modality == "" {
		c.Modality = Accepted
		j.defaults = append(j.defaults, "modality")
	}
	return one(ObligationUndertaken{j.m})
}

func (j *judgement) performance(c *ReportPerformance) ([]domain.Event, error) {
	if !j.owes(c.Obligation) {
		return nil, domain.Refuse(ErrNoObligation, "%s", c.Obligation)
	}
	return one(PerformanceReported{j.m})
}
