package projections

import (
	"fmt"
	"slices"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/when"
)

var proposalPhrases = map[string]phrase{
	"propose": say(func(t *teller, c *ceasefire.Propose, events []domain.Event) string {
		e, _ := eventOf[ceasefire.CeasefireProposed](events)
		named := t.ceasefire(c.Ceasefire)
		if c.Title != "" {
			named = "the ceasefire “" + c.Title + "”"
		}
		return t.did(c.By, "proposed "+named, opening(named)+" was proposed") + t.stating(c.Terms, e.Resolved)
	}),
	"amend": say(func(t *teller, c *ceasefire.Amend, events []domain.Event) string {
		e, _ := eventOf[ceasefire.ProposalAmended](events)
		version := fmt.Sprintf("%s; this is version %d of the terms", t.ceasefire(c.Ceasefire), e.Version)
		return t.did(c.By, "amended the proposal of "+version, "The proposal was amended of "+version) + t.stating(c.Terms, e.Resolved)
	}),
	"agree": say(func(t *teller, c *ceasefire.Agree, events []domain.Event) string {
		e, _ := eventOf[ceasefire.ConsentGiven](events)
		text := fmt.Sprintf("%s agreed to version %d of the terms of %s", t.actorName(c.By), e.Version, t.ceasefire(c.Ceasefire))
		if c.Through != "" {
			text += " through " + t.actorName(c.Through)
		}
		text += on(c, events)
		if _, agreed := eventOf[ceasefire.CeasefireAgreed](events); agreed {
			text += ", the last consent that was needed"
		}
		return text
	}),
	"reject": say(func(t *teller, c *ceasefire.Reject, events []domain.Event) string {
		return t.actorName(c.By) + " rejected the proposal of " + t.ceasefire(c.Ceasefire) + on(c, events) + because(c.Reason)
	}),
	"withdraw-proposal": say(func(t *teller, c *ceasefire.WithdrawProposal, events []domain.Event) string {
		return t.actorName(c.By) + " withdrew the proposal of " + t.ceasefire(c.Ceasefire) + on(c, events) + because(c.Reason)
	}),
	"accede": say(func(t *teller, c *ceasefire.Accede, events []domain.Event) string {
		text := t.actorName(c.By) + " acceded to " + t.ceasefire(c.Ceasefire) + on(c, events)
		if c.ReceivedBy != "" {
			text += ", received by " + t.actorName(c.ReceivedBy)
		}
		if c.WaivedBy != "" {
			text += ", after the deadline, which " + t.actorName(c.WaivedBy) + " waived"
		}
		return text
	}),
}

// stating lists what terms say.
func (t *teller) stating(x ceasefire.Terms, resolved ceasefire.Resolved) (text string) {
	add := func(format, value string) {
		if value != "" {
			text += ", " + fmt.Sprintf(format, value)
		}
	}
	add("a %s", plain(x.Class))
	add("in %s", t.placeNames(x.Area))
	if x.Parent != "" {
		add("under %s", t.ceasefire(x.Parent))
	}
	if x.Predecessor != "" {
		add("following %s", t.ceasefire(x.Predecessor))
	}
	if x.From.IsZero() {
		resolved.From = when.Bounds{} // an amendment that does not speak of it
	}
	if x.Until.IsZero() && x.Lasting == "" {
		resolved.Until = when.Bounds{}
	}
	if course := term(resolved.From, resolved.Until, x.From.Phrase, x.Until.Phrase); course != "" {
		text += "," + course
	}
	add("lasting %s", duration(x.Lasting))
	add("with planned extensions of %s", joined(x.PlannedExtensions, duration))
	add("between %s", t.actorNames(x.Parties))
	add("guaranteed by %s", t.actorNames(x.Guarantors))
	add("mediated by %s", t.actorNames(x.Mediators))
	add("monitored by %s", t.actorNames(x.Monitors))
	add("excluding %s", t.actorNames(x.Excluded))
	add("needing the consent of %s", t.actorNames(x.Consent))
	if !x.AccedeBy.IsZero() {
		add("open to accession until %s", shown(resolved.AccedeBy)+inWords(x.AccedeBy.Phrase))
	}
	if x.ExtensionRule == ceasefire.AllConsenting {
		text += ", to be extended by all who consented together"
	}
	if len(x.Obligations) > 0 {
		add("with %s", count(len(x.Obligations), "obligation", "obligations"))
	}
	return text
}

var termPhrases = map[string]phrase{
	"enter-into-force": say(func(t *teller, c *ceasefire.EnterIntoForce, events []domain.Event) string {
		e, _ := eventOf[ceasefire.EnteredIntoForce](events)
		text := t.actorName(c.By) + " brought " + t.ceasefire(c.Ceasefire) + " into force"
		if c.Lasting != "" {
			text += " for " + duration(c.Lasting)
		}
		return text + term(e.From, e.Until, c.From.Phrase, c.Until.Phrase)
	}),
	"thwart": say(func(t *teller, c *ceasefire.Thwart, events []domain.Event) string {
		text := opening(t.ceasefire(c.Ceasefire)) + " was thwarted" + on(c, events)
		if c.By != "" {
			text += ", says " + t.actorName(c.By)
		}
		text += because(c.Reason)
		if len(c.Incidents) > 0 {
			text += "; see " + joined(c.Incidents, t.incidentNamed)
		}
		return text
	}),
	"extend": say(extended),
	"widen-area": say(func(t *teller, c *ceasefire.WidenArea, events []domain.Event) string {
		named := "the area of " + t.ceasefire(c.Ceasefire)
		text := t.did(c.By, "widened "+named, opening(named)+" was widened") + " to " + t.placeNames(c.Area) + on(c, events)
		if e, _ := eventOf[ceasefire.AreaWidened](events); len(e.Inside) > 0 {
			text += "; " + t.placeNames(e.Inside) + " lay inside already"
		}
		return text
	}),
	"narrow-area": say(func(t *teller, c *ceasefire.NarrowArea, events []domain.Event) string {
		places := t.placeNames(c.Area)
		return t.did(c.By, "took "+places+" out of the area of "+t.ceasefire(c.Ceasefire),
			places+" was taken out of the area of "+t.ceasefire(c.Ceasefire)) + on(c, events)
	}),
	"reaffirm": say(func(t *teller, c *ceasefire.Reaffirm, events []domain.Event) string {
		return t.actorName(c.By) + " reaffirmed " + t.ceasefire(c.Ceasefire) + on(c, events) + "; no term changes"
	}),
}

// extended tells an extension by how it was stated, and the end that it comes to.
func extended(t *teller, c *ceasefire.Extend, events []domain.Event) string {
	text := t.actorName(c.By) + " extended " + t.ceasefire(c.Ceasefire)
	switch {
	case c.ToTotal != "":
		text += " to a total of " + duration(c.ToTotal)
	case c.Lasting != "":
		text += " by " + duration(c.Lasting)
	}
	if e, moved := eventOf[ceasefire.TermExtended](events); moved {
		return text + term(e.From, e.Until, c.From.Phrase, c.Until.Phrase) + "; it ran until " + shown(e.OldUntil)
	}
	e, _ := eventOf[ceasefire.ExtensionBacked](events)
	return text + term(e.From, e.Until, c.From.Phrase, c.Until.Phrase) + ", once all others whose consent it needs do the same"
}

var coursePhrases = map[string]phrase{
	"suspend": say(func(t *teller, c *ceasefire.Suspend, events []domain.Event) string {
		e, _ := eventOf[ceasefire.CeasefireSuspended](events)
		return t.changed(c.Change, "suspended", e.From)
	}),
	"resume": say(func(t *teller, c *ceasefire.Resume, events []domain.Event) string {
		e, _ := eventOf[ceasefire.CeasefireResumed](events)
		return t.changed(c.Change, "resumed", e.From)
	}),
	"withdraw": say(func(t *teller, c *ceasefire.Withdraw, events []domain.Event) string {
		if e, left := eventOf[ceasefire.PartyWithdrew](events); left {
			return t.changed(c.Change, "withdrew from", e.From)
		}
		return t.actorName(c.By) + " took back its consent to " + t.ceasefire(c.Ceasefire) + on(c, events) + because(c.Reason)
	}),
	"terminate": say(func(t *teller, c *ceasefire.Terminate, events []domain.Event) string {
		e, _ := eventOf[ceasefire.CeasefireTerminated](events)
		return t.changed(c.Change, "terminated", e.From)
	}),
	"declare-collapsed": say(func(t *teller, c *ceasefire.DeclareCollapsed, events []domain.Event) string {
		e, _ := eventOf[ceasefire.CollapseDeclared](events)
		return t.actorName(c.By) + " declared that " + t.ceasefire(c.Ceasefire) + " has collapsed" + term(e.From, when.Bounds{}, c.From.Phrase, "") + because(c.Reason)
	}),
	"supersede": say(func(t *teller, c *ceasefire.Supersede, events []domain.Event) string {
		e, _ := eventOf[ceasefire.CeasefireSuperseded](events)
		return t.actorName(c.By) + " let " + t.ceasefire(c.Successor) + " take the place of " + t.ceasefire(c.Ceasefire) +
			term(e.From, when.Bounds{}, c.From.Phrase, "") + because(c.Reason)
	}),
	"designate": say(func(t *teller, c *ceasefire.Designate, events []domain.Event) string {
		role := article(string(c.Role)) + " of " + t.ceasefire(c.Ceasefire)
		return t.did(c.By, "designated "+t.actorName(c.Actor)+" as "+role, t.actorName(c.Actor)+" was designated as "+role) + on(c, events) + because(c.Basis)
	}),
	"exclude": say(func(t *teller, c *ceasefire.Exclude, events []domain.Event) string {
		named := t.ceasefire(c.Ceasefire)
		return t.did(c.By, "excluded "+t.actorName(c.Actor)+" from "+named, t.actorName(c.Actor)+" was excluded from "+named) + on(c, events) + because(c.Basis)
	}),
}

func (t *teller) changed(c ceasefire.Change, verb string, from when.Bounds) string {
	return t.actorName(c.By) + " " + verb + " " + t.ceasefire(c.Ceasefire) + term(from, when.Bounds{}, c.From.Phrase, "") + because(c.Reason)
}

func article(noun string) string {
	if noun != "" && slices.Contains([]byte("aeiou"), noun[0]) {
		return "an " + noun
	}
	return "a " + noun
}
