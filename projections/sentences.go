package projections

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"truceledger/domain"
	"truceledger/domain/when"
)

// A teller puts entries into words, with the names that the register had at the question's prefix.
type teller struct {
	*reader
	asked   domain.Ref // whose history it is: "the ceasefire" is that one
	stories map[domain.Ref]*story
}

// A phrase says what a command did, without the full stop and without its sources.
type phrase func(t *teller, c domain.Command, events []domain.Event) string

// say makes a phrase of a function for one type of command.
func say[C domain.Command](fn func(t *teller, c C, events []domain.Event) string) phrase {
	return func(t *teller, c domain.Command, events []domain.Event) string { return fn(t, c.(C), events) }
}

// phrases has the words of every verb. A test holds it against the codec's list.
var phrases = map[string]phrase{}

func init() {
	for _, table := range []map[string]phrase{
		registryPhrases, proposalPhrases, termPhrases, coursePhrases, reportPhrases, incidentPhrases, otherPhrases, materialPhrases,
	} {
		for verb, p := range table {
			phrases[verb] = p
		}
	}
}

// sentence tells an entry in one sentence: who did what, from when until when, in whose words, and by which sources.
func (t *teller) sentence(s domain.Step, flags []domain.Flag) string {
	text := t.clause(s.Command, s.Events) + t.sourced(s.Command.Head().Sources)
	for _, f := range flags {
		if f.Code == domain.FlagOutOfOrder {
			text += " [out of order, it changes nothing: " + f.Detail + "]"
		}
	}
	return domain.InOrder(text) + "."
}

func (t *teller) clause(c domain.Command, events []domain.Event) string {
	p, ok := phrases[c.Verb()]
	if !ok {
		return c.Verb() + " of " + c.Target().String() // unreachable: the test keeps the table whole
	}
	return p(t, c, events)
}

// sourced names the sources and how each speaks of the matter.
func (t *teller) sourced(sources []domain.SourceRef) string {
	var said []string
	for _, s := range sources {
		x := t.sourceName(s.Source)
		switch s.Modality {
		case domain.Quotes:
			x += " quotes it"
		case domain.Denies:
			x += " denies it"
		case domain.Hopes:
			x += " hopes so"
		case domain.Demands:
			x += " demands it"
		}
		if s.Quote != "" {
			x += ": “" + s.Quote + "”"
		}
		said = append(said, x)
	}
	if len(said) == 0 {
		return ""
	}
	return " (" + strings.Join(said, "; ") + ")"
}

func (t *teller) sourceName(id string) string {
	switch s := t.source(id); {
	case s.Publisher != "":
		return s.Publisher
	case s.Title != "":
		return s.Title
	}
	return id
}

func (t *teller) actorName(id string) string {
	if a := t.actor(id); a.Name != "" {
		return a.Name
	}
	return id
}

func (t *teller) placeName(id string) string {
	if p := t.place(id); p.Name != "" {
		return p.Name
	}
	return id
}

func (t *teller) actorNames(ids []string) string { return joined(ids, t.actorName) }
func (t *teller) placeNames(ids []string) string { return joined(ids, t.placeName) }

// did says that by did something; passive says it where nobody is named.
func (t *teller) did(by, active, passive string) string {
	if by == "" {
		return passive
	}
	return t.actorName(by) + " " + active
}

// this names a record: "the ceasefire" where it is the one whose history is told.
func (t *teller) this(ref domain.Ref) string {
	noun := "the " + nouns[ref.Kind]
	if ref == t.asked {
		return noun
	}
	return noun + " " + ref.ID
}

var nouns = map[domain.Kind]string{
	domain.KindCeasefire: "ceasefire", domain.KindIncident: "incident", domain.KindTalks: "talks", domain.KindTally: "tally",
	domain.KindStatement: "statement", domain.KindActor: "actor", domain.KindPlace: "place", domain.KindSource: "source",
}

func (t *teller) ceasefire(id string) string {
	return t.this(domain.Ref{Kind: domain.KindCeasefire, ID: id})
}

func (t *teller) incidentNamed(id string) string {
	return t.this(domain.Ref{Kind: domain.KindIncident, ID: id})
}

// joined lists names: "A", "A and B", "A, B and C".
func joined(ids []string, name func(string) string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = name(id)
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

func asIs(s string) string { return s }

// plain turns a word of a vocabulary into English: silence_regime is a silence regime.
func plain[S ~string](word S) string { return strings.ReplaceAll(string(word), "_", " ") }

// because gives a reason, if there is one.
func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + strings.TrimSuffix(reason, ".")
}

// eventOf returns the first event of a type.
func eventOf[E domain.Event](events []domain.Event) (e E, ok bool) {
	i := slices.IndexFunc(events, func(x domain.Event) bool { _, is := x.(E); return is })
	if i < 0 {
		return e, false
	}
	return events[i].(E), true
}

// stated is the time that a command speaks of, in its own words.
func stated(c domain.Command) when.When {
	if timed, ok := c.(domain.Timed); ok {
		if _, w := timed.EffectiveTime(); !w.IsZero() {
			return w
		}
	}
	return c.Head().Occurred
}

// on says when something was done, as its event has it.
func on(c domain.Command, events []domain.Event) string {
	if len(events) == 0 {
		return ""
	}
	return " " + told(events[0].When().Occurred, stated(c).Phrase)
}

func opening(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 || !unicode.IsLower(first) {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
