package projections

import (
	"context"
	"encoding/binary"
	"time"

	"truceledger/domain"
	"truceledger/domain/incident"
	"truceledger/domain/when"
	"truceledger/eventstore"
)

const briefBucket = "briefs/1"

// briefs keeps, for each incident of which nothing but its allegation was ever recorded, what counting and filtering need:
// most incidents stay like that, and a count over all of them must not decode each. Of any other incident it keeps the
// first sequence only, and that one is folded.
type briefs struct{}

func (briefs) Name() string      { return briefBucket }
func (briefs) Buckets() []string { return []string{briefBucket} }

func (briefs) Apply(tx *Tx, e eventstore.Entry) error {
	if e.Ref.Kind != domain.KindIncident {
		return nil
	}
	b := tx.Bucket(briefBucket)
	tx.key = append(tx.key[:0], e.Ref.ID...)
	switch e.VersionBefore {
	case 0:
		b.Insert(tx.key, briefOf(e))
	case tx.first: // the second entry of its record: from the third on there is nothing left to take away
		if old := b.Get(tx.key); len(old) > 8 {
			b.Put(tx.key, old[:8])
		}
	}
	return nil
}

// briefOf is the first sequence, and behind it the allegation; nothing behind it where the entry is another. Whether a
// signed entry is void depends on keys, so that it is folded too.
func briefOf(e eventstore.Entry) []byte {
	b := number(e.Sequence)
	c, ok := e.Command.(*incident.Violate)
	if !ok || e.Signed != nil || len(e.Events) != 1 {
		return b
	}
	alleged, ok := e.Events[0].(incident.ViolationAlleged)
	if !ok {
		return b
	}
	b = appendTime(b, e.RecordedAt)
	b = appendTime(b, alleged.Occurred.Earliest)
	b = appendTime(b, alleged.Occurred.Latest)
	b = appendText(b, string(alleged.Occurred.Precision))
	b = appendText(b, alleged.Occurred.Zone)
	b = appendText(b, c.Place)
	b = appendText(b, c.Type)
	b = appendText(b, c.By)
	b = binary.AppendVarint(b, int64(c.Count))
	b = appendTexts(b, c.Accused)
	b = appendTexts(b, c.Ceasefires)
	sources := domain.Witnesses(c.Sources)
	b = binary.AppendUvarint(b, uint64(len(sources)))
	for _, s := range sources {
		b = appendText(b, s.Source)
	}
	return b
}

func appendTime(b []byte, t time.Time) []byte {
	return binary.AppendUvarint(binary.AppendVarint(b, t.Unix()), uint64(t.Nanosecond()))
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTexts(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendText(b, s)
	}
	return b
}

// A briefReader reads what briefOf wrote. Texts that come again are made once for each question.
type briefReader struct {
	rest  []byte
	texts map[string]string
	bad   bool
}

func (b *briefReader) signed() int64 {
	v, n := binary.Varint(b.rest)
	b.skip(n)
	return v
}

func (b *briefReader) unsigned() uint64 {
	v, n := binary.Uvarint(b.rest)
	b.skip(n)
	return v
}

// skip goes on behind n bytes; no bytes, or more than there are, mean that the row is not what was written.
func (b *briefReader) skip(n int) {
	if n <= 0 || n > len(b.rest) {
		b.bad, b.rest = true, nil
		return
	}
	b.rest = b.rest[n:]
}

func (b *briefReader) time() time.Time {
	seconds := b.signed()
	return time.Unix(seconds, int64(b.unsigned())).UTC()
}

func (b *briefReader) text() string {
	n := b.unsigned()
	if n == 0 {
		return ""
	}
	if n > uint64(len(b.rest)) {
		b.bad, b.rest = true, nil
		return ""
	}
	raw := b.rest[:n]
	b.rest = b.rest[n:]
	s, known := b.texts[string(raw)]
	if !known {
		s = string(raw)
		b.texts[s] = s
	}
	return s
}

func (b *briefReader) list() (list []string) {
	for n := b.unsigned(); n > 0 && !b.bad; n-- {
		list = append(list, b.text())
	}
	return list
}

// eachIncident calls do for every incident that a filter keeps, by id. What it is given is good for counting and filtering:
// of an incident of which only the allegation was recorded it has no more than that takes.
func (r *reader) eachIncident(ctx context.Context, f IncidentFilter, do func(incident.State) error) error {
	texts := map[string]string{}
	c := r.tx.Bucket([]byte(briefBucket)).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if toNumber(v) > r.Prefix || hidden(r.tx, domain.Ref{Kind: domain.KindIncident, ID: string(k)}, r.Reader) {
			continue
		}
		s, err := r.briefly(string(k), v, texts)
		if err != nil {
			return err
		}
		if s.Exists() && f.keeps(r, s) {
			if err := do(s); err != nil {
				return err
			}
		}
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

// briefly is an incident at the question's clocks, from its row where that says enough.
func (r *reader) briefly(id string, row []byte, texts map[string]string) (s incident.State, err error) {
	if len(row) <= 8 {
		s, _, err = r.incident(id)
		return s, err
	}
	b := briefReader{rest: row[8:], texts: texts}
	recorded := b.time()
	at := when.Bounds{Earliest: b.time(), Latest: b.time(), Precision: when.Precision(b.text()), Zone: b.text()}
	s = incident.State{ID: id, At: at, Place: b.text(), Type: b.text(), By: b.text(), Count: int(b.signed()), Status: incident.Alleged}
	s.Accused, s.Ceasefires = b.list(), b.list()
	sources := b.list()
	if b.bad || len(b.rest) > 0 {
		return s, damaged("the brief of incident %s", id)
	}
	if at.Earliest.After(r.Effective) || !r.ReportedBy.IsZero() && domain.FirstPublished(sources, recorded, r.published).After(r.ReportedBy) {
		return incident.State{}, nil
	}
	return s, nil
}
