package alert

import (
	"context"
	"fmt"
	"strings"
	"time"

	"truceledger/projections"
)

// ceasefires looks at how those of a subscription stand now. An alert's id names what it is about, so that the same state
// seen again tells nothing again, and a new end or new terms do.
func (s *Sender) ceasefires(ctx context.Context, sub Subscription) (pairs []addressed, err error) {
	now := s.now()
	at, err := s.Models.Resolve(ctx, projections.Clock{Effective: &now})
	if err != nil {
		return nil, err
	}
	for p := (projections.Paging{Limit: 1000}); ; {
		page, err := s.Models.Ceasefires(ctx, projections.CeasefireFilter{Area: sub.Area}, at, p)
		if err != nil {
			return nil, err
		}
		for _, v := range page.Items {
			for _, a := range stands(v, sub, now) {
				if sub.wants(a.Kind) {
					pairs = append(pairs, addressed{sub.ID, a})
				}
			}
		}
		if p.Cursor = page.NextCursor; p.Cursor == "" {
			return pairs, nil
		}
	}
}

// stands is what there is to tell of a ceasefire. What lapsed before the subscription was made is no news to anybody.
func stands(v projections.CeasefireView, sub Subscription, now time.Time) (alerts []Alert) {
	tell := func(kind, which string, at time.Time, format string, args ...any) {
		alerts = append(alerts, Alert{
			ID: kind + "/" + v.ID + "/" + which, Kind: kind, Record: "ceasefire/" + v.ID, Title: v.Title, At: at, Sequence: v.Version,
			Sentence: fmt.Sprintf(format, args...),
		})
	}
	name := or(v.Title, v.ID)
	if v.Until != nil {
		end := v.Until.Earliest.UTC()
		which := end.Format(time.RFC3339)
		switch {
		case v.Status == "lapsed" && v.Until.Latest.After(sub.Created):
			tell(Lapsed, which, v.Until.Latest.UTC(), "%s has lapsed: its term ended at %s.", name, v.Until.Latest.UTC().Format(time.RFC3339))
		case (v.Status == "in_force" || v.Status == "suspended") && end.After(now) && end.Before(now.Add(sub.notice())):
			tell(AboutToLapse, which, end, "%s lapses at %s unless it is extended.", name, which)
		}
	}
	if v.Status == "proposed" && len(v.ConsentMissing) > 0 {
		tell(ConsentMissing, fmt.Sprintf("%d/%s", v.TermsVersion, strings.Join(v.ConsentMissing, "+")), now,
			"%s still lacks the consent of %s.", name, strings.Join(v.ConsentMissing, ", "))
	}
	return alerts
}
