package eventstore_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"truceledger/domain/ceasefire"
	"truceledger/domain/when"
	"truceledger/eventstore"
	"truceledger/eventstore/logtest"
)

// story is a log in which the ledger has filled in fields of every sort: ids, times, zones, versions, figures.
func story(t testing.TB) [][]byte {
	t.Helper()
	l, log := onTheTable(t)
	for _, body := range []string{
		northAgrees, southAgrees,
		`{"command":"register-source","source":"wire","title":"Wire","publisher":"Wire","published":"2016-05-04"}`,
		`{"command":"violate","by":"north","ceasefires":["river"],"at":"2016-05-04","accused":["south"],"type":"shelling","place":"town","casualties":[{"outcome":"killed","best":3}]}`,
		`{"command":"record-tally","tally":"dead","source":"wire","unit":"civilians","best":4,"as_of":"2016-05-04"}`,
		`{"command":"record-statement","by":"south","statement_kind":"denial","about":["ceasefire/river"],"text":"No."}`,
		`{"command":"extend","ceasefire":"river","by":"north","lasting":"PT72H","note":"more"}`,
		`{"command":"propose","ceasefire":"inner","by":"south","title":"Inner","class":"local_truce","area":"town","parent":"river","parties":["north","south"],"from":"2016-05-06","lasting":"P1D"}`,
		`{"command":"amend","ceasefire":"inner","by":"south","from":"2016-05-07"}`,
	} {
		must(t, l, body)
	}
	correction := fmt.Sprintf(`{"command":"correct","record":"ceasefire/river","sequence":%d,"reason":"typo","replacement":{"command":"extend","by":"north","lasting":"PT48H"}}`, 12)
	must(t, l, correction)
	must(t, l, `{"command":"correct","record":"ceasefire/inner","sequence":14,"reason":"day","replacement":{"command":"amend","by":"south","from":"2016-05-08"}}`)
	var payloads [][]byte
	for m, err := range log.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		payloads = append(payloads, m.Payload)
	}
	return payloads
}

// replay decides a log again, with a cache of the given size.
func replay(t testing.TB, payloads [][]byte, cacheBytes int) error {
	t.Helper()
	return logtest.Replay(t.Context(), payloads, cacheBytes)
}

func TestWhatTheLedgerWroteFollowsFromItsCommands(t *testing.T) {
	payloads := story(t)
	for _, cacheBytes := range []int{1, 4000, 1 << 20} {
		if err := replay(t, payloads, cacheBytes); err != nil {
			t.Errorf("with a cache of %d bytes: %v", cacheBytes, err)
		}
	}
}

// What an operator could write past the rules: each is caught, at that very entry.
func TestWhatNobodyDecidedIsCaught(t *testing.T) {
	payloads := story(t)
	read := func(n int) eventstore.Entry {
		e, err := eventstore.ReadPayload(uint64(n), payloads[n-1])
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	find := func(verb string) int {
		for n := range payloads {
			if read(n+1).Command.Verb() == verb {
				return n + 1
			}
		}
		t.Fatalf("the story has no %s", verb)
		return 0
	}
	for _, c := range []struct {
		name   string
		at     int
		change func(*eventstore.Entry)
		says   string
	}{
		{"an event more", find("agree"), func(e *eventstore.Entry) { e.Events = append(e.Events, ceasefire.CeasefireAgreed{}) }, "something else"},
		{"an event less", find("extend"), func(e *eventstore.Entry) { e.Events = read(find("agree")).Events }, "something else"},
		{"another actor", find("agree"), func(e *eventstore.Entry) { e.Command.Head().By = "nobody" }, "refuse"},
		{"another end", find("extend"), func(e *eventstore.Entry) { e.Command.(*ceasefire.Extend).Lasting = "PT96H" }, "something else"},
		{"a back-dated default", find("extend"), func(e *eventstore.Entry) {
			e.Command.Head().Occurred = when.Instant(noon.Add(-time.Hour))
		}, "something else"},
		{"a default of what was said", find("extend"), func(e *eventstore.Entry) { e.Defaults = append(e.Defaults, "lasting") }, ""},
		{"a default of nothing", find("extend"), func(e *eventstore.Entry) { e.Defaults = append(e.Defaults, "colour") }, "does not have"},
		{"an earlier recording", find("extend"), func(e *eventstore.Entry) { e.RecordedAt = noon.Add(-time.Hour) }, "before the entry"},
		{"another version before", find("extend"), func(e *eventstore.Entry) { e.VersionBefore-- }, "says that it follows"},
		{"facts that were not known", find("violate"), func(e *eventstore.Entry) { e.ReadTo = 2 }, "refuse"},
		{"another ledger", find("violate"), func(e *eventstore.Entry) { e.Ledger = "x" }, "is of ledger"},
		{"other rules", find("violate"), func(e *eventstore.Entry) { e.Rules = 7 }, "other rules"},
		{"a record's other name", find("record-statement"), func(e *eventstore.Entry) {
			e.Command.SetTarget("mine")
			e.Ref = e.Command.Target()
		}, "something else"},
		{"a second beginning", find("extend"), func(e *eventstore.Entry) {
			first := read(1)
			e.Ref, e.Command, e.Events, e.VersionBefore = first.Ref, first.Command, first.Events, 1
		}, "only the first"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := read(c.at)
			c.change(&e)
			raw, err := eventstore.Encode(e)
			if err != nil {
				t.Fatal(err)
			}
			forged := slices.Clone(payloads)
			forged[c.at-1] = raw
			err = replay(t, forged, 0)
			var m *eventstore.Mismatch
			if err == nil || !strings.Contains(err.Error(), c.says) || errors.As(err, &m) && m.Sequence != uint64(c.at) {
				t.Errorf("got %v, want entry %d and %q", err, c.at, c.says)
			}
		})
	}
	swapped := slices.Clone(payloads)
	swapped[2], swapped[3] = swapped[3], swapped[2]
	for name, log := range map[string][][]byte{"swapped": swapped, "dropped": slices.Delete(slices.Clone(payloads), 4, 5), "headless": payloads[1:]} {
		if err := replay(t, log, 0); err == nil {
			t.Errorf("%s: nothing was noticed", name)
		}
	}
}

func BenchmarkReplay(b *testing.B) {
	payloads := story(b)
	size := 0
	for _, p := range payloads {
		size += len(p)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		if err := replay(b, payloads, 0); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(payloads)), "ns/entry")
}
