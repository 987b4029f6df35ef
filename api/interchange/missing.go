package interchange

import (
	"context"
	"fmt"
	"hash/maphash"
	"iter"
	"strings"

	"truceledger/domain"
	"truceledger/projections"
)

// retractMissing takes back what earlier runs of the format recorded and the table no longer has. A row in quarantine is
// still in the table.
func (im *Importer) retractMissing(ctx context.Context) error {
	at, err := im.Models.Resolve(ctx, projections.Clock{})
	if err != nil {
		return err
	}
	var gone []domain.Ref // collected first: what is retracted would shift the pages
	for ref, err := range im.recorded(ctx, at) {
		if err != nil {
			return err
		}
		if _, there := im.seen[maphash.String(im.seed, ref.String())]; !there {
			gone = append(gone, ref)
		}
	}
	for _, ref := range gone {
		if err := im.retract(ctx, ref); err != nil {
			return fmt.Errorf("retract %s: %w", ref, err)
		}
	}
	return nil
}

// recorded yields the records whose ids are the format's.
func (im *Importer) recorded(ctx context.Context, at projections.Point) iter.Seq2[domain.Ref, error] {
	incidents := func(p projections.Paging) ([]string, string, error) {
		page, err := im.Models.Incidents(ctx, projections.IncidentFilter{}, at, p)
		return idsOf(page.Items, func(v projections.IncidentView) string { return v.ID }), page.NextCursor, err
	}
	ceasefires := func(p projections.Paging) ([]string, string, error) {
		page, err := im.Models.Ceasefires(ctx, projections.CeasefireFilter{}, at, p)
		return idsOf(page.Items, func(v projections.CeasefireView) string { return v.ID }), page.NextCursor, err
	}
	kind := im.Format.Kind()
	switch kind {
	case domain.KindIncident:
		return im.paged(kind, incidents)
	case domain.KindCeasefire:
		return im.paged(kind, ceasefires)
	}
	return func(yield func(domain.Ref, error) bool) {
		yield(domain.Ref{}, domain.Field("retract_missing", "only incidents and ceasefires can be retracted by their absence, not records of the kind %s", kind))
	}
}

func (im *Importer) paged(kind domain.Kind, ask func(projections.Paging) ([]string, string, error)) iter.Seq2[domain.Ref, error] {
	return func(yield func(domain.Ref, error) bool) {
		for p := (projections.Paging{Limit: 1000}); ; {
			ids, next, err := ask(p)
			for _, id := range ids {
				if strings.HasPrefix(id, im.Format.Prefix()+"-") && !yield(domain.Ref{Kind: kind, ID: id}, nil) {
					return
				}
			}
			if err != nil {
				yield(domain.Ref{}, err)
			}
			if err != nil || next == "" {
				return
			}
			p.Cursor = next
		}
	}
}

func idsOf[V any](items []V, id func(V) string) []string {
	ids := make([]string, len(items))
	for i, v := range items {
		ids[i] = id(v)
	}
	return ids
}

// retract takes back a record that earlier runs began. What somebody else recorded under such an id is left alone.
func (im *Importer) retract(ctx context.Context, ref domain.Ref) error {
	r, err := im.Ledger.Record(ctx, ref)
	if err != nil {
		return err
	}
	k := identify(im.Format.Name(), ref.ID, "")
	was := k.past(r)
	if was.last == "" || was.retracted != 0 {
		return nil
	}
	c := &domain.Retract{
		Header:           domain.Header{By: r.Steps[0].Command.Head().By},
		CorrectionTarget: domain.CorrectionTarget{Record: ref.String(), Corrects: was.first},
		Reason:           vanished,
	}
	report := Report{Type: "retracted", Record: ref.String(), Reason: vanished}
	im.total.Retracted++
	if im.DryRun {
		report.Type, report.Action = "would", "retracted"
		im.Tell(report)
		return nil
	}
	im.total.Entries++
	_, err = im.send(ctx, c, k.after(was.last, gone))
	im.Tell(report)
	return err
}
