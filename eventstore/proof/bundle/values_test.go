package bundle_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"go.etcd.io/bbolt"

	"truceledger/eventstore/memory"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/bundle"
	"truceledger/eventstore/proof/signed"
)

// A place is where a value stands in an entry's JSON.
type place struct {
	path     string
	from, to int
}

// places finds every value in a payload that is no object.
func places(t *testing.T, payload []byte) (all []place) {
	t.Helper()
	d := jsontext.NewDecoder(bytes.NewReader(payload))
	for {
		kind := d.PeekKind()
		name, n := d.StackIndex(d.StackDepth())
		isName := name == '{' && n%2 == 0
		if isName || strings.ContainsRune("{}]", rune(kind)) {
			_, err := d.ReadToken()
			must(t, err)
			if d.StackDepth() == 0 {
				return all
			}
			continue
		}
		raw, err := d.ReadValue()
		must(t, err)
		to := int(d.InputOffset())
		all = append(all, place{string(d.StackPointer()), to - len(raw), to})
	}
}

// forged is a bundle of the log with one payload put in the place of another, signed anew with the log's key.
func (f *fixture) forged(at uint64, payload []byte) string {
	f.t.Helper()
	forged := *f
	log := memory.New()
	heads := map[string]uint64{}
	var err error
	for m, err := range f.log.Read(f.t.Context(), 0) {
		must(f.t, err)
		if m.Sequence == at {
			m.Payload = payload
		}
		heads[m.Subject], err = log.Append(f.t.Context(), m.Subject, heads[m.Subject], m.Payload)
		must(f.t, err)
	}
	forged.log, forged.signed = log, nil
	forged.db, err = bbolt.Open(filepath.Join(f.t.TempDir(), "tree.db"), 0o600, &bbolt.Options{NoSync: true})
	must(f.t, err)
	defer forged.db.Close()
	forged.heads, err = proof.OpenHeads(filepath.Join(f.t.TempDir(), "heads.db"))
	must(f.t, err)
	defer forged.heads.Close()
	forged.keeper = proof.NewKeeper(f.key, proof.In{DB: forged.db, Bucket: bucket}, forged.heads, nil)
	forged.newWitness()
	forged.sign()
	return forged.write(func(s *bundle.Source) { s.Attachments, s.Receipts = nil, nil })
}

// hostile are values that stand where others are expected.
var hostile = []string{
	"18446744073709551615", "9223372036854775808", "-1", "1e400", "0", "null", `""`, "[]", "{}", `"\ud800"`,
	`"9999-12-31T23:59:59.999999999Z"`, strings.Repeat("[", 20000), `"` + strings.Repeat("x", 40000) + `"`,
}

// Whatever an operator with the log's key puts in the place of a value of an entry, the check ends, and holds or names an entry.
func TestNoForgedValueStopsTheCheck(t *testing.T) {
	t.Parallel()
	key := newSigner(t)
	f := onTheTable(t, key)
	must(t, f.signs(f.statement(2, signed.Seen{}, northAgrees), key)) // what it had seen would catch all before it
	o := bundle.Options{Trust: bundle.Trust{LogKey: f.keeper.Verifier()}}
	tried := 0
	for m, err := range f.log.Read(t.Context(), 0) {
		must(t, err)
		for _, p := range places(t, m.Payload) {
			value := hostile[tried%len(hostile)] // each at some place, and each place with some
			tried++
			payload := bytes.Join([][]byte{m.Payload[:p.from], []byte(value), m.Payload[p.to:]}, nil)
			_, err := bundle.Verify(t.Context(), f.forged(m.Sequence, payload), o)
			var failure *bundle.Failure
			if err != nil && (!errors.As(err, &failure) || failure.Sequence < m.Sequence) {
				t.Errorf("entry %d, %s = %.40s: %v", m.Sequence, p.path, value, err)
			}
		}
	}
	if tried < 100 {
		t.Errorf("%d values were tried", tried)
	}
}
