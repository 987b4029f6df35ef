package ceasefire

import (
	"fmt"
	"slices"
	"strings"

	"truceledger/domain"
	"truceledger/domain/when"
)

// Judge applies the rules of a ceasefire to a command at its place. It is a domain.Judge.
func Judge(before []domain.Reading, m domain.Moment, c domain.Command, in domain.Setting) ([]domain.Event, []string, error) {
	j := &judgement{State: Fold(before), m: m, in: in}
	if err := j.admits(c); err != nil {
		return nil, nil, err
	}
	events, err := j.decide(c)
	return events, j.defaults, err
}

// A judgement is the ceasefire as it stands before one command, and what the command says of time.
type judgement struct {
	State
	m        domain.Moment
	in       domain.Setting
	defaults []string
}

// admits refuses what no ceasefire takes: an act before the proposal, and an act by an excluded actor. Whoever is excluded
// may still be quoted: reports are admitted.
func (j *judgement) admits(c domain.Command) error {
	if _, proposes := c.(*Propose); proposes {
		return nil
	}
	if _, report := c.(domain.Report); report {
		return nil
	}
	if !j.Exists() {
		return domain.Refuse(ErrNotProposed, "%s", j.m.Occurred)
	}
	return j.notExcluded("by", c.Head().By)
}

// notExcluded refuses an actor that the ceasefire, or one that it stands under, excludes (R2).
func (j *judgement) notExcluded(field, actor string) error {
	if actor == "" {
		return nil
	}
	excluded := j.Excludes(actor)
	if !excluded && j.Terms.Parent != "" {
		var err error
		if excluded, err = domain.ExcludedFrom(j.in.Facts, j.Terms.Parent, actor, j.m.Place); err != nil {
			return fmt.Errorf("exclusions of %s: %w", j.Terms.Parent, err)
		}
	}
	if excluded {
		return domain.Refuse(ErrExcluded, "%s: %s", field, actor)
	}
	return nil
}

func (j *judgement) decide(c domain.Command) ([]domain.Event, error) {
	switch c := c.(type) {
	case *Propose:
		return j.propose(c)
	case *Amend:
		return j.amend(c)
	case *Agree:
		return j.agree(c)
	case *Reject:
		return j.reject(c)
	case *WithdrawProposal:
		return j.withdrawProposal(c)
	case *Accede:
		return j.accede(c)
	case *EnterIntoForce:
		return j.enter(c)
	case *Thwart:
		return j.thwart(c)
	case *Extend:
		return j.extend(c)
	case *WidenArea:
		return j.widen(c)
	case *NarrowArea:
		return j.narrow(c)
	case *Reaffirm:
		return j.reaffirm(c)
	case *Designate:
		return j.designate(c)
	case *Exclude:
		return j.exclude(c)
	case *Attest:
		return j.attest(c)
	case *Undertake:
		return j.undertake(c)
	case *ReportPerformance:
		return j.performance(c)
	default:
		return j.change(c)
	}
}

// change decides the acts that change a ceasefire's course.
func (j *judgement) change(c domain.Command) ([]domain.Event, error) {
	switch c := c.(type) {
	case *Suspend:
		return j.suspend(c)
	case *Resume:
		return j.resume(c)
	case *Withdraw:
		return j.withdraw(c)
	case *Terminate:
		return j.terminate(c)
	case *DeclareCollapsed:
		return j.collapse(c)
	case *Supersede:
		return j.supersede(c)
	default:
		panic(fmt.Sprintf("ceasefire: Judge is missing a case for %T", c))
	}
}

// one is the usual answer: one event.
func one(e domain.Event) ([]domain.Event, error) { return []domain.Event{e}, nil }

// open refuses where the record is closed for acts at the command's place (R9).
func (j *judgement) open() error {
	if status := j.closedAt(j.m.Place); status != "" {
		return closedBy[status]
	}
	if j.isThwartedAt(j.m.Place) {
		return ErrThwarted
	}
	return nil
}

// standing refuses where the record is closed, not agreed, or certainly lapsed: what changes a course needs one to change.
func (j *judgement) standing() error {
	switch err := j.open(); {
	case err != nil:
		return err
	case !j.IsAgreed():
		return j.notAgreed()
	case j.hasLapsed():
		return domain.Refuse(ErrLapsed, "it ran until %s", j.End())
	}
	return nil
}

// hasLapsed reports whether every reading says that the last term is over at the command's place. A gap is not the end.
func (j *judgement) hasLapsed() bool {
	a := j.StatusAt(j.m.Place)
	return a.Status == Lapsed && !a.Gap
}

func (j *judgement) notAgreed() error {
	return domain.Refuse(ErrNotAgreed, "still needed: %s", orNobody(j.Missing()))
}

func orNobody(actors []string) string {
	if len(actors) == 0 {
		return "somebody whose consent counts; the proposal names no party"
	}
	return strings.Join(actors, ", ")
}

// either lists roles: "party, guarantor or mediator".
func either(roles []Role) string {
	text := string(roles[0])
	for i, r := range roles[1:] {
		if i == len(roles)-2 {
			text += " or " + string(r)
		} else {
			text += ", " + string(r)
		}
	}
	return text
}

// part refuses an actor that has nothing to do with the ceasefire: no role in it, no consent to give, and not its proposer. An
// act that names nobody is the secretariat's word; the entry says who recorded it.
func (j *judgement) part(actor string) error {
	if actor == "" || actor == j.ProposedBy || j.Has(actor, j.m.Place) || slices.Contains(j.Terms.Consent, actor) && !j.hasLeft(actor) {
		return nil
	}
	return domain.Refuse(ErrNoStanding, "%s has no role in it", actor)
}

// voice refuses an actor that is neither a party nor a guarantor, nor one whose consent is asked for (R2, R7).
func (j *judgement) voice(actor string, also ...Role) error {
	roles := append([]Role{Party, Guarantor}, also...)
	if j.Has(actor, j.m.Place, roles...) || slices.Contains(j.Terms.Consent, actor) && !j.hasLeft(actor) {
		return nil
	}
	return domain.Refuse(ErrNoStanding, "%s is no %s of it", actor, either(roles))
}

func (j *judgement) hasLeft(actor string) bool { return j.leftBy(actor, j.m.Place) }

// effect is from when a change takes effect: its from, else its place. A from that every reading puts before the act's own
// place is refused; of an imprecise one only the part from the place on is left.
func (j *judgement) effect(w when.When, mayLieBack bool) (Bounds, error) {
	place := j.m.Place
	if w.IsZero() {
		return when.At(place), nil
	}
	from := domain.Resolve(w, j.in.Zone)
	switch {
	case mayLieBack || !from.Earliest.Before(place):
		return from, nil
	case !from.CanBeAfterTime(place):
		return Bounds{}, domain.Refuse(ErrRetroactive, "from %s, done %s", from, when.At(place))
	}
	from.Earliest = place
	return from, nil
}
