package projections

import (
	"slices"
	"strings"
	"sync"
	"time"

	"truceledger/domain"
	"truceledger/domain/incident"
)

// mostLone bounds what is kept in memory of incidents of a single entry: about 400 bytes of each.
const mostLone = 200_000

// lone keeps what incidents of a single entry count as. Most incidents are never spoken of again, and to read each from its
// entry would make a count of a hundred thousand take seconds, at every step of a slider.
type lone struct {
	mu    sync.RWMutex
	all   map[string]alone
	texts map[string]string // each text once
}

// alone is an incident that one entry tells of: it counts wherever the clocks keep the entry.
type alone struct {
	sequence  uint64
	effective time.Time
	state     incident.State // without what is not counted by
}

// counted is an incident as far as it is counted by, at the question's clocks.
func (r *reader) counted(id string) (incident.State, error) {
	ref := domain.Ref{Kind: domain.KindIncident, ID: id}
	if !r.ReportedBy.IsZero() { // when it was published follows from other records
		s, _, _, err := r.incident(id)
		return s, err
	}
	x, ok := r.q.lone.get(id)
	if ok && x.sequence == r.newest(ref) {
		if x.sequence > r.Prefix || x.effective.After(r.Effective) {
			return incident.State{}, nil
		}
		return x.state, nil
	}
	kept, err := r.kept(ref)
	if err != nil {
		return incident.State{}, err
	}
	if len(kept.list) == 1 {
		if h, err := r.record(ref); err == nil && len(h.Steps) == 1 {
			x = alone{h.Version(), kept.list[0].Effective(), incident.Fold(kept.list)}
			r.q.lone.keep(id, x)
		}
	}
	s, _, _, err := r.incident(id)
	return s, err
}

func (l *lone) get(id string) (alone, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	x, ok := l.all[id]
	return x, ok
}

func (l *lone) keep(id string, x alone) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil || len(l.all) >= mostLone {
		l.all, l.texts = map[string]alone{}, map[string]string{}
	}
	s := x.state
	x.state = incident.State{
		ID: l.text(s.ID), At: s.At, Place: l.text(s.Place), Type: l.text(s.Type), Status: incident.Status(l.text(string(s.Status))), By: l.text(s.By), Count: s.Count,
		Accused: l.each(s.Accused), Ceasefires: l.each(s.Ceasefires),
	}
	x.state.At.Zone, x.state.At.Phrase = l.text(s.At.Zone), ""
	l.all[x.state.ID] = x
}

// text returns a copy that holds nothing else in memory: a text of an entry is a part of all that the entry says.
func (l *lone) text(s string) string {
	if kept, ok := l.texts[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	l.texts[s] = s
	return s
}

func (l *lone) each(all []string) []string {
	all = slices.Clone(all)
	for i := range all {
		all[i] = l.text(all[i])
	}
	return all
}
