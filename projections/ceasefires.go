package projections

import (
	"context"
	"slices"
	"time"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
)

// Ceasefire answers for one ceasefire.
func (q *Queries) Ceasefire(_ context.Context, id string, p Point) (CeasefireView, error) {
	return one(q, p, domain.Ref{Kind: domain.KindCeasefire, ID: id}, ceasefireView)
}

// CeasefireJSON answers for one ceasefire in JSON, and with its version. What was answered before is neither found out nor
// encoded again as long as it holds; and while nothing at all is applied, nothing needs to be looked up to see that.
func (q *Queries) CeasefireJSON(_ context.Context, id string, p Point) (raw []byte, version uint64, err error) {
	if a := q.answers.of(id, p); a != nil && a.checked.Load() == p.Applied {
		return a.at(p.Effective), a.version, nil
	}
	err = q.view(p, func(r *reader) error {
		if a := q.answers.of(id, p); a != nil && a.holds(r) {
			raw, version = a.at(p.Effective), a.version
			return nil
		}
		v, found, err := ceasefireView(r, id)
		if err == nil && !found {
			err = r.missing(domain.Ref{Kind: domain.KindCeasefire, ID: id}, func(r *reader) (bool, error) {
				_, found, err := ceasefireView(r, id)
				return found, err
			})
		}
		if err != nil {
			return err
		}
		if raw, err = encodeView(v); err == nil {
			version = v.Version
			q.answers.keep(r, v, raw)
		}
		return err
	})
	return raw, version, err
}

// Ceasefires lists the ceasefires that a filter keeps, by id.
func (q *Queries) Ceasefires(ctx context.Context, f CeasefireFilter, p Point, pg Paging) (Page[CeasefireView], error) {
	if err := f.check(); err != nil {
		return Page[CeasefireView]{Items: []CeasefireView{}}, err
	}
	return listed(ctx, q, domain.KindCeasefire, p, pg, f.mayBe, f.view)
}

func (f CeasefireFilter) check() error {
	if err := oneOf("status", f.Status, ceasefire.Status("").Values()); err != nil {
		return err
	}
	return oneOf("class", f.Class, ceasefire.Class("").Values())
}

// mayBe passes over the ceasefires that never had the class. Who is excluded follows from other records too.
func (f CeasefireFilter) mayBe(r row) bool { return r.mayBe(wordClass + f.Class) }

func (f CeasefireFilter) view(r *reader, id string) (v CeasefireView, keep bool, err error) {
	if f.Status != "" || f.Contested != nil { // most are passed over: how they stand is known sooner than the whole of them
		if s, err := r.standing(id); s == nil || err != nil || !f.standing(r, s) {
			return v, false, err
		}
	}
	v, found, err := ceasefireView(r, id)
	if !found || err != nil {
		return v, false, err
	}
	keep = (f.Status == "" || v.Status == f.Status) && (f.Class == "" || v.Class == f.Class) &&
		(f.Contested == nil || v.Contested == *f.Contested) && (f.Actor == "" || v.involves(f.Actor)) &&
		(f.Area == "" || r.touches(f.Area, v.Area, v.CarvedOut))
	return v, keep, r.err
}

// involves reports whether an actor has a role in the ceasefire, or is excluded by it or by one above it.
func (v CeasefireView) involves(actor string) bool {
	for _, list := range [][]string{v.Parties, v.Guarantors, v.Mediators, v.Monitors, v.Facilitators, v.Witnesses, v.Excluded} {
		if slices.Contains(list, actor) {
			return true
		}
	}
	return false
}

func ceasefireView(r *reader, id string) (v CeasefireView, found bool, err error) {
	ref := domain.Ref{Kind: domain.KindCeasefire, ID: id}
	pic, found, err := r.picture(id, r.Clocks)
	if err != nil || !found {
		return v, false, err
	}
	excluded, err := r.excluded(pic)
	if err != nil {
		return v, false, err
	}
	kept, err := r.kept(ref)
	if err != nil {
		return v, false, err
	}
	v = viewOf(pic)
	v.Excluded, v.Version = excluded, kept.version
	v.KnownAt, v.AsOfSequence, v.ReportedBy = r.Asked.KnownAt, r.Asked.AsOfSequence, r.Asked.ReportedBy
	v.FlagNotes = append(v.FlagNotes, r.reportedBefore(kept, func(x domain.Reading) bool {
		_, attested := x.Command.(*ceasefire.Attest)
		return attested || r.Happened(x)
	})...)
	v.Flags = codes(v.FlagNotes)
	return v, true, r.err
}

// excluded lists whom a ceasefire does not cover: its own exclusions and those of the ceasefires above it, at the same
// clocks. It climbs 64 steps at most, so that a circle of parents that got onto the record cannot hang an answer.
func (r *reader) excluded(p ceasefire.Picture) ([]string, error) {
	actors := []string{}
	for range 64 {
		for _, x := range p.Excluded {
			if !slices.Contains(actors, x.Actor) {
				actors = append(actors, x.Actor)
			}
		}
		if p.Terms.Parent == "" {
			break
		}
		c := r.Clocks
		c.Effective = p.At
		parent, found, err := r.picture(p.Terms.Parent, c)
		if err != nil || !found {
			return actors, err
		}
		p = parent
	}
	return actors, nil
}

// reportedBefore flags the entries whose earliest source was published before what it speaks of happened: it may be a plan
// that was taken for a fact.
func (r *reader) reportedBefore(kept reading, of func(domain.Reading) bool) (flags []domain.Flag) {
	published := make([]time.Time, len(kept.cited.lists)) // zero where it is not known
	for i, list := range kept.cited.lists {
		published[i], _ = r.firstPublished(list)
	}
	for i, x := range kept.list {
		published := published[kept.cited.by[i]]
		if len(x.Events) == 0 || published.IsZero() || !of(x) {
			continue
		}
		if occurred := x.Events[0].When().Occurred; published.Before(occurred.Earliest) {
			flags = append(flags, domain.Flag{
				Code: domain.FlagReportedBefore, Sequence: x.Sequence,
				Detail: "a source was published by " + shownTime(published) + ", it speaks of " + occurred.String(),
			})
		}
	}
	return flags
}
