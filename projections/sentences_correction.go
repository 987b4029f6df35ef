package projections

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"truceledger/domain"
)

// corrected tells a correction by what is to be read differently from before, and above all by what is no longer to be read: a
// replacement is a whole command, and what its author forgot to repeat falls away without a word of his. The whole is told where
// the clocks keep nothing to differ from, or where it is another kind of word on the matter.
func corrected(t *teller, c *domain.Correct, events []domain.Event) string {
	e, _ := eventOf[domain.EntryCorrected](events)
	before, known := t.readBefore(c, e)
	of := ""
	if known && c.By != "" && before.Head().By != "" && before.Head().By != c.By {
		of = " of " + t.actorName(before.Head().By)
	}
	text := t.did(c.By, "corrected ", "Corrected ") + fmt.Sprintf("entry %d", e.Sequence) + of + because(c.Reason) + "; "
	if !known {
		return text + t.whole(c, e)
	}
	d := differing(before, c.Replacement)
	if before.Verb() != c.Replacement.Verb() {
		return text + strings.Join(append([]string{t.whole(c, e)}, t.gone(d)...), "; ")
	}
	said := append(t.differs(d), t.gone(d)...)
	if len(said) == 0 {
		said = []string{"it reads as it did"}
	}
	return text + strings.Join(said, "; ")
}

func (t *teller) whole(c *domain.Correct, e domain.EntryCorrected) string {
	return "it is to be read: " + t.clause(c.Replacement, e.Events) + t.sourced(c.Replacement.Head().Sources)
}

// readBefore returns the command that stood for an entry until a correction replaced it, of what the clocks keep.
func (t *teller) readBefore(c *domain.Correct, e domain.EntryCorrected) (domain.Command, bool) {
	s, err := t.story(c.Target())
	if err != nil {
		t.fail(err)
		return nil, false
	}
	own := uint64(math.MaxUint64) // of a correction that is only looked at before it is sent
	if i := slices.IndexFunc(s.Steps, func(x domain.Step) bool { return x.Command == domain.Command(c) }); i >= 0 {
		own = s.Steps[i].Sequence
	}
	reading, ok := s.ReadingOf(e.Sequence, func(x domain.Step) bool { return x.Sequence < own && s.keep(x) })
	return reading.Command, ok
}

// differs tells the fields that say something else than before, or say something for the first time.
func (t *teller) differs(d []difference) (said []string) {
	for _, x := range d {
		was, is := t.value(x.was), t.value(x.is)
		switch {
		case is == "":
		case was == "":
			said = append(said, x.name+": added, "+is)
		case was == is: // too long to tell in full, or sealed
			said = append(said, x.name+": another, "+is)
		default:
			said = append(said, x.name+": was "+was+", now "+is)
		}
	}
	return said
}

// gone tells the fields that say nothing any more.
func (t *teller) gone(d []difference) (said []string) {
	for _, x := range d {
		if was := t.value(x.was); was != "" && t.value(x.is) == "" {
			said = append(said, x.name+": dropped, was "+was)
		}
	}
	return said
}
