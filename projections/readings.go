package projections

import (
	"slices"
	"time"

	"truceledger/domain"
)

// A reading is how a record reads at the question's recording and publishing clocks, once found out.
type reading struct {
	list    []domain.Reading // by place
	cited   cited            // by them
	version uint64
}

// cited are the sources of readings. Most entries of a record cite the same few, which are then looked up once.
type cited struct {
	lists [][]domain.SourceRef
	by    []uint32 // for each reading: which of lists
}

// mostAlike is how many of the last lists a new one is compared with.
const mostAlike = 4

func citedIn(readings []domain.Reading) (c cited) {
	c.by = make([]uint32, len(readings))
	for i, x := range readings {
		recent := c.lists[max(0, len(c.lists)-mostAlike):]
		same := slices.IndexFunc(recent, func(list []domain.SourceRef) bool { return slices.EqualFunc(list, x.Sources, citesAlike) })
		if same < 0 {
			same, c.lists = len(recent), append(c.lists, x.Sources)
			recent = c.lists[len(c.lists)-len(recent)-1:]
		}
		c.by[i] = uint32(len(c.lists) - len(recent) + same)
	}
	return c
}

// citesAlike reports whether two citations say the same of when something was published.
func citesAlike(x, y domain.SourceRef) bool { return x.Source == y.Source && x.Modality == y.Modality }

// settled returns the readings of all steps, ok where none of them corrects another: then a question that keeps only some
// steps reads those the same.
func (h *held) settled() (all reading, ok bool) {
	h.once.Do(func() {
		if h.all.list, h.plain = h.Settled(); h.plain {
			h.all.cited = citedIn(h.all.list)
		}
	})
	return h.all, h.plain
}

// kept returns how a record reads at the question's recording and publishing clocks, for who leaves the list as it is.
func (r *reader) kept(ref domain.Ref) (reading, error) {
	if x, ok := r.read[ref]; ok {
		return x, r.err
	}
	h, err := r.record(ref)
	if err != nil {
		return reading{}, err
	}
	var x reading
	keep := r.Keeps(r.published)
	for _, s := range slices.Backward(h.Steps) {
		if keep(s) {
			x = r.keeping(h, keep)
			x.version = s.Sequence
			break
		}
	}
	r.read[ref] = x
	return x, r.err
}

// keeping reads the steps that keep allows, which is r.Keeps.
func (r *reader) keeping(h *held, keep func(domain.Step) bool) (x reading) {
	all, settled := h.settled()
	if !settled {
		x.list = h.Readings(keep)
		x.cited = citedIn(x.list)
		return x
	}
	published := make([]time.Time, len(all.cited.lists)) // zero where the sources do not say
	for i, list := range all.cited.lists {
		if !r.ReportedBy.IsZero() {
			published[i] = domain.FirstPublished(sourcesOf(domain.Witnesses(list)), time.Time{}, r.published)
		}
	}
	kept := func(i int) bool {
		if all.list[i].Sequence > r.Prefix {
			return false
		}
		at := published[all.cited.by[i]]
		if at.IsZero() {
			at = all.list[i].RecordedAt
		}
		return r.ReportedBy.IsZero() || !at.After(r.ReportedBy)
	}
	n := 0
	for n < len(all.list) && kept(n) {
		n++
	}
	if n == len(all.list) {
		return all // most often: nothing to copy
	}
	x.list, x.cited = slices.Clone(all.list[:n]), cited{lists: all.cited.lists, by: slices.Clone(all.cited.by[:n])}
	for n++; n < len(all.list); n++ {
		if kept(n) {
			x.list, x.cited.by = append(x.list, all.list[n]), append(x.cited.by, all.cited.by[n])
		}
	}
	return x
}

func sourcesOf(refs []domain.SourceRef) []string {
	sources := make([]string, len(refs))
	for i, ref := range refs {
		sources[i] = ref.Source
	}
	return sources
}

// readings is kept for who changes the list.
func (r *reader) readings(ref domain.Ref) (readings []domain.Reading, version uint64, err error) {
	x, err := r.kept(ref)
	return slices.Clone(x.list), x.version, err
}

// happened returns the readings that had happened by the effective time.
func (r *reader) happened(ref domain.Ref) (readings []domain.Reading, version uint64, err error) {
	readings, version, err = r.readings(ref)
	return slices.DeleteFunc(readings, func(x domain.Reading) bool { return !r.Happened(x) }), version, err
}
