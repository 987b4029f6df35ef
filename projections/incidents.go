package projections

import (
	"context"
	"slices"
	"time"

	"truceledger/domain"
	"truceledger/domain/incident"
	"truceledger/domain/when"
)

// Incident answers for one incident.
func (q *Queries) Incident(_ context.Context, id string, p Point) (IncidentView, error) {
	return one(q, p, domain.Ref{Kind: domain.KindIncident, ID: id}, incidentView)
}

// Incidents lists the incidents that a filter keeps, by id.
func (q *Queries) Incidents(ctx context.Context, f IncidentFilter, p Point, pg Paging) (Page[IncidentView], error) {
	if err := f.check(); err != nil {
		return Page[IncidentView]{Items: []IncidentView{}}, err
	}
	texts := map[string]string{}
	return listed(ctx, q, domain.KindIncident, p, pg, f.mayBe, func(r *reader, id string) (v IncidentView, keep bool, err error) {
		s, err := r.briefly(id, r.tx.Bucket([]byte(briefBucket)).Get([]byte(id)), texts)
		if err != nil || !s.Exists() || !f.keeps(r, s) {
			return v, false, err
		}
		s, version, err := r.incident(id)
		if err != nil {
			return v, false, err
		}
		v, err = r.incidentView(s, version)
		return v, true, err
	})
}

func (f IncidentFilter) check() error {
	if err := oneOf("status", f.Status, incident.Status("").Values()); err != nil {
		return err
	}
	if f.Since != nil && f.Until != nil && !f.Until.After(*f.Since) {
		return &domain.FieldError{Field: "until", Problem: "must come after since"}
	}
	return nil
}

// mayBe passes over the incidents that never named what is asked for. A place is asked for with all that lies in it, which
// a row does not know.
func (f IncidentFilter) mayBe(r row) bool {
	return r.mayBe(wordCeasefire+f.Ceasefire, wordType+f.Type, wordActor+f.Accused, wordBy+f.By)
}

func (f IncidentFilter) keeps(r *reader, s incident.State) bool {
	switch {
	case f.Duplicate != nil && *f.Duplicate != r.isDuplicate(s),
		f.Ceasefire != "" && !slices.Contains(s.Ceasefires, f.Ceasefire),
		f.Type != "" && s.Type != f.Type,
		f.Status != "" && string(s.Status) != f.Status,
		f.By != "" && s.By != f.By,
		f.Accused != "" && !slices.Contains(s.Accused, f.Accused),
		f.Place != "" && !r.within(s.Place, []string{f.Place}):
		return false
	}
	return f.inTime(s.At)
}

// inTime keeps what may have happened in [Since, Until).
func (f IncidentFilter) inTime(at when.Bounds) bool {
	if f.Since != nil && at.Latest.Before(*f.Since) || f.Until != nil && !at.Earliest.Before(*f.Until) {
		return false
	}
	// What happened within fuzzy bounds happened before their latest moment.
	return f.Since == nil || at.IsInstant() || at.Latest.After(*f.Since)
}

// incident folds an incident at the question's clocks.
func (r *reader) incident(id string) (incident.State, uint64, error) {
	readings, version, err := r.happened(domain.Ref{Kind: domain.KindIncident, ID: id})
	if err != nil || version == 0 {
		return incident.State{}, 0, err
	}
	return incident.Fold(readings), version, nil
}

func incidentView(r *reader, id string) (IncidentView, bool, error) {
	s, version, err := r.incident(id)
	if err != nil || !s.Exists() {
		return IncidentView{}, false, err
	}
	v, err := r.incidentView(s, version)
	return v, true, err
}

func (r *reader) incidentView(s incident.State, version uint64) (IncidentView, error) {
	kept, err := r.kept(domain.Ref{Kind: domain.KindIncident, ID: s.ID})
	if err != nil {
		return IncidentView{}, err
	}
	v := IncidentView{
		ID: s.ID, Status: string(s.Status), Attribution: string(s.Attribution), At: bounds(s.At), Place: s.Place,
		Type: s.Type, Weapon: s.Weapon, By: s.By, Accused: some(s.Accused), Targets: s.Targets, Count: s.Count,
		Description: s.Description, Severity: string(s.Severity), Ceasefires: some(s.Ceasefires),
		Casualties: []CasualtiesView{}, BreachOf: []BreachView{}, Accounts: []AccountView{}, Inquiries: []InquiryView{},
		Sources: some(s.Sources), FlagNotes: r.reportedBefore(kept, r.Happened), Version: version,
	}
	if !s.Near.IsZero() {
		v.Near = &NearView{Point: s.Near.Point, WithinKm: s.Near.WithinKm}
	}
	for _, c := range s.Casualties {
		v.Casualties = append(v.Casualties, CasualtiesView{
			Unit: string(c.Unit), Outcome: string(c.Outcome), Qualifier: string(c.Qualifier), Low: c.Low, Best: c.Best, High: c.High,
		})
	}
	v.told(s)
	if err := first(r.breaches(&v, s), r.merged(&v, s)); err != nil {
		return v, err
	}
	for _, n := range s.OutOfOrder {
		v.FlagNotes = append(v.FlagNotes, domain.Flag{Code: domain.FlagOutOfOrder, Sequence: n, Detail: "it changes nothing where it stands"})
	}
	v.Flags = codes(v.FlagNotes)
	return v, r.err
}

// told lists what others say and what monitors found.
func (v *IncidentView) told(s incident.State) {
	for _, t := range s.Accounts {
		v.Accounts = append(v.Accounts, AccountView{
			Kind: string(t.Kind), By: t.By, Actor: t.Actor, Confidence: string(t.Confidence), Description: t.Description,
			At: t.Occurred.Earliest, Sequence: t.Sequence,
		})
	}
	moment := func(b when.Bounds) *time.Time { return instant(b.Earliest) }
	for _, p := range s.Inquiries {
		v.Inquiries = append(v.Inquiries, InquiryView{
			By: p.By, Opened: p.Opened.Earliest, Suspended: moment(p.Suspended), Concluded: moment(p.Concluded),
			Finding: string(p.Finding), Reason: p.Reason,
		})
	}
}
