package eventstore

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/when"
)

var update = flag.Bool("update", false, "write the samples that are missing; existing ones are never touched")

const frozen = `
A name or a meaning on disk is for ever. Give what changed a new name and the old one an upcaster (upcast.go).
As long as no ledger exists anywhere, and only then: delete the sample and run with -update.`

// TestFrozenSamplesDecodeForEver reads one entry of every command and every event that was ever declared.
func TestFrozenSamplesDecodeForEver(t *testing.T) {
	for name, e := range wanted() {
		path := filepath.Join("testdata", "wire", name+".json")
		if _, err := os.Stat(path); os.IsNotExist(err) {
			if !*update {
				t.Errorf("%s is missing: every declared name needs a frozen sample; run with -update", path)
				continue
			}
			writeSample(t, path, e)
		}
	}
	files, err := filepath.Glob(filepath.Join("testdata", "wire", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, path := range files {
		sample, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		payload := bytes.TrimSuffix(sample, []byte("\n"))
		e, err := decode(payload)
		if err == nil {
			e, err = Decode(Message{Sequence: 1000, Subject: Subject(e.Ref), Payload: payload})
		}
		if err != nil {
			t.Errorf("%s: %v%s", path, err, frozen)
			continue
		}
		again, err := Encode(e)
		if err != nil || !bytes.Equal(again, payload) && !strings.HasPrefix(filepath.Base(path), "old-") {
			t.Errorf("%s reads as something else: %v\n got %s\nwant %s%s", path, err, again, payload, frozen)
		}
	}
}

func writeSample(t *testing.T, path string, e Entry) {
	payload, err := Encode(e)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(payload, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// wanted returns an entry for every declared name, with every field filled in.
func wanted() map[string]Entry {
	samples := map[string]Entry{}
	for _, v := range verbByName {
		c := v.new()
		fill(reflect.ValueOf(c).Elem(), "")
		samples["command-"+v.name] = sampleEntry(c, domain.EntryRetracted{Sequence: 2})
	}
	for _, x := range eventTypes {
		e := reflect.New(x.typ).Elem()
		fill(e, "")
		c := likely(x.typ)
		c.SetTarget("river")
		samples["event-"+x.name] = sampleEntry(c, e.Interface().(domain.Event))
	}
	return samples
}

func sampleEntry(c domain.Command, e domain.Event) Entry {
	return Entry{
		ID: "0190a1b2-0000-7000-8000-00000000000a", Ledger: "aebagbafaydqqcikbmga2dqpca", Ref: c.Target(),
		RecordedAt: time.Date(2016, 5, 4, 12, 0, 0, 123456000, time.UTC), VersionBefore: 2, ReadTo: 3, Rules: 1, Command: c,
		Defaults: []string{"command_id", "occurred"}, Principal: "south-desk", Events: []domain.Event{e},
		CausationID: "cause", CorrelationID: "matter", Nonce: "000102030405060708090a0b0c0d0e0f",
	}
}

// likely returns an empty command of the package that an event belongs to.
func likely(event reflect.Type) domain.Command {
	switch {
	case event.PkgPath() == reflect.TypeFor[domain.EntryRetracted]().PkgPath():
		return &domain.Retract{CorrectionTarget: domain.CorrectionTarget{Record: "ceasefire/river"}}
	case event == reflect.TypeFor[FormatRaised]():
		return &raiseFormat{}
	}
	for _, list := range [][]verbType{verbs, internalVerbs} {
		for _, v := range list {
			if v.typ.PkgPath() == event.PkgPath() {
				return v.new()
			}
		}
	}
	panic("no command in the package of " + event.String())
}

// fill sets every field of v to something that is allowed there.
func fill(v reflect.Value, name string) {
	switch v.Type() {
	case reflect.TypeFor[when.When]():
		v.Set(reflect.ValueOf(when.When{At: "2016-05-02", Zone: "Asia/Damascus", Phrase: "into Monday"}))
		return
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2016, 5, 1, 21, 0, 0, 0, time.UTC)))
		return
	case reflect.TypeFor[domain.Command]():
		v.Set(reflect.ValueOf(&ceasefire.Agree{Addressed: ceasefire.Addressed{Ceasefire: "river"}}))
		return
	case reflect.TypeFor[[]domain.Event]():
		v.Set(reflect.ValueOf([]domain.Event{ceasefire.ConsentGiven{Version: 1, Terms: 2}}))
		return
	}
	if w, ok := v.Interface().(interface{ Values() []string }); ok && v.Kind() == reflect.String {
		v.SetString(w.Values()[0])
		return
	}
	fillKind(v, name)
}

func fillKind(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			wire, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			fill(v.Field(i), wire)
		}
	case reflect.String:
		v.SetString(text(name))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(3)
	case reflect.Uint64:
		v.SetUint(4)
	case reflect.Float64:
		v.SetFloat(36.25)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), name)
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"ar": "النهر", "en": "River"}))
	case reflect.Interface: // a coordinate
		v.Set(reflect.ValueOf(37.5))
	}
}

func text(name string) string {
	switch name {
	case "record":
		return "ceasefire/river"
	case "precision":
		return "day"
	case "zone":
		return "Asia/Damascus"
	case "command_id":
		return "0190a1b2-0000-7000-8000-00000000000b"
	}
	return "a-" + strings.ReplaceAll(name, "_", "-")
}
