package eventstore

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// samples are the frozen bytes of every command and event.
func samples(t testing.TB) (all [][]byte) {
	t.Helper()
	paths, err := filepath.Glob("testdata/wire/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, p := range paths {
		raw, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, bytes.TrimRight(raw, "\n"))
	}
	return all
}

// What the short cut accepts, package json accepts and reads alike; what it writes, package json writes alike.
func sameByPlan(t *testing.T, raw []byte) (quick bool) {
	var byPlan, byJSON envelope
	if !quicklyRead(raw, &byPlan) {
		return false
	}
	if err := unmarshal(raw, &byJSON); err != nil {
		t.Fatalf("%s: read by plan, but: %v", raw, err)
	}
	if !reflect.DeepEqual(byPlan, byJSON) {
		t.Fatalf("%s: the plan reads\n%+v\nnot\n%+v", raw, byPlan, byJSON)
	}
	want, err := marshal(&byJSON)
	var got []byte
	ok := quickly(&byPlan, func(b []byte) { got = bytes.Clone(b) })
	if ok && (err != nil || !bytes.Equal(got, want)) {
		t.Fatalf("the plan writes\n%s\nnot\n%s\n%v", got, want, err)
	}
	if !bytes.Equal(got, raw) {
		t.Fatalf("the plan reads what it does not write:\n%s\nis written\n%s", raw, got)
	}
	return ok
}

func TestPlansReadAndWriteAsPackageJSONDoes(t *testing.T) {
	rare := 0
	for _, raw := range samples(t) {
		if !sameByPlan(t, raw) {
			rare++
		}
	}
	if rare > 4 { // registered places, actors and what has numbers with a point
		t.Errorf("%d samples take the long way: entries have become slow to read", rare)
	}
}

// Every byte that differs from what is written is package json's to judge.
func FuzzPlans(f *testing.F) {
	for _, raw := range samples(f) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) { sameByPlan(t, raw) })
}

func TestPlansLeaveWhatIsWrittenOtherwiseToPackageJSON(t *testing.T) {
	for _, raw := range samples(t) {
		for name, other := range map[string][]byte{
			"white space":    bytes.Replace(raw, []byte(`"data":`), []byte(`"data": `), 1),
			"another order":  bytes.Replace(raw, []byte(`"version_before":2,"read_to":3`), []byte(`"read_to":3,"version_before":2`), 1),
			"twice":          bytes.Replace(raw, []byte(`"rules":1`), []byte(`"rules":1,"rules":1`), 1),
			"unknown":        bytes.Replace(raw, []byte(`"rules":1`), []byte(`"rules":1,"ruler":1`), 1),
			"an escape":      bytes.Replace(raw, []byte(`south-desk`), []byte(`s\u006futh-desk`), 1),
			"trailing":       append(bytes.Clone(raw), ' '),
			"a leading zero": bytes.Replace(raw, []byte(`"read_to":3`), []byte(`"read_to":03`), 1),
			"bad UTF-8":      bytes.Replace(raw, []byte(`south-desk`), []byte("south\xffdesk"), 1),
		} {
			if bytes.Equal(raw, other) {
				t.Fatalf("%s: the sample has changed", name)
			}
			if sameByPlan(t, other) {
				t.Errorf("%s: taken by the short cut", name)
			}
		}
	}
}
