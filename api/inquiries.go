package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/domain"
	"truceledger/projections"
)

// A queued is an incident as a monitor's desk sees it.
type queued struct {
	Incident    string     `json:"incident"`
	Queue       string     `json:"queue" doc:"alleged, under_inquiry, inquiry_suspended or concluded."`
	Place       string     `json:"place,omitempty"`
	Type        string     `json:"type,omitempty"`
	By          string     `json:"by,omitempty" doc:"Who alleges it."`
	Attribution string     `json:"attribution"`
	Duplicates  []string   `json:"duplicates,omitempty" doc:"Other reports of the same, which wait in no queue of their own."`
	DuplicateOf string     `json:"duplicate_of,omitempty" doc:"The incident that this report is counted under."`
	Alleged     time.Time  `json:"alleged_at" doc:"When the ledger recorded the allegation."`
	Opened      *time.Time `json:"opened_at,omitempty" doc:"When the newest inquiry was opened."`
	Suspended   *time.Time `json:"suspended_at,omitempty"`
	Reason      string     `json:"reason,omitempty" doc:"Why the inquiry is where it is."`
	Concluded   *time.Time `json:"concluded_at,omitempty"`
	Finding     string     `json:"finding,omitempty"`
	Monitor     string     `json:"monitor,omitempty" doc:"Whose inquiry it is."`
	ToFinding   *float64   `json:"seconds_to_finding,omitempty" doc:"From the allegation to the finding; nothing where the finding came before the allegation was recorded here."`
}

// queues are the statuses of incidents by the queue that they wait in.
var queues = map[string][]string{
	"alleged": {"alleged"}, "under_inquiry": {"under_inquiry"}, "inquiry_suspended": {"inquiry_suspended"},
	"concluded": {"verified", "unsubstantiated", "inconclusive"},
}

type inquiriesInput struct {
	Queue     string `query:"queue" doc:"Only this queue." enum:"alleged,under_inquiry,inquiry_suspended,concluded"`
	Ceasefire string `query:"ceasefire" doc:"Only incidents said to breach this ceasefire."`
	Place     string `query:"place" doc:"Only incidents in this place or in one that lies in it."`
	ListInput
}

func (a *API) inquiryRoutes() {
	get(a, huma.Operation{
		OperationID: "list-inquiries", Path: "/v1/inquiries", Summary: "Incidents by the queue of a monitor's desk that they stand in", Tags: []string{"incidents"},
		Description: "A page looks at limit incidents, and may show fewer: those of other queues are left out.",
	}, a.inquiries)
}

func (a *API) inquiries(ctx context.Context, in *inquiriesInput) (*pageOutput[queued], error) {
	if err := firstError(oneOf("queue", in.Queue, []string{"alleged", "under_inquiry", "inquiry_suspended", "concluded"}), slug("ceasefire", in.Ceasefire), slug("place", in.Place)); err != nil {
		return nil, err
	}
	filter := projections.IncidentFilter{Ceasefire: in.Ceasefire, Place: in.Place}
	if statuses := queues[in.Queue]; len(statuses) == 1 {
		filter.Status = statuses[0] // so that pages are full
	}
	return list(ctx, a, in.ListInput, func(ctx context.Context, at projections.Point, p projections.Paging) (projections.Page[queued], error) {
		page, err := a.queries.Incidents(ctx, filter, at, p)
		out := projections.Page[queued]{NextCursor: page.NextCursor}
		for _, v := range page.Items {
			if err != nil {
				break
			}
			q := queueOf(v)
			// A second report waits for nobody: the first one does. What was begun or found on it stays where it is.
			if in.Queue != "" && q.Queue != in.Queue || q.DuplicateOf != "" && q.Queue == "alleged" {
				continue
			}
			err = a.alleged(ctx, &q, at)
			out.Items = append(out.Items, q)
		}
		return out, err
	})
}

func queueOf(v projections.IncidentView) queued {
	q := queued{Incident: v.ID, Queue: "concluded", Place: v.Place, Type: v.Type, By: v.By, Attribution: v.Attribution, DuplicateOf: v.DuplicateOf}
	for _, d := range v.Duplicates {
		q.Duplicates = append(q.Duplicates, d.ID)
	}
	if _, open := queues[v.Status]; open {
		q.Queue = v.Status
	}
	if n := len(v.Inquiries); n > 0 {
		i := v.Inquiries[n-1]
		q.Opened, q.Suspended, q.Concluded, q.Finding, q.Monitor, q.Reason = &i.Opened, i.Suspended, i.Concluded, i.Finding, i.By, i.Reason
	}
	return q
}

// alleged adds when the record began, and how long it took from there to the finding.
func (a *API) alleged(ctx context.Context, q *queued, at projections.Point) error {
	ref := domain.Ref{Kind: domain.KindIncident, ID: q.Incident}
	history, err := a.queries.History(ctx, ref, at, projections.Paging{Limit: 1000})
	if err != nil {
		return err
	}
	for _, h := range history.Items {
		if h.Command == "violate" && h.Record == ref.String() {
			q.Alleged = h.RecordedAt
		}
	}
	if q.Concluded != nil && !q.Concluded.Before(q.Alleged) {
		seconds := q.Concluded.Sub(q.Alleged).Seconds()
		q.ToFinding = &seconds
	}
	return nil
}
