package projections

import (
	"fmt"
	"strings"
	"time"

	"truceledger/domain"
)

// A hiding is a set of clocks that keep a record from who asks.
type hiding struct{ known, reported, effective bool }

// farAhead lies behind whatever a record can speak of.
var farAhead = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// missing is the error for a record that an answer does not find. Where there is one that the reader may know of, it names the
// clocks that hide it, or the entry that took it back; nothing is said of any other, so that a restricted record looks like
// one that never was.
func (r *reader) missing(ref domain.Ref, found func(*reader) (bool, error)) error {
	e := &domain.NotFound{Record: ref}
	if r.row(ref).first == 0 {
		return e
	}
	for _, set := range []hiding{{true, true, true}, {false, true, true}} { // what is known by now may take it back
		sees, err := found(r.without(set))
		if err != nil {
			return err
		}
		if sees {
			e.Why, err = r.hiddenBy(ref, set, found)
			return first(err, e)
		}
	}
	var err error
	e.Why, err = r.takenBack(ref)
	return first(err, e)
}

// without is a reader of the same snapshot on whom the given clocks set no limit.
func (r *reader) without(set hiding) *reader {
	p := r.Point
	if set.known {
		p.Prefix = p.Applied
	}
	if set.reported {
		p.ReportedBy = time.Time{}
	}
	if set.effective {
		p.Effective = farAhead
	}
	return newReader(r.q, r.tx, p)
}

// hiddenBy tells which of the clocks hide a record, given that without all of them it is found: those that cannot be put
// back without hiding it.
func (r *reader) hiddenBy(ref domain.Ref, set hiding, found func(*reader) (bool, error)) (string, error) {
	for _, clock := range []*bool{&set.effective, &set.reported, &set.known} {
		if !*clock {
			continue
		}
		*clock = false
		sees, err := found(r.without(set))
		if err != nil {
			return "", err
		}
		*clock = !sees
	}
	return r.without(set).hidingIn(r, ref, set)
}

// hidingIn tells how the clocks of asked lie before the entry that begins the record.
func (r *reader) hidingIn(asked *reader, ref domain.Ref, set hiding) (string, error) {
	x, ok, err := r.begun(ref)
	if err != nil || !ok {
		return "", err
	}
	var said []string
	if set.known {
		said = append(said, fmt.Sprintf("entry %d, which begins it, was recorded at %s, after %s", x.Sequence, rfc3339(x.RecordedAt), asked.prefixAsked()))
	}
	if set.reported {
		said = append(said, r.firstRead(x)+", after reported_by "+rfc3339(asked.ReportedBy))
	}
	if set.effective {
		said = append(said, fmt.Sprintf("it counts from %s, after effective_at %s", rfc3339(x.Effective()), rfc3339(asked.Effective)))
	}
	return strings.Join(said, "; and "), r.err
}

// prefixAsked is what a question says of the prefix of the log that it is about.
func (r *reader) prefixAsked() string {
	if r.Asked.KnownAt != nil {
		return "known_at " + rfc3339(*r.Asked.KnownAt)
	}
	return fmt.Sprintf("as_of_sequence %d", r.Prefix)
}

// firstRead tells when the world could first read of an entry.
func (r *reader) firstRead(x domain.Reading) string {
	published := domain.FirstPublished(sourcesOf(domain.Witnesses(x.Sources)), time.Time{}, r.published)
	if published.IsZero() {
		return "no source says when it was published, so that it was when it was recorded, at " + rfc3339(x.RecordedAt)
	}
	return "its first source had published it by " + rfc3339(published)
}

// knows reports whether a record had begun within the prefix, and the reader may know of it.
func (r *reader) knows(ref domain.Ref) bool {
	first := r.row(ref).first
	return first != 0 && first <= r.Prefix
}

// begun returns how the entry reads that began a record.
func (r *reader) begun(ref domain.Ref) (domain.Reading, bool, error) {
	if isRegistered(ref.Kind) {
		readings, _ := r.registered(ref.Kind, ref.ID)
		for _, x := range readings {
			return x, true, r.err
		}
		return domain.Reading{}, false, r.err
	}
	kept, err := r.kept(ref)
	for _, x := range kept.list {
		if x.Command.Creates() {
			return x, true, err
		}
	}
	return domain.Reading{}, false, err
}

// takenBack tells which entry took back the one that began a record.
func (r *reader) takenBack(ref domain.Ref) (string, error) {
	h, err := r.record(ref)
	if err != nil {
		return "", err
	}
	for _, s := range h.Steps {
		if !s.Command.Creates() {
			continue
		}
		if s.Void != 0 {
			return fmt.Sprintf("entry %d, which began it, counts for nothing: its key was ended by entry %d; the record's history tells both", s.Sequence, s.Void), nil
		}
		for _, by := range h.Steps {
			if e, ok := retraction(by); ok && e.Sequence == s.Sequence && by.Void == 0 && by.Sequence <= r.Prefix {
				return fmt.Sprintf("entry %d, which began it, is taken back by entry %d; the record's history tells both", s.Sequence, by.Sequence), nil
			}
		}
	}
	return "", nil
}

func retraction(s domain.Step) (e domain.EntryRetracted, ok bool) {
	if len(s.Events) > 0 {
		e, ok = s.Events[0].(domain.EntryRetracted)
	}
	return e, ok
}

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
