package projections

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/incident"
	"truceledger/eventstore"
)

// records keeps one row for each record of some kinds.
type records struct {
	name  string
	kinds []domain.Kind
	words func(domain.Command) []string // by which a list can pass a record over; nil for none
}

func (p records) Name() string { return p.name }

func (p records) Buckets() []string {
	var names []string
	for _, k := range p.kinds {
		names = append(names, rowBucket(k))
	}
	return names
}

// rowBucket holds the rows of one kind of record, by id.
func rowBucket(k domain.Kind) string { return "rows " + string(k) }

func (p records) Apply(tx *Tx, e eventstore.Entry) error {
	if !slices.Contains(p.kinds, e.Ref.Kind) {
		return nil
	}
	b, key := tx.Bucket(rowBucket(e.Ref.Kind)), append(tx.key[:0], e.Ref.ID...)
	tx.key = key
	old := b.Get(key)
	if tx.first = e.Sequence; len(old) >= 16 {
		tx.first = toNumber(old)
	}
	var words []string
	if p.words != nil {
		words = p.words(e.Command)
	}
	if len(words) == 0 && len(old) >= 16 { // most often: nothing but the newest entry is another
		tx.value = append(tx.value[:0], old...)
		binary.BigEndian.PutUint64(tx.value[8:], e.Sequence)
		b.Put(key, tx.value)
		return nil
	}
	r := readRow(old)
	r.first, r.newest = tx.first, e.Sequence
	r.learn(words)
	b.Put(key, r.bytes())
	return nil
}

// A row is what a list knows of a record without decoding it.
type row struct {
	first, newest uint64
	// words are what any entry of the record ever said, whatever was corrected since: a record without a word cannot match
	// a question for it at any clocks. Sorted.
	words [][]byte
}

func readRow(b []byte) row {
	if len(b) < 16 {
		return row{}
	}
	r := row{first: toNumber(b), newest: toNumber(b[8:])}
	if len(b) > 16 {
		r.words = bytes.Split(b[16:], []byte{0})
	}
	return r
}

func (r row) bytes() []byte {
	size := 16
	for _, w := range r.words {
		size += len(w) + 1
	}
	b := make([]byte, 0, size)
	b = append(append(b, number(r.first)...), number(r.newest)...)
	for i, w := range r.words {
		if i > 0 {
			b = append(b, 0)
		}
		b = append(b, w...)
	}
	return b
}

func (r *row) learn(words []string) {
	for _, w := range words {
		if i, known := slices.BinarySearchFunc(r.words, []byte(w), bytes.Compare); !known {
			r.words = slices.Insert(r.words, i, []byte(w))
		}
	}
}

// mayBe reports whether the record can match: it has every word that is asked for. An empty value asks for nothing.
func (r row) mayBe(words ...string) bool {
	for _, w := range words {
		if len(w) <= 2 {
			continue
		}
		if _, known := slices.BinarySearchFunc(r.words, []byte(whole(w)), bytes.Compare); !known {
			return false
		}
	}
	return true
}

// The first letter of a word says what it is about.
const (
	wordActor     = "a:" // somebody accused
	wordClass     = "c:"
	wordCeasefire = "f:"
	wordPlace     = "p:"
	wordBy        = "b:"
	wordType      = "t:"
)

func tagged(words []string, tag string, values ...string) []string {
	for _, v := range values {
		if v != "" {
			words = append(words, whole(tag+v))
		}
	}
	return words
}

// whole makes sure that a text stays one word: a zero byte ends a word in a row. Two texts may become the same word, which
// only means that a record is looked at in vain.
func whole(word string) string { return strings.ReplaceAll(word, "\x00", "\x01") }

func ceasefireWords(c domain.Command) []string {
	switch c := c.(type) {
	case *domain.Correct:
		return ceasefireWords(c.Replacement)
	case *ceasefire.Propose:
		return tagged(nil, wordClass, string(c.Class))
	case *ceasefire.Amend:
		return tagged(nil, wordClass, string(c.Class))
	}
	return nil
}

func incidentWords(c domain.Command) (words []string) {
	switch c := c.(type) {
	case *domain.Correct:
		return incidentWords(c.Replacement)
	case *incident.Violate:
		words = tagged(words, wordCeasefire, c.Ceasefires...)
		words = tagged(words, wordPlace, c.Place)
		words = tagged(words, wordType, c.Type)
		words = tagged(words, wordBy, c.By)
		words = tagged(words, wordActor, c.Accused...)
	}
	return words
}
