package projections

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/incident"
	"truceledger/domain/registry"
	"truceledger/domain/statement"
	"truceledger/domain/talks"
	"truceledger/domain/tally"
)

var registryPhrases = map[string]phrase{
	"register-actor": say(func(t *teller, c *registry.RegisterActor, _ []domain.Event) string {
		return c.Name + " was registered as " + article(plain(c.Kind)) + ", under the id " + c.Actor
	}),
	"register-place": say(func(t *teller, c *registry.RegisterPlace, _ []domain.Event) string {
		text := "The place " + c.Name + " was registered under the id " + c.Place
		if c.Parent != "" {
			text += "; it lies in " + t.placeName(c.Parent)
		}
		return text
	}),
	"register-source": say(func(t *teller, c *registry.RegisterSource, events []domain.Event) string {
		text := "The source “" + c.Title + "”"
		if c.Publisher != "" {
			text += " of " + c.Publisher
		}
		if e, _ := eventOf[registry.SourceRegistered](events); !e.Published.IsZero() {
			text += ", published " + told(e.Published, c.Published.Phrase) + ","
		}
		return text + " was registered under the id " + c.Source
	}),
	"register-key": say(func(t *teller, c *registry.RegisterKey, _ []domain.Event) string {
		return "A key was put on the record that speaks for " + t.actorName(c.Actor) + ": " + c.Key
	}),
	"rotate-key": say(func(t *teller, c *registry.RotateKey, _ []domain.Event) string {
		return "The key " + c.Replaces + " of " + t.actorName(c.Actor) + " gave way to " + c.Key
	}),
	"revoke-key": say(func(t *teller, c *registry.RevokeKey, _ []domain.Event) string {
		return "The key " + c.Fingerprint + " of " + t.actorName(c.Actor) + " was revoked; what it signed before stays signed"
	}),
}

var reportPhrases = map[string]phrase{
	"attest": say(func(t *teller, c *ceasefire.Attest, events []domain.Event) string {
		e, _ := eventOf[ceasefire.TermAttested](events)
		state := "in force"
		if c.InForce != nil && !*c.InForce {
			state = "not in force"
		}
		return t.actorName(c.By) + " attested that " + t.ceasefire(c.Ceasefire) + " is " + state + term(e.From, e.Until, c.From.Phrase, c.Until.Phrase)
	}),
	"undertake": say(func(t *teller, c *ceasefire.Undertake, events []domain.Event) string {
		obligor := c.Obligor
		if obligor == "" {
			obligor = c.By
		}
		text := t.actorName(obligor) + " took on the obligation " + c.Obligation.Obligation
		switch c.Modality {
		case ceasefire.Demanded:
			text = t.actorName(c.By) + " demanded the obligation " + c.Obligation.Obligation + " of " + t.actorName(obligor)
		case ceasefire.BestEfforts:
			text = t.actorName(obligor) + " promised its best efforts on the obligation " + c.Obligation.Obligation
		}
		if c.Beneficiary != "" {
			text += " for " + c.Beneficiary
		}
		return text + " under " + t.ceasefire(c.Ceasefire) + on(c, events) + because(c.Text)
	}),
	"report-performance": say(func(t *teller, c *ceasefire.ReportPerformance, events []domain.Event) string {
		how := map[ceasefire.Performance]string{"met": "was met", "partly": "was partly met", "not_met": "was not met"}[c.Performance]
		return t.actorName(c.By) + " reported that the obligation " + c.Obligation + " under " + t.ceasefire(c.Ceasefire) + " " + how + on(c, events) + because(c.Text)
	}),
}

var incidentPhrases = map[string]phrase{
	"violate": say(violated),
	"corroborate": say(func(t *teller, c *incident.Corroborate, events []domain.Event) string {
		return t.account(c.Account, "corroborated "+t.incidentNamed(c.Incident), c, events)
	}),
	"dispute": say(func(t *teller, c *incident.Dispute, events []domain.Event) string {
		return t.account(c.Account, "disputed "+t.incidentNamed(c.Incident), c, events)
	}),
	"attribute": say(func(t *teller, c *incident.Attribute, events []domain.Event) string {
		text := "attributed " + t.incidentNamed(c.Incident) + " to " + t.actorName(c.Actor)
		if c.Confidence != "" {
			text += " with " + string(c.Confidence) + " confidence"
		}
		return t.account(c.Account, text, c, events)
	}),
	"deny": say(func(t *teller, c *incident.Deny, events []domain.Event) string {
		whom := t.actorName(c.Actor)
		if c.Actor == "" || c.Actor == c.By {
			whom = "it"
		}
		return t.account(c.Account, "denied that "+whom+" was behind "+t.incidentNamed(c.Incident), c, events)
	}),
	"open-inquiry": say(func(t *teller, c *incident.OpenInquiry, events []domain.Event) string {
		return t.actorName(c.By) + " opened an inquiry into " + t.incidentNamed(c.Incident) + on(c, events) + because(c.Reason)
	}),
	"suspend-inquiry": say(func(t *teller, c *incident.SuspendInquiry, events []domain.Event) string {
		return t.actorName(c.By) + " suspended its inquiry into " + t.incidentNamed(c.Incident) + on(c, events) + because(c.Reason)
	}),
	"mark-duplicate": say(func(t *teller, c *incident.MarkDuplicate, events []domain.Event) string {
		return t.actorName(c.By) + " held " + t.incidentNamed(c.Incident) + " to be a second report of " + t.incidentNamed(c.Of) + on(c, events) + because(c.Reason)
	}),
	"conclude-inquiry": say(func(t *teller, c *incident.ConcludeInquiry, events []domain.Event) string {
		return t.actorName(c.By) + " concluded its inquiry into " + t.incidentNamed(c.Incident) + on(c, events) + " with the finding " + plain(c.Finding) + because(c.Reason)
	}),
}

func (t *teller) account(a incident.Account, did string, c domain.Command, events []domain.Event) string {
	return t.actorName(a.By) + " " + did + on(c, events) + because(a.Description)
}

// violated tells an allegation: that somebody alleges it, not that it happened.
func violated(t *teller, c *incident.Violate, events []domain.Event) string {
	what, were := "a violation", " was alleged"
	if len(c.Ceasefires) == 0 {
		what = "an incident"
	}
	if c.Count > 1 {
		_, noun, _ := strings.Cut(what, " ")
		what, were = fmt.Sprintf("%d %ss", c.Count, noun), " were alleged"
	}
	if c.Type != "" {
		what += " (" + plain(c.Type) + ")"
	}
	text := t.did(c.By, "alleged "+what, opening(what)+were)
	if len(c.Ceasefires) > 0 {
		text += " of " + joined(c.Ceasefires, t.ceasefire)
	}
	if c.Place != "" {
		text += " in " + t.placeName(c.Place)
	}
	text += on(c, events)
	if len(c.Accused) > 0 {
		text += ", by " + t.actorNames(c.Accused)
	}
	if c.Weapon != "" {
		text += ", with " + c.Weapon
	}
	if len(c.Targets) > 0 {
		text += ", on " + joined(c.Targets, asIs)
	}
	for _, x := range c.Casualties {
		text += ", " + figure(x.Qualifier, x.Low, x.Best, x.High, x.Unit, x.Outcome)
	}
	return text + because(c.Description)
}

// figure tells a count of people as its source gives it: "at least 50 people killed".
func figure(q domain.Qualifier, low, best, high *int, unit domain.Unit, outcome domain.Outcome) string {
	text := ""
	switch {
	case best != nil:
		text = fmt.Sprint(*best)
	case low != nil && high != nil:
		text = fmt.Sprintf("%d to %d", *low, *high)
	case low != nil:
		text = fmt.Sprintf("%d or more", *low)
	case high != nil:
		text = fmt.Sprintf("up to %d", *high)
	}
	if best != nil && low != nil && high != nil {
		text += fmt.Sprintf(" (%d to %d)", *low, *high)
	}
	if q != "" && q != "exact" {
		text = plain(q) + " " + text
	}
	who := plain(unit)
	if unit == "" || unit == "unknown" {
		who = "persons"
	}
	if outcome == "" {
		outcome = "killed"
	}
	return text + " " + who + " " + string(outcome)
}

var otherPhrases = map[string]phrase{
	"record-tally": say(func(t *teller, c *tally.RecordTally, events []domain.Event) string {
		e, _ := eventOf[tally.TallyRecorded](events)
		text := t.counter(c.Source) + " counted " + figure(c.Qualifier, c.Low, c.Best, c.High, c.Unit, c.Outcome)
		for _, part := range c.Including {
			text += fmt.Sprintf(", of them %d %s", part.Best, plain(part.Unit))
		}
		if len(c.Area) > 0 {
			text += " in " + t.placeNames(c.Area)
		}
		text += term(e.Period.From, e.Period.Until, c.Period.From.Phrase, c.Period.Until.Phrase)
		if !e.AsOf.IsZero() {
			text += ", as of " + shown(e.AsOf) + inWords(c.AsOf.Phrase)
		}
		return text
	}),
	"record-statement": say(func(t *teller, c *statement.RecordStatement, events []domain.Event) string {
		verb := map[statement.Kind]string{"hope": " expressed ", "warning": " gave ", "condition": " set "}[c.Kind]
		return t.actorName(c.By) + cmp.Or(verb, " made ") + article(string(c.Kind)) + on(c, events) + t.about(c.About) + because("“"+c.Text+"”")
	}),
	"open-talks": say(func(t *teller, c *talks.OpenTalks, events []domain.Event) string {
		text := "A record of the talks " + c.Talks + " was opened"
		if c.Track != "" {
			text = "A record of the talks “" + unended(c.Track) + "” was opened"
		}
		if len(c.Participants) > 0 {
			text += ", between " + t.actorNames(c.Participants)
		}
		return text + t.about(c.About) + standing(c.Status, c.Characterisation) + on(c, events)
	}),
	"record-talks-status": say(func(t *teller, c *talks.RecordTalksStatus, events []domain.Event) string {
		subject := opening(t.this(c.Target()))
		if c.By != "" {
			subject = t.actorName(c.By) + " said of " + t.this(c.Target())
		}
		text := subject + standing(c.Status, c.Characterisation) + on(c, events)
		return text + t.about(c.About) + onCondition(c.Condition)
	}),
	"reserve-right": say(func(t *teller, c *talks.ReserveRight, events []domain.Event) string {
		return t.actorName(c.By) + " reserved the right " + within(c.Right) + on(c, events) + t.about(c.About) + onCondition(c.Condition) + "; nobody has left"
	}),
	"correct": say(corrected),
	"retract": say(func(t *teller, c *domain.Retract, events []domain.Event) string {
		e, _ := eventOf[domain.EntryRetracted](events)
		return fmt.Sprintf("%sentry %d%s", t.did(c.By, "took back ", "Took back "), e.Sequence, because(c.Reason))
	}),
}

// counter names who counts: a registered source or an actor.
func (t *teller) counter(id string) string {
	if s := t.source(id); s.Exists() {
		return s.Title
	}
	return t.actorName(id)
}

// about names the records that something concerns, except the one whose history is told.
func (t *teller) about(refs []string) string {
	var others []string
	for _, ref := range refs {
		if ref != t.asked.String() {
			others = append(others, ref)
		}
	}
	if len(others) == 0 {
		return ""
	}
	return ", about " + joined(others, func(s string) string {
		ref, _ := domain.ParseRef(s)
		return t.this(ref)
	})
}

// onCondition tells a condition in the source's own words, which need not fit behind "if".
func onCondition(text string) string {
	if text == "" {
		return ""
	}
	return " — condition: " + unended(text)
}

// within puts a text into the middle of a sentence: in quotes where it begins like a sentence of its own, since nobody can
// tell from its first letter whether that is a name.
func within(text string) string {
	if first, _ := utf8.DecodeRuneInString(text); unicode.IsUpper(first) {
		return "“" + unended(text) + "”"
	}
	return unended(text)
}

// unended is a text without the full stop that would end the sentence around it.
func unended(text string) string {
	text = strings.TrimSpace(text)
	if strings.HasSuffix(text, "..") {
		return text // an ellipsis
	}
	return strings.TrimSuffix(text, ".")
}

// standing tells where talks stand, in the vocabulary and in the source's own word.
func standing(s talks.Status, characterisation string) string {
	text := ""
	if s != "" {
		text += ": " + plain(s)
	}
	if characterisation != "" {
		if text == "" {
			text = ":"
		}
		text += " “" + unended(characterisation) + "”"
	}
	return text
}
