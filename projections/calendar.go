package projections

import (
	"context"
	"slices"
	"strings"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/when"
)

// Calendar lists what lies ahead of the effective time, and what goes on at it: starts, lapses, ends by an act, gaps and
// overlaps between terms and between a ceasefire and its predecessor, suspensions, resumptions, and deadlines for acceding.
// By time; what is not known exactly stands at the earliest moment that it can be.
func (q *Queries) Calendar(ctx context.Context, f CeasefireFilter, p Point, pg Paging) (Page[CalendarItem], error) {
	if err := f.check(); err != nil {
		return Page[CalendarItem]{Items: []CalendarItem{}}, err
	}
	var all []CalendarItem
	err := q.view(p, func(r *reader) error {
		return r.each(ctx, domain.KindCeasefire, "", f.mayBe, func(id string) (bool, error) {
			v, keep, err := f.view(r, id)
			if err != nil || !keep {
				return false, err
			}
			c := calendar{reader: r, view: v}
			err = c.fill()
			all = append(all, c.items...)
			return false, err
		})
	})
	if err != nil {
		return Page[CalendarItem]{Items: []CalendarItem{}}, err
	}
	slices.SortFunc(all, func(a, b CalendarItem) int { return strings.Compare(a.key(), b.key()) })
	return paged("calendar", all, CalendarItem.key, pg)
}

// key orders items by time; the rest keeps two at the same time apart.
func (i CalendarItem) key() string {
	until := ""
	if i.Until != nil {
		until = i.Until.Latest.Format(sortable)
	}
	return strings.Join([]string{i.At.Earliest.Format(sortable), i.At.Latest.Format(sortable), i.Kind, i.Ceasefire, until}, " ")
}

const sortable = "2006-01-02T15:04:05.000000000Z"

// A calendar collects the items of one ceasefire.
type calendar struct {
	*reader
	view  CeasefireView
	pic   ceasefire.Picture
	items []CalendarItem
}

func (c *calendar) fill() error {
	pic, found, err := c.picture(c.view.ID, c.Clocks)
	if err != nil || !found {
		return err
	}
	c.pic = pic
	switch pic.Status {
	case ceasefire.Rejected, ceasefire.Withdrawn, ceasefire.Thwarted, ceasefire.Terminated, ceasefire.Collapsed, ceasefire.Superseded:
		return nil // nothing of it lies ahead any more
	}
	if !pic.AccedeBy.IsZero() {
		c.add("deadline", pic.AccedeBy, when.Bounds{}, "the deadline for acceding to %s")
	}
	c.terms()
	for _, x := range pic.Suspensions {
		c.add("suspension", x.From, when.Bounds{}, "%s is suspended")
		c.add("resumption", x.Until, when.Bounds{}, "%s is resumed")
	}
	for _, x := range pic.Ends {
		c.add("end", x.From, when.Bounds{}, "%s is "+string(x.Status))
	}
	return c.predecessor()
}

// terms adds the starts and lapses, and what lies between two terms.
func (c *calendar) terms() {
	starts, lapses := "%s comes into force", "%s lapses"
	if !c.pic.IsAgreed() {
		starts, lapses = "%s would come into force, if it is agreed", "%s would lapse, if it is agreed"
	}
	for i, x := range c.pic.Spans {
		if i == 0 {
			c.add("start", x.From, when.Bounds{}, starts)
		} else if last := c.pic.Spans[i-1]; c.between(last.Until, x.From, "two terms of %s") {
			c.add("lapse", last.Until, when.Bounds{}, lapses)
			c.add("start", x.From, when.Bounds{}, starts)
		}
	}
	if end := c.pic.End(); len(c.pic.Spans) > 0 && !c.endsBefore(end) {
		c.add("lapse", end, when.Bounds{}, lapses)
	}
}

// endsBefore reports whether an act certainly ends the ceasefire before its term runs out.
func (c *calendar) endsBefore(term when.Bounds) bool {
	return slices.ContainsFunc(c.pic.Ends, func(e ceasefire.End) bool { return !e.From.CanBeAfter(term) })
}

// between adds the gap or the overlap of an end and the start that follows it, and reports whether there is a gap.
func (c *calendar) between(until, from when.Bounds, of string) (gap bool) {
	switch {
	case until.IsZero() || from.IsZero() || until.Equal(from):
	case !until.CanBeAfter(from):
		c.add("gap", until, from, "nothing is in force between "+of)
		return true
	case !from.CanBeAfter(until):
		c.add("overlap", from, until, "an overlap of "+of)
	}
	return false
}

// predecessor adds what lies between the ceasefire and the one that it follows.
func (c *calendar) predecessor() error {
	if c.pic.Terms.Predecessor == "" {
		return nil
	}
	before, found, err := c.picture(c.pic.Terms.Predecessor, c.Clocks)
	if err != nil || !found {
		return err
	}
	c.between(before.End(), c.pic.Start(), before.ID+" and %s")
	return nil
}

// add adds an item unless it is past: what began is past at once, what goes on until a bound when that is reached.
func (c *calendar) add(kind string, at, until when.Bounds, sentence string) {
	last := at
	if !until.IsZero() {
		last = until
	}
	if at.IsZero() || last.Latest.Before(c.Effective) {
		return
	}
	name := "the ceasefire " + c.view.ID
	if c.view.Title != "" {
		name = "“" + c.view.Title + "”"
	}
	text := opening(strings.ReplaceAll(sentence, "%s", name)) + " " + told(at, at.Phrase)
	if !until.IsZero() {
		text = opening(strings.ReplaceAll(sentence, "%s", name)) + term(at, until, at.Phrase, until.Phrase)
	}
	c.items = append(c.items, CalendarItem{
		At: at, Until: bounds(until), Kind: kind, Ceasefire: c.view.ID, Title: c.view.Title, Status: c.view.Status, Sentence: domain.InOrder(text) + ".",
	})
}
