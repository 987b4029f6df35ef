package eventstore

import (
	"bytes"
	"hash/maphash"
	"strconv"
	"time"

	"truceledger/domain"
)

// A Heading is what an entry says of its place.
type Heading struct {
	Sequence   uint64
	Record     uint64    // names the record, for one Replay: a hash under its seed
	RecordedAt time.Time // UTC
	// Followed says that others may depend on the entry, apart from those of its record: see Replay.Follow.
	Followed bool

	before  uint64 // the entry of the record that it says to follow
	creates bool   // its command begins a record
	plain   bool   // it takes back no earlier entry and cannot be void
}

// Heading reads the heading of an entry, most often without reading the rest: what else is wrong with it shows when it is
// read in full. Any number of goroutines may ask.
func (r *Replay) Heading(sequence uint64, payload []byte) (Heading, error) {
	h, quick := r.quickHeading(payload)
	if !quick {
		e, err := ReadPayload(sequence, payload)
		if err != nil {
			return Heading{}, err
		}
		h = r.headingOf(e)
	}
	h.Sequence = sequence
	return h, nil
}

func (r *Replay) headingOf(e Entry) Heading {
	h := Heading{Record: r.key(e.Ref), RecordedAt: e.RecordedAt, before: e.VersionBefore}
	if e.Signed == nil {
		verb := verbByName[e.Command.Verb()]
		h.creates, h.plain = verb.creates, !verb.takesBack
	}
	h.Followed = e.Signed != nil || e.Ref.Kind == domain.KindActor || e.Ref == genesis
	return h
}

// quickHeading reads an entry's beginning as this package writes it; false for every other way to write the same. Since an
// object has no name twice, what the beginning says is what the whole says.
func (r *Replay) quickHeading(payload []byte) (h Heading, ok bool) {
	b := beginning{payload, true}
	subject, at, before := b.place()
	h.Record, h.Followed = maphash.Bytes(r.seed, subject), bytes.HasPrefix(subject, ofActor) || bytes.HasPrefix(subject, ofLedger)
	h.before = before
	b.word(`,"read_to":`)
	b.number()
	b.word(`,"rules":`)
	b.number()
	b.word(`,"command":{"`)
	if !b.ok {
		return Heading{}, false
	}
	var err error
	if h.RecordedAt, err = time.Parse(time.RFC3339Nano, string(at)); err != nil {
		return Heading{}, false
	}
	h.RecordedAt = h.RecordedAt.UTC()
	if bytes.HasPrefix(b.left, []byte(`signed":`)) {
		h.Followed = true
		return h, true
	}
	b.word(`command":"`)
	verb, known := verbByName[string(b.text())]
	h.creates, h.plain = verb.creates, !verb.takesBack
	return h, b.ok && known
}

// VersionBefore returns the sequence of the entry of the same record that an entry says to follow, 0 for a record's first, most
// often without reading the rest of it.
func VersionBefore(payload []byte) (uint64, error) {
	b := beginning{payload, true}
	if _, _, before := b.place(); b.ok {
		return before, nil
	}
	e, err := ReadPayload(0, payload)
	return e.VersionBefore, err
}

var ofActor, ofLedger = []byte(domain.KindActor + "/"), []byte(domain.KindLedger + "/")

// A beginning is read from the front. Once something is missing it is not ok, and stays so.
type beginning struct {
	left []byte
	ok   bool
}

// place reads up to where the entry stands: of which record it is, when it was recorded and which entry it follows.
func (b *beginning) place() (subject, at []byte, before uint64) {
	b.word(`{"specversion":"` + specVersion + `","id":"`)
	b.text()
	b.word(`,"source":"`)
	b.text()
	b.word(`,"type":"` + entryType + `","subject":"`)
	subject = b.text()
	b.word(`,"time":"`)
	at = b.text()
	b.word(`,"datacontenttype":"` + contentType + `","data":{"version_before":`)
	return subject, at, b.number()
}

func (b *beginning) word(w string) {
	if !b.ok || len(b.left) < len(w) || string(b.left[:len(w)]) != w {
		b.ok = false
		return
	}
	b.left = b.left[len(w):]
}

// text reads a string without escapes, up to and with its end.
func (b *beginning) text() []byte {
	i := bytes.IndexByte(b.left, '"')
	if !b.ok || i < 0 || bytes.IndexByte(b.left[:i], '\\') >= 0 {
		b.ok = false
		return nil
	}
	t := b.left[:i]
	b.left = b.left[i+1:]
	return t
}

func (b *beginning) number() uint64 {
	i := 0
	for i < len(b.left) && '0' <= b.left[i] && b.left[i] <= '9' {
		i++
	}
	n, err := strconv.ParseUint(string(b.left[:i]), 10, 64)
	if err != nil || i > 1 && b.left[0] == '0' {
		b.ok = false
		return 0
	}
	b.left = b.left[i:]
	return n
}
