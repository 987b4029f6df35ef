package bundle_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"truceledger/eventstore"
	"truceledger/eventstore/memory"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/bundle"
	"truceledger/eventstore/proof/signed"
)

// manual reads the tables of docs/verifying.md on what is caught, but that of servers, which cmd/truce shows: what is done, and what
// is said then.
func manual(t *testing.T) map[string]*regexp.Regexp {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "verifying.md"))
	must(t, err)
	_, section, _ := strings.Cut(string(text), "\n## What is caught, by whom\n")
	section, _, _ = strings.Cut(section, "| how a server lies")
	rows := map[string]*regexp.Regexp{}
	for _, m := range regexp.MustCompile("(?m)^\\| ([^|]+) \\| [^|]+ \\| `(.+)` \\|$").FindAllStringSubmatch(section, -1) {
		says := strings.ReplaceAll(regexp.QuoteMeta(m[2]), "…", ".*")
		rows[m[1]] = regexp.MustCompile("(?s)" + regexp.MustCompile(`\bN\b`).ReplaceAllString(says, `\d+`))
	}
	if len(rows) < 25 {
		t.Fatalf("the manual has %d rows", len(rows))
	}
	return rows
}

// Every row of the manual's tables is done, to a bundle or by an operator who forges, and what is said is what the manual says;
// the manual has no row that is not done here.
func TestTheManualSaysWhatIsCaught(t *testing.T) {
	rows := manual(t)
	for row, says := range shown(t) {
		want := rows[row]
		delete(rows, row)
		if want == nil {
			t.Errorf("the manual has no row %q", row)
			continue
		}
		for _, said := range says {
			if at := want.FindStringIndex(said); at == nil || at[0] != 0 && !strings.HasPrefix(want.String(), "(?s)Note") {
				t.Errorf("%s:\nsaid   %s\nmanual %s", row, said, want)
			}
		}
	}
	for row := range rows {
		t.Errorf("the manual says what nobody has shown: %q", row)
	}
}

// shown does what the manual speaks of, and returns what was said.
func shown(t *testing.T) map[string][]string {
	says := map[string][]string{}
	withoutAKey(t, says)
	withTheLogsKey(t, says)
	throughSignatures(t, says)
	inTheStore(t, says)
	return says
}

func onLine(n int, change func([]byte) []byte) func(*testing.T, string) {
	return edit("events.jsonl", onLines(func(l [][]byte) [][]byte { l[n-1] = change(l[n-1]); return l }))
}

// bothOrders puts the entries of both files into another order.
func bothOrders(change func([][]byte) [][]byte) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		edit("events.jsonl", onLines(change))(t, dir)
		edit("tile/entries/000", func(raw []byte) (again []byte) {
			var all [][]byte
			for p, err := range proof.SplitBundle(raw) {
				must(t, err)
				all = append(all, p)
			}
			for _, p := range change(all)[:256] {
				var err error
				again, err = proof.AppendToBundle(again, p)
				must(t, err)
			}
			return again
		})(t, dir)
	}
}

func drop(l [][]byte) [][]byte   { return slices.Delete(l, 9, 10) }
func double(l [][]byte) [][]byte { return slices.Insert(l, 9, l[9]) }
func swap(l [][]byte) [][]byte   { l[20], l[21] = l[21], l[20]; return l }

func withoutAKey(t *testing.T, says map[string][]string) {
	f := story(t)
	whole := f.write(nil)
	matches, _ := filepath.Glob(filepath.Join(whole, "attachments", "sha256", "*", "*", "*"))
	attachment, _ := filepath.Rel(whole, matches[0])
	stranger := newFixture(t)
	stranger.send(`{"command":"register-actor","actor":"north","name":"North","kind":"state"}`)
	stranger.sign()
	older := edit("checkpoint", func([]byte) []byte { return f.signed[1] })
	oneCosignature := onLines(func(l [][]byte) [][]byte { return l[:5] })
	for row, changes := range map[string][]func(*testing.T, string){
		"a byte of an entry, in one file":   {onLine(42, flip(30)), edit("tile/entries/000", flip(5))},
		"a byte of an entry, in both files": {both(42, flip(30)), both(1, flip(3))},
		"the subject, the time or a sequence that an entry states, in both files": {
			both(7, replace(`"subject":"ceasefire/river"`, `"subject":"ceasefire/rivex"`)), both(7, replace(`"time":"2016-05-04`, `"time":"2016-05-03`)),
			both(20, replace(`"read_to":19`, `"read_to":18`)), both(7, replace(`"version_before":`, `"version_before":1`)),
		},
		"an entry dropped, doubled, or two swapped": {edit("events.jsonl", onLines(drop)), edit("events.jsonl", onLines(double)), edit("events.jsonl", onLines(swap))},
		"the same in both files":                    {bothOrders(double), bothOrders(swap)},
		"entries cut off at the end":                {edit("events.jsonl", onLines(func(l [][]byte) [][]byte { return l[:len(l)-1] }))},
		"entries added at the end":                  {edit("events.jsonl", onLines(func(l [][]byte) [][]byte { return append(l, l[9]) }))},
		"a byte of a tile, or a tile gone": {
			edit("tile/0/000", flip(32*17+3)), edit("tile/0/001.p/52", flip(-1)), edit("tile/1/000.p/1", flip(3)), edit("tile/0/000", func(b []byte) []byte { return b[:64] }),
			func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "tile/0/001.p/52"))) },
		},
		"a byte of a head or of its signature, another key's signature": {
			edit("checkpoint", replace("\n308\n", "\n307\n")), edit("checkpoint", flip(-9)), edit("checkpoints.txt", replace("\n6\n", "\n7\n")),
			edit("checkpoint", func([]byte) []byte { return stranger.signed[0] }), edit("checkpoint", onLines(func(l [][]byte) [][]byte { return slices.Delete(l, 4, 5) })),
		},
		"a head without your witnesses, a bundle with a laxer `policy`": {edit("checkpoint", oneCosignature), func(t *testing.T, dir string) {
			edit("policy", func([]byte) []byte { return []byte("quorum none\n") })(t, dir)
			edit("checkpoint", oneCosignature)(t, dir)
		}},
		"an older head in place of the newest, with the entries behind it or without": {older, func(t *testing.T, dir string) {
			must(t, os.RemoveAll(dir))
			must(t, os.CopyFS(dir, os.DirFS(f.write(func(s *bundle.Source) { s.Head, s.Receipts = f.signed[1], nil }))))
			edit("checkpoints.txt", func(b []byte) []byte { return append(append(b, f.signed[2]...), '\n') })(t, dir)
		}},
		"an older head, the later ones taken away": {func(t *testing.T, dir string) {
			older(t, dir)
			must(t, os.Remove(filepath.Join(dir, "checkpoints.txt")))
		}},
		"a receipt":     {edit("receipts/3", replace("index 2", "index 3")), edit("receipts/3", flip(40))},
		"an attachment": {edit(attachment, flip(0))},
		"a link, a pipe, a device or a folder in the place of a file": {linked(whole, "checkpoint"), linked(whole, "tile"), put("tile/0/000", aFolder)},
	} {
		for _, change := range changes {
			dir := filepath.Join(t.TempDir(), "b")
			must(t, os.CopyFS(dir, os.DirFS(whole)))
			change(t, dir)
			_, err := bundle.Verify(t.Context(), dir, f.options())
			says[row] = append(says[row], fmt.Sprint(err))
		}
	}
}

// withTheLogsKey forges the story from some entry on, signs it with the log's key, and has a witness of the forger's own cosign it.
func withTheLogsKey(t *testing.T, says map[string][]string) {
	f := story(t)
	alone := bundle.Options{Trust: bundle.Trust{LogKey: f.keeper.Verifier()}}
	for row, forgeries := range map[string][]struct {
		at     int
		change func([]byte) []byte
	}{
		"an entry that nobody decided, an event that does not follow": {{7, replace(`"by":"south"`, `"by":"north"`)}, {298, replace("PT24H", "PT96H")}},
		"an entry re-timed to before the one before it":               {{7, replace(`"time":"2016-05-04T12:00:00Z"`, `"time":"2016-05-03T12:00:00Z"`)}},
		"an entry given another subject":                              {{7, replace(`"subject":"ceasefire/river"`, `"subject":"ceasefire/rivex"`)}},
		"an entry that names rules that nobody has":                   {{7, replace(`"rules":1`, `"rules":2`)}, {298, replace(`"rules":1`, `"rules":0`)}},
		"an entry of another ledger":                                  {{9, replace("urn:truce:", "urn:truce:x")}},
	} {
		for _, x := range forgeries {
			dir, _ := forge(t, f, x.at, x.change)
			_, err := bundle.Verify(t.Context(), dir, alone)
			says[row] = append(says[row], fmt.Sprint(err))
		}
	}

	dir, head := forge(t, f, 302, replace("Barn", "Bain"))
	kept := alone
	kept.Kept = f.signed[1:]
	_, err := bundle.Verify(t.Context(), dir, kept)
	says["history rewritten so that the rules allow it"] = []string{fmt.Sprint(err)}
	_, err = f.witness.AddCheckpoint(append([]byte("old 308\n\n"), head.Note...))
	says["the same, shown to a witness"] = []string{fmt.Sprint(err)}
}

// throughSignatures forges what a party has signed.
func throughSignatures(t *testing.T, says map[string][]string) {
	key, next := newSigner(t), newSigner(t)
	f := onTheTable(t, key)
	must(t, f.signs(f.statement(2, f.seen(), northAgrees), key))                   // entry 7
	must(t, f.try(strings.Replace(northAgrees, "north", "south", 1)))              // entry 8
	must(t, f.signs(f.statement(1, f.seen(), register("north", next)), next, key)) // entry 9
	revoke := fmt.Sprintf(`{"command":"revoke-key","actor":"north","fingerprint":"%s"}`, signed.Fingerprint(key.PublicKey()))
	must(t, f.signs(f.statement(2, f.seen(), revoke), next))  // entry 10
	must(t, f.signs(f.statement(3, f.seen(), extends), next)) // entry 11
	f.sign()
	again := func(s signed.Statement, by ssh.Signer) *signed.Envelope {
		e, err := signed.Sign(s, by)
		must(t, err)
		return &e
	}
	signedAs := func(namespace string, e *eventstore.Entry) []string {
		text, err := signed.SignBytes(e.Signed.Signed, namespace, key)
		must(t, err)
		return []string{text}
	}
	expired, lied, foreign := f.statement(2, f.seen(), northAgrees), f.statement(2, f.seen(), northAgrees), f.statement(2, signed.Seen{}, northAgrees)
	expired.ValidUntil, lied.Seen.Root, foreign.Ledger = "2016-05-04T11:00:00Z", make([]byte, 32), "anotherledger"
	for row, x := range map[string]struct {
		at     int
		change func(e *eventstore.Entry)
	}{
		"the bytes that a party signed": {7, func(e *eventstore.Entry) {
			e.Signed.Signed = replace(`"party_seq":2`, `"party_seq":7`)(e.Signed.Signed)
		}},
		"the same, with that hash made anew": {7, func(e *eventstore.Entry) {
			raw, _, err := signed.Bytes(f.statement(7, f.seen(), northAgrees))
			must(t, err)
			e.Signed.Signed = raw
		}},
		"another's signature in its place": {7, func(e *eventstore.Entry) {
			text, err := signed.SignBytes(e.Signed.Signed, f.ledger.ID(), newSigner(t))
			must(t, err)
			e.Signed.Signatures = []string{text}
		}},
		"a signature made for another ledger":                          {7, func(e *eventstore.Entry) { e.Signed.Signatures = signedAs("another", e) }},
		"a signature made for another purpose":                         {7, func(e *eventstore.Entry) { e.Signed.Signatures = []string{forAnotherPurpose(t, e.Signed.Signed, key)} }},
		"a whole signed command of another ledger":                     {7, func(e *eventstore.Entry) { e.Signed = again(foreign, key) }},
		"a signature by a key that was revoked, or did not stand yet":  {11, func(e *eventstore.Entry) { e.Signed = again(f.statement(3, f.seen(), extends), key) }},
		"a signature taken after its time":                             {7, func(e *eventstore.Entry) { e.Signed = again(expired, key) }},
		"a signature over another history":                             {7, func(e *eventstore.Entry) { e.Signed = again(lied, key) }},
		"a signature taken away, the policy on signatures passed over": {7, func(e *eventstore.Entry) { e.Signed = nil }},
	} {
		dir, _ := forge(t, f, x.at, func(payload []byte) []byte {
			e, err := eventstore.ReadPayload(uint64(x.at), payload)
			must(t, err)
			x.change(&e)
			raw, err := eventstore.Encode(e)
			must(t, err)
			return raw
		})
		_, err := bundle.Verify(t.Context(), dir, bundle.Options{Trust: bundle.Trust{LogKey: f.keeper.Verifier()}})
		says[row] = append(says[row], fmt.Sprint(err))
	}
	f.open(eventstore.Options{Signatures: eventstore.SignaturesOff})
	says["the policy on signatures lowered"] = []string{f.verify().Words()}
}

// forAnotherPurpose signs bytes as the same key signs a file, or a commit.
func forAnotherPurpose(t *testing.T, raw []byte, key ssh.Signer) string {
	t.Helper()
	s, err := sshsig.Sign(bytes.NewReader(raw), key, sshsig.HashSHA512, "file")
	must(t, err)
	return string(sshsig.Armor(s))
}

// inTheStore changes what stands in the ledger's own store.
func inTheStore(t *testing.T, says map[string][]string) {
	f := story(t)
	stored := func(upTo uint64, change func(*eventstore.Message)) *memory.Log {
		log, heads := memory.New(), map[string]uint64{}
		for m, err := range f.log.Read(t.Context(), 0) {
			must(t, err)
			if m.Sequence > upTo {
				break
			}
			m.Payload = bytes.Clone(m.Payload)
			change(&m)
			n, err := log.Append(t.Context(), m.Subject, heads[m.Subject], m.Payload)
			must(t, err)
			heads[m.Subject] = n
		}
		return log
	}
	check := func(log *memory.Log) string {
		heads, err := proof.OpenHeads(filepath.Join(t.TempDir(), "heads.db"))
		must(t, err)
		defer heads.Close()
		k := proof.NewKeeper(f.key, proof.In{DB: f.db, Bucket: bucket}, heads, nil)
		_, err = k.Sign(t.Context())
		must(t, err)
		err = k.Check(t.Context(), log)
		if !errors.Is(err, proof.ErrDiverged) {
			t.Errorf("the ledger goes on: %v", err)
		}
		return fmt.Sprint(err)
	}
	says["a byte of a payload"] = []string{check(stored(308, func(m *eventstore.Message) {
		if m.Sequence == 300 {
			m.Payload[30] ^= 1
		}
	}))}
	says["the newest entries lost"] = []string{check(stored(307, func(*eventstore.Message) {}))}
	for m, err := range f.log.Read(t.Context(), 6) {
		must(t, err)
		m.Subject = "truce.ceasefire.rivex"
		_, err = eventstore.Decode(m)
		says["a message on the subject of another record"] = []string{fmt.Sprint(err)}
		break
	}
}
