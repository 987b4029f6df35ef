package projections

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
	"truceledger/eventstore/proof/signed"
)

// A keyring is a book in which north speaks by its keys only.
type keyring struct {
	*book
	t        testing.TB
	commands int
}

func newKeyring(t testing.TB) *keyring {
	b := &book{log: memory.New(), clock: &hand{now: at("2016-05-12T00:00:00Z")}}
	k := &keyring{book: b, t: t}
	k.Ledger = k.node(true)
	return k
}

// node opens one more ledger on the log; one that does not read has seen what stands there now, and nothing of what comes.
func (k *keyring) node(reads bool) *eventstore.Ledger {
	k.t.Helper()
	l, err := eventstore.Open(k.t.Context(), k.log, eventstore.Options{Clock: k.clock.Now, Logger: quiet, OwnReader: reads, FirstSignatures: eventstore.SignaturesRegistered})
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { _ = l.Close() })
	return l
}

func newKey(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// signs sends a command by a ledger, signed with keys.
func (k *keyring) signs(l *eventstore.Ledger, e signed.Envelope) (uint64, error) {
	r, err := l.Execute(k.t.Context(), eventstore.Request{Signed: &e, Principal: "desk"})
	return r.Entry.Sequence, err
}

func (k *keyring) envelope(body string, keys ...ssh.Signer) signed.Envelope {
	k.t.Helper()
	k.commands++
	full := strings.Replace(body, "{", fmt.Sprintf(`{"command_id":"00000000-0000-4000-8000-%012d","occurred":"2016-05-04T12:00:00Z",`, k.commands), 1)
	s := signed.Statement{Ledger: k.ID(), Command: []byte(full), PartySeq: uint64(k.commands), ValidUntil: "2017-01-01T00:00:00Z"}
	e, err := signed.Sign(s, keys[0])
	for _, more := range keys[1:] {
		var other string
		if err == nil {
			other, err = signed.SignBytes(e.Signed, k.ID(), more)
		}
		e.Signatures = append(e.Signatures, other)
	}
	if err != nil {
		k.t.Fatal(err)
	}
	return e
}

func (k *keyring) must(body string, keys ...ssh.Signer) uint64 {
	k.t.Helper()
	n, err := k.signs(k.Ledger, k.envelope(body, keys...))
	if err != nil {
		k.t.Fatalf("%s: %v", body, err)
	}
	return n
}

func registers(key ssh.Signer) string {
	return fmt.Sprintf(`{"command":"register-key","actor":"north","key":"%s"}`, signed.KeyLine(key.PublicKey()))
}

func revokes(key ssh.Signer, since uint64) string {
	return fmt.Sprintf(`{"command":"revoke-key","actor":"north","fingerprint":"%s","compromised_since":%d}`, signed.Fingerprint(key.PublicKey()), since)
}

// river puts a proposal on the table to which south has agreed; it ends at 6.
func (k *keyring) river() {
	k.t.Helper()
	k.do(k.t, `{"command":"register-actor","actor":"north","name":"North","kind":"state"}`)
	k.do(k.t, `{"command":"register-actor","actor":"south","name":"South","kind":"armed_group"}`)
	k.do(k.t, `{"command":"register-place","place":"town","name":"Town"}`)
	k.do(k.t, `{"command":"propose","ceasefire":"river","by":"north","title":"River","class":"local_truce","area":"town","parties":["north","south"],"from":"2016-05-05T00:01+03:00","lasting":"PT48H","occurred":"2016-05-01T00:00Z"}`)
	k.do(k.t, `{"command":"agree","ceasefire":"river","by":"south","occurred":"2016-05-02T00:00Z"}`)
}

// race has nodes that have read nothing of a revocation take what the revoked key signs, one for each command: what a node has
// stored itself it reads before it decides the next. It returns where each command stands.
func (k *keyring) race(revoke func(), envelopes ...signed.Envelope) (sequences []uint64) {
	k.t.Helper()
	var behind []*eventstore.Ledger
	for range envelopes {
		behind = append(behind, k.node(false))
	}
	before, err := k.log.Last(k.t.Context())
	if err != nil {
		k.t.Fatal(err)
	}
	revoke()
	answers := make(chan error, len(envelopes))
	for i, e := range envelopes {
		go func() { _, err := k.signs(behind[i], e); answers <- err }()
	}
	want := before + 1 + uint64(len(envelopes))
	var missed []eventstore.Entry
	ctx, cancel := context.WithTimeout(k.t.Context(), 10*time.Second)
	defer cancel()
	for m, err := range k.log.Follow(ctx, before) {
		if err != nil {
			k.t.Fatalf("they never came onto the log: %v", err)
		}
		x, err := behind[0].Decode(m)
		if err != nil {
			k.t.Fatal(err)
		}
		if missed = append(missed, x); m.Sequence == want {
			break
		}
	}
	if len(missed) != 1+len(envelopes) {
		k.t.Fatalf("%d entries came onto the log, want %d", len(missed), 1+len(envelopes))
	}
	for _, node := range behind {
		for _, x := range missed {
			node.Observe(x)
		}
	}
	for range envelopes {
		var void *eventstore.VoidError
		if err := <-answers; !errors.As(err, &void) || void.By != before+1 {
			k.t.Fatalf("got %v, want that entry %d has voided it", err, before+1)
		}
		sequences = append(sequences, void.Sequence)
	}
	slices.Sort(sequences)
	return sequences
}

// Given a key that is revoked while a node that has not read so takes what it signs, when the read models come by, then what it
// signed stands in the log, is shown as void, and counts nowhere: in no status, no list, no count and no correction.
func TestWhatIsVoidOnArrivalCountsNowhere(t *testing.T) {
	key, next := newKey(t), newKey(t)
	k := newKeyring(t)
	k.river()
	k.must(registers(key), key)
	k.must(registers(next), next, key)
	k.must(`{"command":"violate","incident":"shot","by":"north","at":"2016-05-05T14:00Z","count":1,"ceasefires":["river"]}`, key)
	revocation := uint64(0)
	void := k.race(func() { revocation = k.must(revokes(key, 0), next) },
		k.envelope(`{"command":"agree","ceasefire":"river","by":"north","version":1}`, key),
		k.envelope(`{"command":"violate","incident":"raid","by":"north","at":"2016-05-05T15:00Z","count":1,"ceasefires":["river"]}`, key),
		k.envelope(`{"command":"retract","record":"incident/shot","sequence":9,"by":"north","reason":"x"}`, key),
	)
	p := k.started(t, t.TempDir())
	now := k.point(t, p, Clock{})

	river, err := p.Ceasefire(t.Context(), "river", now)
	if err != nil {
		t.Fatal(err)
	}
	if river.Status != "proposed" || river.AgreedAt != nil || len(river.Consents) != 1 {
		t.Errorf("a void consent counts: %s, agreed %v, %d consents", river.Status, river.AgreedAt, len(river.Consents))
	}
	if _, err := p.Incident(t.Context(), "raid", now); !errors.As(err, new(*domain.NotFound)) {
		t.Errorf("what only a void entry speaks of is found: %v", err)
	}
	if shot, err := p.Incident(t.Context(), "shot", now); err != nil {
		t.Errorf("a void retraction has taken it back: %v %v", shot, err)
	}
	list, err := p.Incidents(t.Context(), IncidentFilter{}, now, Paging{})
	if err != nil || len(list.Items) != 1 || list.Items[0].ID != "shot" {
		t.Errorf("the list has %v, %v", list.Items, err)
	}

	history, err := p.History(t.Context(), domain.Ref{Kind: domain.KindCeasefire, ID: "river"}, now, Paging{})
	if err != nil {
		t.Fatal(err)
	}
	shown := map[uint64]HistoryItem{}
	for _, x := range history.Items {
		shown[x.Sequence] = x
	}
	for _, n := range void {
		x, ok := shown[n]
		if !ok {
			t.Errorf("entry %d is not shown at all", n)
			continue
		}
		if x.VoidBy != revocation || !slices.Contains(x.Flags, domain.FlagVoid) {
			t.Errorf("entry %d is shown as any other: void by %d, flags %v", n, x.VoidBy, x.Flags)
		}
	}
	if shot := shown[9]; shot.VoidBy != 0 || shot.RetractedBy != 0 {
		t.Errorf("what the key had signed before is void by %d, retracted by %d", shot.VoidBy, shot.RetractedBy)
	}

	before := void[0] - 2 // before the revocation nothing of it is known
	if v, err := p.Ceasefire(t.Context(), "river", k.point(t, p, Clock{AsOfSequence: &before})); err != nil || v.Status != "proposed" {
		t.Errorf("as of %d: %v, %v", before, v.Status, err)
	}
	k.must(`{"command":"agree","ceasefire":"river","by":"north","version":1}`, next)
	if v, err := p.Ceasefire(t.Context(), "river", k.point(t, p, Clock{})); err != nil || v.AgreedAt == nil {
		t.Errorf("its word by the key that stands does not count: %v, %v", v.Status, err)
	}
}

// Given a revocation that says since when the key was in other hands, then what it signed from there on is shown as disputed and
// counts all the same; what another key has signed with it is not, nor what it signed before, nor before anybody knew.
func TestARevocationDisputesWhatTheKeySigned(t *testing.T) {
	key, next := newKey(t), newKey(t)
	k := newKeyring(t)
	k.river()
	k.must(registers(key), key)
	honest := k.must(`{"command":"agree","ceasefire":"river","by":"north","version":1}`, key)
	stolen := k.must(`{"command":"extend","ceasefire":"river","by":"north","lasting":"PT24H"}`, key)
	k.must(registers(next), next, key)
	vouched := k.must(`{"command":"reaffirm","ceasefire":"river","by":"north"}`, key, next)
	revocation := k.must(revokes(key, stolen), next)
	p := k.started(t, t.TempDir())
	disputes := func(c Clock) map[uint64]uint64 {
		t.Helper()
		h, err := p.History(t.Context(), domain.Ref{Kind: domain.KindCeasefire, ID: "river"}, k.point(t, p, c), Paging{})
		if err != nil {
			t.Fatal(err)
		}
		by := map[uint64]uint64{}
		for _, x := range h.Items {
			by[x.Sequence] = x.DisputedBy
			if (x.DisputedBy != 0) != slices.Contains(x.Flags, domain.FlagDisputed) || x.VoidBy != 0 {
				t.Errorf("entry %d: disputed by %d, void by %d, flags %v", x.Sequence, x.DisputedBy, x.VoidBy, x.Flags)
			}
		}
		return by
	}
	if by := disputes(Clock{}); by[stolen] != revocation || by[honest] != 0 || by[vouched] != 0 {
		t.Errorf("disputed: %v", by)
	}
	before := revocation - 1
	if by := disputes(Clock{AsOfSequence: &before}); by[stolen] != 0 {
		t.Errorf("disputed before anybody knew: %v", by)
	}
	v, err := p.Ceasefire(t.Context(), "river", k.point(t, p, Clock{}))
	if err != nil || v.Until == nil || v.Until.Earliest != at("2016-05-07T21:01:00Z") {
		t.Errorf("what is disputed must still count: until %v, %v", v.Until, err)
	}
}

// Given a sharing that was void on arrival, then whom it names still knows nothing of the record, also after the read models were
// filled anew; one by a key that stands lets them in, to all that stood there before.
func TestAVoidSharingShowsNothing(t *testing.T) {
	key, next := newKey(t), newKey(t)
	k := newKeyring(t)
	k.river()
	k.must(registers(key), key)
	k.must(registers(next), next, key)
	ref := domain.Ref{Kind: domain.KindStatement, ID: confided}
	k.must(`{"command":"record-statement","statement":"`+confided+`","restricted_to":["north"],"statement_kind":"hope","by":"north","text":"soon"}`, key)
	share := `{"command":"share","record":"statement/` + confided + `","by":"north","with":["south"]}`
	void := k.race(func() { k.must(revokes(key, 0), next) }, k.envelope(share, key))
	if _, err := k.try(t, `{"command":"share","record":"statement/`+confided+`","with":["south"]}`); !errors.Is(err, eventstore.ErrSignatureNeeded) {
		t.Errorf("somebody without a key shares what was signed: %v", err)
	}
	south := As(t.Context(), domain.Reader{Actors: []string{"south"}})
	dir := t.TempDir()
	p := k.started(t, dir)
	if sees, err := p.Sees(south, ref); err != nil || sees {
		t.Errorf("a void sharing has let somebody in: %v, %v", sees, err)
	}
	shared := k.must(share, next)
	k.await(t, p)
	other := k.started(t, t.TempDir()) // filled at once
	for name, p := range map[string]*Projections{"as it came": p, "filled anew": other} {
		if sees, err := p.Sees(south, ref); err != nil || !sees {
			t.Errorf("%s: who was let in sees nothing: %v, %v", name, sees, err)
		}
		before := void[0] - 2 // whoever may know of a record now may know what it said then
		then, err := p.Resolve(south, Clock{AsOfSequence: &before})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := p.Statement(t.Context(), confided, then); err != nil || v.Text != "soon" {
			t.Errorf("%s: as of %d, before entry %d shared it: %+v, %v", name, before, shared, v, err)
		}
		if sees, err := p.Sees(As(t.Context(), domain.Reader{Name: "desk2", Actors: []string{"east"}}), ref); err != nil || sees {
			t.Errorf("%s: who was not named sees it: %v, %v", name, sees, err)
		}
	}
}
