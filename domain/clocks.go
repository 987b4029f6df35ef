package domain

import (
	"slices"
	"time"

	"truceledger/domain/when"
)

// Clocks are the three clocks of a question: what had happened, what the ledger had recorded, what sources had published.
type Clocks struct {
	// Effective keeps what had happened by then, by the acting party's or the source's word.
	Effective time.Time
	// Prefix keeps the entries up to this sequence: what the ledger had recorded. 0 keeps none.
	Prefix uint64
	// ReportedBy keeps the entries whose earliest source had published by then; zero sets no limit.
	ReportedBy time.Time
}

// Published returns when a source was published, as the register has it; ok is false where it does not say.
type Published func(source string) (published when.Bounds, ok bool)

// Report is what a command implements that says what a source or an observer holds to have happened. A report is never
// refused for contradicting another, and has its own effective time; acts have a place.
type Report interface{ Report() }

// Keeps returns the part of the question that concerns recording and publishing, as a filter of steps.
func (c Clocks) Keeps(published Published) func(Step) bool {
	return func(s Step) bool {
		return s.Sequence <= c.Prefix && (c.ReportedBy.IsZero() || !PublishedAt(s, published).After(c.ReportedBy))
	}
}

// Happened reports whether what a reading speaks of had happened by the effective time.
func (c Clocks) Happened(r Reading) bool { return !r.Effective().After(c.Effective) }

// Effective is the instant from which the reading counts: the place of an act, the earliest moment a report speaks of.
func (r Reading) Effective() time.Time {
	if _, report := r.Command.(Report); report && len(r.Events) > 0 {
		return r.Events[0].When().Occurred.Earliest
	}
	return r.Place
}

// PublishedAt is when the world could first read what a step records: the smallest published.latest among its witnesses;
// where those do not say, when it was recorded.
func PublishedAt(s Step, published Published) time.Time {
	var sources []string
	for _, ref := range Witnesses(s.Command.Head().Sources) {
		sources = append(sources, ref.Source)
	}
	return FirstPublished(sources, s.RecordedAt, published)
}

// Witnesses are the sources by which a step was published: those that assert or quote, or all where none does. Who hopes
// for a thing is no witness of it while somebody asserts it.
func Witnesses(sources []SourceRef) []SourceRef {
	other := func(ref SourceRef) bool { return !ref.Modality.Firm() }
	if !slices.ContainsFunc(sources, other) {
		return sources // most often: nothing to copy
	}
	if firm := slices.DeleteFunc(slices.Clone(sources), other); len(firm) > 0 {
		return firm
	}
	return sources
}

// FirstPublished is the smallest published.latest among sources; where those do not say, when it was recorded.
func FirstPublished(sources []string, recorded time.Time, published Published) time.Time {
	var first time.Time
	for _, source := range sources {
		if b, known := published(source); known && (first.IsZero() || b.Latest.Before(first)) {
			first = b.Latest
		}
	}
	if first.IsZero() {
		return recorded
	}
	return first
}
