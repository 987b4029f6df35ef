package api

import (
	"context"
	"slices"

	"truceledger/api/web"
	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/incident"
	"truceledger/projections"
)

type recordPageInput struct {
	ID string `path:"id"`
	PageInput
	Recorded count `query:"recorded" doc:"The entry that the reader has just put on the record."`
}

type plainPageInput struct{ PageInput }

type incidentsPageInput struct {
	IncidentFilter
	PageInput
}

// ceasefirePage shows one ceasefire with everything that touches it.
func (a *API) ceasefirePage(ctx context.Context, in *recordPageInput) (rendered, error) {
	ref, err := recordRef(domain.KindCeasefire, in.ID)
	if err != nil {
		return nil, err
	}
	f, at, err := a.frame(ctx, "ceasefire", in.PageInput)
	if err != nil {
		return nil, err
	}
	page := web.Ceasefire{Frame: f}
	page.View, err = a.queries.Ceasefire(ctx, in.ID, at)
	if err != nil && f.Past {
		page.View, err = a.unknownThen(ctx, in.ID, at, err)
	}
	if err != nil {
		return nil, err
	}
	page.Title = titleOf(page.View)
	if f.Past {
		if now, err := a.queries.Ceasefire(ctx, in.ID, known(at)); err == nil {
			page.Now, page.Diff = &now, differences(page.View, now)
		}
	}
	if err := a.around(ctx, &page, ref, at, in.Cursor); err != nil {
		return nil, err
	}
	page.Recorded, page.Proof = string(in.Recorded), a.agreementMark(ctx, page.View)
	page.Bar = web.NewBar(page.View, page.Incidents)
	page.Acts, page.Shares = actsOn(page.View), sharesOf(ctx, ref)
	page.Exports = a.exportsOf(f, in.ID)
	a.namer(ctx, f, at).all(page)
	return page, nil
}

// unknownThen tells a ceasefire that is not on the record at these clocks from one that never is: the sliders pass the
// first on their way, and the page has to stay.
func (a *API) unknownThen(ctx context.Context, id string, at projections.Point, notFound error) (projections.CeasefireView, error) {
	now, err := a.queries.Ceasefire(ctx, id, known(at))
	if err != nil {
		return now, notFound
	}
	return projections.CeasefireView{ID: id, Title: now.Title, Status: "unknown", Zone: now.Zone, Effective: at.Effective}, nil
}

func titleOf(v projections.CeasefireView) string {
	if v.Title != "" {
		return v.Title
	}
	return v.ID
}

func recordRef(kind domain.Kind, id string) (domain.Ref, error) {
	ref := domain.Ref{Kind: kind, ID: clip(id)}
	if !domain.IsSlug(id) {
		return ref, &domain.NotFound{Record: ref}
	}
	return ref, nil
}

// around fills in what touches a ceasefire: incidents, statements, and its history with the chains of its sources.
func (a *API) around(ctx context.Context, page *web.Ceasefire, ref domain.Ref, at projections.Point, cursor string) (err error) {
	page.Incidents, err = pagesOf(200, func(p projections.Paging) (projections.Page[projections.IncidentView], error) {
		return a.queries.Incidents(ctx, projections.IncidentFilter{Ceasefire: ref.ID}, at, p)
	})
	if err != nil {
		return err
	}
	statements, err := pagesOf(1000, func(p projections.Paging) (projections.Page[projections.StatementView], error) {
		return a.queries.Statements(ctx, at, p)
	})
	for _, s := range statements {
		if slices.Contains(s.About, ref.String()) {
			page.Statements = append(page.Statements, s)
		}
	}
	if err != nil {
		return err
	}
	history, err := a.queries.History(ctx, ref, at, projections.Paging{Cursor: cursor})
	if page.View.Status == "unknown" {
		return nil
	}
	page.History, page.NextCursor = a.chained(ctx, history.Items, at), history.NextCursor
	return err
}

// chained adds to each entry the chains of its sources: who says it, by whose word, by whose word in turn.
func (a *API) chained(ctx context.Context, items []projections.HistoryItem, at projections.Point) (all []web.HistoryEntry) {
	seen := map[string]projections.SourceView{}
	source := func(id string) projections.SourceView {
		v, ok := seen[id]
		if !ok {
			v, _ = a.queries.Source(ctx, id, at)
			v.ID = id
			seen[id] = v
		}
		return v
	}
	proofs := a.proofMarks(ctx, items)
	for _, item := range items {
		entry := web.HistoryEntry{HistoryItem: item, Proof: proofs[item.Sequence]}
		for _, s := range item.Sources {
			chain := web.Chain{Modality: string(s.Modality), Quote: s.Quote}
			for v := source(s.Source); len(chain.Sources) < 6; v = source(v.Cites[0]) {
				chain.Sources = append(chain.Sources, v)
				if len(v.Cites) == 0 {
					break
				}
			}
			entry.Chains = append(entry.Chains, chain)
		}
		all = append(all, entry)
	}
	return all
}

// proofMarks are how far the proofs of entries have come. A head over an entry covers all before it, so the newest is asked
// first and one that has all there is to have speaks for the rest.
func (a *API) proofMarks(ctx context.Context, items []projections.HistoryItem) map[uint64]*web.ProofMark {
	marks := map[uint64]*web.ProofMark{}
	if a.Proof == nil {
		return marks
	}
	var numbers []uint64
	for _, item := range items {
		numbers = append(numbers, item.Sequence)
	}
	slices.Sort(numbers)
	var whole *web.ProofMark
	for _, n := range slices.Backward(numbers) {
		if whole != nil {
			marks[n] = whole
			continue
		}
		s, err := a.headsOver(n)
		if err != nil {
			a.log.WarnContext(ctx, "the page shows no state of proof", "entry", n, "err", err)
			return marks
		}
		m := markOf(s)
		marks[n] = m
		if p := a.Proof.Policy; s.Logged && (s.Quorum == "none_asked" || p != nil && len(m.Witnesses) == len(p.Witnesses)) {
			whole = m
		}
	}
	return marks
}

func markOf(s ProofState) *web.ProofMark {
	m := &web.ProofMark{Sequence: s.Sequence, State: s.State, Growing: s.State == proofPending || s.Quorum == "not_reached"}
	for _, c := range s.Cosigned {
		m.Witnesses = append(m.Witnesses, c.Witness)
	}
	return m
}

// agreementMark is how far the proof of an agreement has come: as far as that of the newest of the entries that make it. nil
// where nothing is agreed.
func (a *API) agreementMark(ctx context.Context, v projections.CeasefireView) *web.ProofMark {
	if a.Proof == nil || v.AgreedAt == nil {
		return nil
	}
	_, newest := agreement(v)
	s, err := a.headsOver(newest)
	if err != nil {
		a.log.WarnContext(ctx, "the page shows no state of proof", "ceasefire", v.ID, "err", err)
		return nil
	}
	return markOf(s)
}

// actsOn are the commands that the page of a ceasefire offers, given where it stands.
func actsOn(v projections.CeasefireView) []string {
	switch ceasefire.Status(v.Status) {
	case ceasefire.Proposed:
		return []string{"agree", "amend", "reject", "withdraw-proposal", "record-statement"}
	case ceasefire.Agreed, ceasefire.Scheduled:
		return []string{"enter-into-force", "extend", "thwart", "accede", "attest", "record-statement"}
	case ceasefire.Suspended:
		return []string{"resume", "extend", "violate", "withdraw", "terminate", "attest", "report-performance", "record-statement"}
	case ceasefire.InForce, ceasefire.Indeterminate:
		return []string{"extend", "violate", "suspend", "record-statement", "reaffirm", "widen-area", "withdraw", "terminate", "attest", "undertake", "report-performance"}
	}
	return []string{"violate", "attest", "record-statement", "extend"}
}

// sharesOf is the record where its page leads to the form by which it is shared.
func sharesOf(ctx context.Context, ref domain.Ref) string {
	if !ref.Restricted() || mayVerb(ctx, "share") != nil {
		return ""
	}
	return ref.String()
}

func (a *API) exportsOf(f web.Frame, id string) []web.Export {
	all := []web.Export{{Label: "JSON", Address: f.Data("/v1/ceasefires/" + id)}, {Label: "SVG", Address: f.Data("/ceasefires/" + id + "/badge.svg")}}
	for _, ending := range []string{".ics", ".atom"} {
		if path := "/v1/ceasefires/" + id + ending; a.hasRoute(path) {
			all = append(all, web.Export{Label: ending[1:], Address: path})
		}
	}
	return all
}

// incidentsPage shows the incidents that the filters keep.
func (a *API) incidentsPage(ctx context.Context, in *incidentsPageInput) (rendered, error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	f, at, err := a.frame(ctx, "incidents", in.PageInput)
	if err != nil {
		return nil, err
	}
	page := web.IncidentList{Frame: f}
	list, err := a.queries.Incidents(ctx, filter, at, projections.Paging{Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	page.Items, page.NextCursor = list.Items, list.NextCursor
	page.Statuses = incident.Status("").Values()
	days, err := a.queries.IncidentCounts(ctx, []string{"day"}, filter, at)
	if err != nil {
		return nil, err
	}
	page.Trend = trend(days)
	names := a.namer(ctx, f, at)
	places, err := names.register("place")
	page.Areas = choices(places)
	names.all(page.Items)
	page.Exports = a.exports(f, "incidents", ".csv", ".xlsx")
	return page, err
}

// incidentPage shows one incident.
func (a *API) incidentPage(ctx context.Context, in *recordPageInput) (rendered, error) {
	ref, err := recordRef(domain.KindIncident, in.ID)
	if err != nil {
		return nil, err
	}
	f, at, err := a.frame(ctx, "incidents", in.PageInput)
	if err != nil {
		return nil, err
	}
	page := web.Incident{Frame: f, Recorded: string(in.Recorded), Shares: sharesOf(ctx, ref)}
	if page.View, err = a.queries.Incident(ctx, in.ID, at); err != nil {
		return nil, err
	}
	names := a.namer(ctx, f, at)
	names.all(page.View)
	names.ceasefires(page.View.Ceasefires...)
	page.Title = web.Word(f.Lang, page.View.Type) + " · " + in.ID
	history, err := a.queries.History(ctx, ref, at, projections.Paging{})
	page.History = a.chained(ctx, history.Items, at)
	return page, err
}

// sourcesPage sets the tallies of different observers side by side.
func (a *API) sourcesPage(ctx context.Context, in *plainPageInput) (rendered, error) {
	f, at, err := a.frame(ctx, "sources", in.PageInput)
	if err != nil {
		return nil, err
	}
	page := web.Sources{Frame: f}
	tallies, err := pagesOf(500, func(p projections.Paging) (projections.Page[projections.TallyView], error) {
		return a.queries.Tallies(ctx, at, p)
	})
	names := a.namer(ctx, f, at)
	for _, v := range tallies {
		names.places(v.Area...)
		names.observers(v.Source)
		i := slices.IndexFunc(page.Groups, func(g web.TallyGroup) bool { return g.Outcome == v.Outcome })
		if i < 0 {
			i, page.Groups = len(page.Groups), append(page.Groups, web.TallyGroup{Outcome: v.Outcome})
		}
		page.Groups[i].Series = append(page.Groups[i].Series, v)
	}
	page.Exports = a.exports(f, "tallies", ".csv")
	return page, err
}
