package projections

import (
	"encoding/binary"
	"slices"
	"strings"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/incident"
	"truceledger/domain/statement"
	"truceledger/domain/talks"
	"truceledger/domain/tally"
	"truceledger/eventstore"
)

const (
	historyBucket = "history/2"
	linksBucket   = "history/2 links"
)

// history finds the entries that touch a record: its own, those that name it, and all entries of the incidents, tallies,
// talks and statements that name it. Each row says which entry made the link, so that a question whose clocks do not keep
// that entry does not follow it.
type history struct{}

func (history) Name() string      { return historyBucket }
func (history) Buckets() []string { return []string{historyBucket, linksBucket} }

func (history) Apply(tx *Tx, e eventstore.Entry) error {
	rows, own := tx.Bucket(historyBucket), e.Ref.String()
	tx.key, tx.value = appendTouchKey(tx.key[:0], own, e.Sequence), appendOwn(tx.value[:0], e.Sequence, e.VersionBefore)
	rows.Insert(tx.key, tx.value)
	cited := citedBy(e.Command)
	if e.Ref.Kind == domain.KindCeasefire || len(cited) == 0 && e.VersionBefore == 0 {
		for _, ref := range cited {
			if ref != own {
				rows.Insert(touchKey(ref, e.Sequence), touchValue(e.Sequence, own))
			}
		}
		return nil
	}
	links := tx.Bucket(linksBucket)
	tx.key = append(tx.key[:0], own...)
	linked := readLinks(links.Get(tx.key))
	for ref, since := range linked.each {
		rows.Insert(touchKey(ref, e.Sequence), touchValue(since, own))
	}
	if linked.add(cited, own, e.Sequence, func(ref string) { touchAll(rows, own, ref, e.Sequence) }) {
		links.Put([]byte(own), []byte(linked.String()))
	}
	return nil
}

// touchAll gives ref every entry of the record own so far: it names ref from the entry since on, and what it said before
// belongs to the same story.
func touchAll(rows *Bucket, own, ref string, since uint64) {
	for n := since; n != 0; {
		rows.Put(touchKey(ref, n), touchValue(since, own))
		n = readTouch(rows.Get(touchKey(own, n))).before
	}
}

// A touch is the value of a row: of a record's own entry the version before it, of another record's entry whose it is and
// which entry made the link.
type touch struct {
	own    string // kind/id of the other record, "" in a record's own rows
	since  uint64
	before uint64
}

// The ninth byte says which of the two follows. Nothing is to be guessed from the bytes themselves: a sequence may hold any
// byte, that of a slash too.
const (
	ownTouch   = 'o' // a sequence
	otherTouch = 'r' // a record
)

func appendOwn(b []byte, n, before uint64) []byte {
	return binary.BigEndian.AppendUint64(append(binary.BigEndian.AppendUint64(b, n), ownTouch), before)
}

func touchValue(since uint64, own string) []byte {
	return append(append(number(since), otherTouch), own...)
}

// readTouch reads what appendOwn and touchValue wrote; the zero touch for anything else.
func readTouch(b []byte) touch {
	switch {
	case len(b) == 17 && b[8] == ownTouch:
		return touch{since: toNumber(b), before: toNumber(b[9:])}
	case len(b) > 9 && b[8] == otherTouch:
		return touch{since: toNumber(b), own: string(b[9:])}
	}
	return touch{}
}

func touchKey(ref string, n uint64) []byte {
	return appendTouchKey(make([]byte, 0, len(ref)+1+8), ref, n)
}

func appendTouchKey(key []byte, ref string, n uint64) []byte {
	return binary.BigEndian.AppendUint64(append(append(key, ref...), 0), n)
}

func touchPrefix(ref string) []byte { return append([]byte(ref), 0) }

// links are the records that one record names, each with the entry that first did so.
type links struct {
	refs  []string
	since []uint64
}

func readLinks(b []byte) (l links) {
	for len(b) > 8 {
		ref, rest, _ := strings.Cut(string(b[8:]), "\x00")
		l.refs, l.since = append(l.refs, ref), append(l.since, toNumber(b))
		b = []byte(rest)
	}
	return l
}

func (l links) String() string {
	var b strings.Builder
	for i, ref := range l.refs {
		b.Write(number(l.since[i]))
		b.WriteString(ref + "\x00")
	}
	return b.String()
}

func (l links) each(yield func(string, uint64) bool) {
	for i, ref := range l.refs {
		if !yield(ref, l.since[i]) {
			return
		}
	}
}

// add takes in what is named for the first time, and calls fresh for each.
func (l *links) add(cited []string, own string, n uint64, fresh func(ref string)) (changed bool) {
	for _, ref := range cited {
		if ref == own || slices.Contains(l.refs, ref) {
			continue
		}
		l.refs, l.since, changed = append(l.refs, ref), append(l.since, n), true
		fresh(ref)
	}
	return changed
}

// citedBy lists the records that a command names as what it is about, each once.
func citedBy(c domain.Command) (refs []string) {
	switch c := c.(type) {
	case *domain.Correct:
		return citedBy(c.Replacement)
	case *incident.Violate:
		refs = refsOf(domain.KindCeasefire, c.Ceasefires...)
	case *tally.RecordTally:
		refs = c.About
	case *statement.RecordStatement:
		refs = c.About
	case *talks.OpenTalks:
		refs = c.About
	case *talks.RecordTalksStatus:
		refs = c.About
	case *talks.ReserveRight:
		refs = c.About
	case *ceasefire.Propose:
		refs = refsOf(domain.KindCeasefire, c.Parent, c.Predecessor)
	case *ceasefire.Amend:
		refs = refsOf(domain.KindCeasefire, c.Parent, c.Predecessor)
	case *ceasefire.Supersede:
		refs = refsOf(domain.KindCeasefire, c.Successor)
	case *incident.MarkDuplicate:
		refs = refsOf(domain.KindIncident, c.Of)
	case *ceasefire.Thwart:
		refs = refsOf(domain.KindIncident, c.Incidents...)
	}
	if len(refs) < 2 {
		return refs
	}
	refs = slices.Clone(refs)
	slices.Sort(refs)
	return slices.Compact(refs)
}

func refsOf(kind domain.Kind, ids ...string) (refs []string) {
	for _, id := range ids {
		if id != "" {
			refs = append(refs, domain.Ref{Kind: kind, ID: id}.String())
		}
	}
	return refs
}
