package projections

import (
	"fmt"
	"slices"
	"time"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/incident"
	"truceledger/domain/when"
)

// breaches says of each ceasefire that an incident cites whether it is alleged to breach it, by what is known at the
// question's recording and publishing clocks of how the ceasefire stood when the incident happened.
func (r *reader) breaches(v *IncidentView, s incident.State) error {
	for _, id := range s.Ceasefires {
		circumstances, err := r.circumstances(id, s)
		if err != nil {
			return err
		}
		a := s.Breach(circumstances)
		b := BreachView{Ceasefire: id, Breach: string(a.Breach)}
		for _, f := range a.Flags {
			b.Flags = append(b.Flags, domain.FlagCode(f))
			v.FlagNotes = append(v.FlagNotes, domain.Flag{Code: domain.FlagCode(f), Detail: fmt.Sprintf("of ceasefire %s", id)})
		}
		v.BreachOf = append(v.BreachOf, b)
	}
	return nil
}

func (r *reader) circumstances(id string, s incident.State) (c incident.Circumstances, err error) {
	var excluded []string
	c.Excluded = func(actor string) bool { return slices.Contains(excluded, actor) }
	if c.InForce, err = r.inForceDuring(id, s.At); err != nil {
		return c, err
	}
	clocks := r.Clocks
	clocks.Effective = lastMoment(s.At)
	pic, found, err := r.picture(id, clocks)
	if err != nil || !found {
		c.Inside = when.Maybe
		return c, err
	}
	c.Inside = r.inside(s.Place, pic.Area, pic.CarvedOut)
	excluded, err = r.excluded(pic)
	return c, err
}

// inForceDuring answers whether a ceasefire was in force when something happened that happened within b: yes, where it was
// at every moment that b leaves open; no, where it certainly was at none.
func (r *reader) inForceDuring(id string, b when.Bounds) (when.Truth, error) {
	yes, no := true, true
	for _, t := range r.moments(id, b) {
		clocks := r.Clocks
		clocks.Effective = t
		pic, found, err := r.picture(id, clocks)
		if err != nil {
			return when.No, err
		}
		truth := inForce(pic, found)
		yes, no = yes && truth == when.Yes, no && truth == when.No
	}
	switch {
	case yes:
		return when.Yes, nil
	case no:
		return when.No, nil
	}
	return when.Maybe, nil
}

func inForce(p ceasefire.Picture, found bool) when.Truth {
	switch {
	case !found:
		return when.No
	case p.Contested:
		return when.Maybe
	case p.Status == ceasefire.InForce:
		return when.Yes
	case slices.Contains(p.CouldBe, ceasefire.InForce):
		return when.Maybe
	}
	return when.No
}

// mostMoments is how many moments of a fuzzy time are looked at: more changes than these within one stated day or month do
// not happen to a ceasefire.
const mostMoments = 64

// moments lists the moments within b at which a ceasefire's status can be different from the moment before: where b begins,
// and where an act or a bound of the ceasefire lies.
func (r *reader) moments(id string, b when.Bounds) []time.Time {
	list := []time.Time{b.Earliest}
	if b.IsInstant() {
		return list
	}
	clocks := r.Clocks
	clocks.Effective = lastMoment(b)
	pic, found, err := r.picture(id, clocks)
	if err != nil || !found {
		return list // err comes again with the first moment
	}
	for _, t := range append(r.turningPoints(pic), clocks.Effective) {
		if b.Contains(t) && !slices.ContainsFunc(list, t.Equal) && len(list) < mostMoments {
			list = append(list, t)
		}
	}
	return list
}

// turningPoints lists the instants at which the status of a ceasefire, or of a view of it, can change: the bounds of what is
// on record, and the places of its acts. In no order.
func (r *reader) turningPoints(p ceasefire.Picture) (list []time.Time) {
	take := func(all ...when.Bounds) {
		for _, b := range all {
			if !b.IsZero() {
				list = append(list, b.Earliest, b.Latest)
			}
		}
	}
	for _, x := range p.Spans {
		take(x.From, x.Until)
	}
	for _, x := range p.Suspensions {
		take(x.From, x.Until)
	}
	for _, x := range p.Ends {
		take(x.From)
	}
	for _, x := range p.Attestations {
		take(x.From, x.Until, when.At(x.Place))
	}
	readings, _, err := r.readings(domain.Ref{Kind: domain.KindCeasefire, ID: p.ID})
	if err != nil {
		r.fail(err)
	}
	for _, x := range readings {
		list = append(list, x.Place)
	}
	return list
}

// lastMoment is the last moment that bounds leave open, to the microsecond in which the ledger counts.
func lastMoment(b when.Bounds) time.Time {
	if b.IsInstant() {
		return b.Earliest
	}
	return b.Latest.Add(-time.Microsecond)
}
