package projections

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"truceledger/domain"
	"truceledger/domain/incident"
)

// mostSteps bounds the way from a report to the one that counts for it.
const mostSteps = 64

// original is the incident under which a report is counted, as the question's clocks keep the marks: its own id where none
// leads elsewhere. A mark that names what is not on the record then, or no longer, leads nowhere. Reports that name each other in
// a circle, as two that were marked at the same moment can, count under the first of them by id.
func (r *reader) original(s incident.State) (string, error) {
	way := []string{s.ID}
	for of := s.Duplicate.Of; of != "" && len(way) < mostSteps; {
		if i := slices.Index(way, of); i >= 0 {
			return slices.Min(way[i:]), nil
		}
		next, _, err := r.incident(of)
		if err != nil {
			return "", err
		}
		if !next.Exists() {
			break
		}
		way, of = append(way, of), next.Duplicate.Of
	}
	return way[len(way)-1], nil
}

// isDuplicate reports whether an incident is counted under another one.
func (r *reader) isDuplicate(s incident.State) bool {
	of, err := r.original(s)
	if err != nil {
		r.fail(err)
	}
	return of != s.ID
}

// duplicates lists the reports that are counted under an incident, by id. Every one of them names it, or one that names it.
func (r *reader) duplicates(id string) (list []incident.State, err error) {
	seen := map[string]bool{id: true}
	for next := []string{id}; len(next) > 0 && len(seen) <= domain.MostEntries; next = next[1:] {
		for _, other := range r.naming(next[0]) {
			if seen[other] {
				continue
			}
			seen[other] = true
			next = append(next, other)
			s, _, err := r.incident(other)
			if err != nil {
				return nil, err
			}
			counted, err := r.original(s)
			if err != nil {
				return nil, err
			}
			if s.Exists() && counted == id {
				list = append(list, s)
			}
		}
	}
	slices.SortFunc(list, func(x, y incident.State) int { return strings.Compare(x.ID, y.ID) })
	return list, nil
}

// naming lists the incidents that have ever named one: history has a row under it for each of their entries.
func (r *reader) naming(id string) (ids []string) {
	prefix := touchPrefix(domain.Ref{Kind: domain.KindIncident, ID: id}.String())
	c := r.tx.Bucket([]byte(historyBucket)).Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		other, isIncident := strings.CutPrefix(readTouch(v).own, string(domain.KindIncident)+"/")
		if isIncident && !slices.Contains(ids, other) {
			ids = append(ids, other)
		}
	}
	return ids
}

// merged says on an incident what it is a second report of, and which are second reports of it.
func (r *reader) merged(v *IncidentView, s incident.State) error {
	of, err := r.original(s)
	if err != nil {
		return err
	}
	if of != s.ID {
		v.DuplicateOf = of
		v.FlagNotes = append(v.FlagNotes, domain.Flag{Code: domain.FlagDuplicate, Sequence: s.Duplicate.Sequence, Detail: fmt.Sprintf("it is counted as incident %s", of)})
	}
	others, err := r.duplicates(s.ID)
	for _, d := range others {
		v.Duplicates = append(v.Duplicates, DuplicateView{
			ID: d.ID, By: d.By, Status: string(d.Status), At: bounds(d.At), Sources: some(d.Sources), MarkedBy: d.Duplicate.By,
			MarkedAt: d.Duplicate.Occurred.Earliest, Reason: d.Duplicate.Reason,
		})
	}
	return err
}

// distinct calls do for the incidents that a filter keeps, but of the reports of one incident for one only: the one that
// counts for all where the filter keeps it, else the first by id that it keeps.
func (r *reader) distinct(ctx context.Context, f IncidentFilter, do func(incident.State)) error {
	waiting := map[string]incident.State{} // by the incident that counts for them
	err := r.eachIncident(ctx, f, func(s incident.State) error {
		of, err := r.original(s)
		if of == s.ID {
			do(s)
		} else if _, earlier := waiting[of]; !earlier {
			waiting[of] = s
		}
		return err
	})
	for of, s := range waiting {
		counting, _, failed := r.incident(of)
		if err = first(err, failed); err == nil && !f.keeps(r, counting) {
			do(s)
		}
	}
	return first(err, r.err)
}
