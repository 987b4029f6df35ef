package projections

import (
	"bytes"
	"context"
	"slices"
	"strconv"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/incident"
	"truceledger/eventstore"
)

// History tells the entries that touch a record, in the order of recording: its own, those that name it, and those of the
// incidents, tallies, statements and talks that name it. What was corrected or taken back stays, and says so.
func (q *Queries) History(ctx context.Context, ref domain.Ref, p Point, pg Paging) (Page[HistoryItem], error) {
	items := pager[HistoryItem]{collection: "history/" + ref.String(), limit: pg.limit(), page: Page[HistoryItem]{Items: []HistoryItem{}}}
	after, err := pg.after(items.collection)
	if err != nil {
		return items.page, err
	}
	err = q.view(p, func(r *reader) error {
		if !r.knows(ref) {
			return r.missing(ref, func(r *reader) (bool, error) { return r.knows(ref), nil })
		}
		return r.history(ctx, ref, after, &items)
	})
	return items.page, err
}

func (r *reader) history(ctx context.Context, ref domain.Ref, after string, items *pager[HistoryItem]) error {
	t := &teller{reader: r, asked: ref, stories: map[domain.Ref]*story{}}
	prefix := touchPrefix(ref.String())
	c := r.tx.Bucket([]byte(historyBucket)).Cursor()
	for k, v := c.Seek(append(slices.Clip(prefix), after...)); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		key := string(k[len(prefix):])
		n := toNumber(k[len(prefix):])
		if key == after {
			continue
		}
		if n > r.Prefix {
			break
		}
		item, kept, err := t.item(ref, n, v)
		if err = first(err, r.err, ctx.Err()); err != nil {
			return err
		}
		if kept && items.take(key, item) {
			break
		}
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// A story is one record as the question's clocks keep it.
type story struct {
	*held
	keep        func(domain.Step) bool
	correctedBy map[uint64]uint64
	retractedBy map[uint64]uint64
	flags       map[uint64][]domain.Flag
}

func (t *teller) story(ref domain.Ref) (*story, error) {
	if s, ok := t.stories[ref]; ok {
		return s, nil
	}
	h, err := t.record(ref)
	if err != nil {
		return nil, err
	}
	s := &story{held: h, keep: t.Keeps(t.published), correctedBy: map[uint64]uint64{}, retractedBy: map[uint64]uint64{}}
	if isRegistered(ref.Kind) {
		s.keep = func(x domain.Step) bool { return x.Sequence <= t.Prefix }
	}
	s.findChanges()
	s.flags, err = t.flagsOf(ref)
	t.stories[ref] = s
	return s, err
}

func isRegistered(k domain.Kind) bool {
	return k == domain.KindActor || k == domain.KindPlace || k == domain.KindSource
}

// findChanges notes by which entry each one was corrected or taken back, of those that the clocks keep. The newest counts
// that has not been taken back itself; a correction before it of the same entry no longer stands either.
func (s *story) findChanges() {
	for _, step := range slices.Backward(s.Steps) {
		if _, taken := s.retractedBy[step.Sequence]; taken || step.Void != 0 || !s.keep(step) || len(step.Events) == 0 {
			continue
		}
		switch e := step.Events[0].(type) {
		case domain.EntryCorrected:
			if newer := s.correctedBy[e.Sequence]; newer != 0 {
				s.correctedBy[step.Sequence] = newer
			} else if s.retractedBy[e.Sequence] == 0 {
				s.correctedBy[e.Sequence] = step.Sequence
			}
		case domain.EntryRetracted:
			if s.correctedBy[e.Sequence] == 0 && s.retractedBy[e.Sequence] == 0 {
				s.retractedBy[e.Sequence] = step.Sequence
			}
		}
	}
}

// flagsOf returns the flags of a record's entries at the question's clocks.
func (t *teller) flagsOf(ref domain.Ref) (map[uint64][]domain.Flag, error) {
	flags := map[uint64][]domain.Flag{}
	add := func(list ...domain.Flag) {
		for _, f := range list {
			flags[f.Sequence] = append(flags[f.Sequence], f)
		}
	}
	switch ref.Kind {
	case domain.KindCeasefire:
		p, _, err := t.picture(ref.ID, t.Clocks)
		if err != nil {
			return nil, err
		}
		add(p.Flags...)
	case domain.KindIncident:
		s, _, err := t.incident(ref.ID)
		if err != nil {
			return nil, err
		}
		add(outOfOrder(s)...)
	}
	if isRegistered(ref.Kind) {
		return flags, nil
	}
	kept, err := t.kept(ref)
	add(t.reportedBefore(kept, func(domain.Reading) bool { return true })...)
	return flags, err
}

func outOfOrder(s incident.State) (flags []domain.Flag) {
	for _, n := range s.OutOfOrder {
		flags = append(flags, domain.Flag{Code: domain.FlagOutOfOrder, Sequence: n, Detail: "it changes nothing where it stands"})
	}
	return flags
}

// item tells one entry; kept is false where the clocks do not keep it, or not the entry by which it touches the record.
func (t *teller) item(asked domain.Ref, n uint64, value []byte) (item HistoryItem, kept bool, err error) {
	ref, by := asked, readTouch(value)
	if by.since == 0 {
		return item, false, damaged("history of %s: the row of entry %d cannot be read", asked, n)
	}
	if by.own != "" {
		if ref, err = domain.ParseRef(by.own); err != nil {
			return item, false, damaged("history of %s: %v", asked, err)
		}
	}
	if hidden(t.tx, ref, t.Reader) {
		return item, false, nil
	}
	s, err := t.story(ref)
	if err != nil {
		return item, false, err
	}
	step, known := s.Find(n)
	link, linked := s.Find(by.since)
	if !known || !linked {
		return item, false, damaged("history of %s: entry %d is not one of %s", asked, n, ref)
	}
	if !s.keep(step) || !s.keep(link) || !t.hasHappened(ref, step) {
		return item, false, nil
	}
	return t.tell(s, step), true, nil
}

// hasHappened reports whether an entry belongs to what had happened by the effective time. What is attested belongs to
// every time, and so do corrections and the register.
func (t *teller) hasHappened(ref domain.Ref, s domain.Step) bool {
	switch s.Command.(type) {
	case *ceasefire.Attest, *domain.Correct, *domain.Retract:
		return true
	}
	return isRegistered(ref.Kind) || t.Happened(domain.Reading{Command: s.Command, Events: s.Events, Place: s.Moment().Place})
}

func (t *teller) tell(s *story, step domain.Step) HistoryItem {
	head, m := step.Command.Head(), step.Moment()
	m.Occurred.Phrase = stated(step.Command).Phrase
	item := HistoryItem{
		Sequence: step.Sequence, Record: s.Ref.String(), Command: step.Command.Verb(), CommandID: head.CommandID, By: head.By,
		Occurred: bounds(m.Occurred), Place: m.Place, RecordedAt: step.RecordedAt, Note: head.Note, Sources: head.Sources,
		CorrectedBy: s.correctedBy[step.Sequence], RetractedBy: s.retractedBy[step.Sequence], Events: []string{},
	}
	if published, known := t.firstPublished(head.Sources); known {
		item.Published = &published
	}
	for i, x := range s.Steps {
		if x.Sequence == step.Sequence {
			item.Principal, item.SignedBy = s.principals[i], s.signers[i]
			break
		}
	}
	for _, e := range step.Events {
		item.Events = append(item.Events, eventstore.EventName(e))
		switch e := e.(type) {
		case domain.EntryCorrected:
			item.Corrects = e.Sequence
		case domain.EntryRetracted:
			item.Corrects = e.Sequence
		}
	}
	flags := s.flags[step.Sequence]
	if item.VoidBy = step.Void; item.VoidBy != 0 {
		flags = append(flags, domain.Flag{Code: domain.FlagVoid, Sequence: step.Sequence, Detail: "its key was ended by entry " + strconv.FormatUint(step.Void, 10) + ": it counts for nothing"})
	}
	if item.DisputedBy = t.disputed(step, item.SignedBy); item.DisputedBy != 0 {
		flags = append(flags, domain.Flag{Code: domain.FlagDisputed, Sequence: step.Sequence, Detail: "entry " + strconv.FormatUint(item.DisputedBy, 10) + " says that its key was in other hands by then"})
	}
	if item.Flags = codes(flags); len(flags) == 0 {
		item.Flags = nil
	}
	item.Sentence = t.sentence(step, flags)
	return item
}
