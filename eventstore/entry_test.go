package eventstore_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"truceledger/eventstore"
)

// stored returns the message of a consent, as a log would hold it.
func stored(t testing.TB) eventstore.Message {
	l, log := onTheTable(t)
	e := must(t, l, withKey(northAgrees, key))
	for m, err := range log.Read(t.Context(), e.Sequence-1) {
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	t.Fatal("nothing is stored")
	return eventstore.Message{}
}

func TestAnEntryIsOneLineThatSaysAllThatItMeans(t *testing.T) {
	m := stored(t)
	text := string(m.Payload)
	if strings.Contains(text, "\n") {
		t.Errorf("more than one line: %s", text)
	}
	for _, part := range []string{
		`{"specversion":"1.0","id":"`, `"source":"urn:truce:`, `"type":"truce.entry.v1","subject":"ceasefire/river","time":"2016-05-04T12:00:00Z",` +
			`"datacontenttype":"application/json","data":{"version_before":5,"read_to":5,"rules":1,"command":{"command":"agree","by":"north","occurred":`,
		`"command_id":"` + key + `"`, `"defaults":["occurred","version"],"principal":"south-desk","events":[{"type":"consent-given",`, `"nonce":"`,
	} {
		if !strings.Contains(text, part) {
			t.Errorf("got %s\nwithout %s", text, part)
		}
	}
	e, err := eventstore.Decode(m)
	if err != nil {
		t.Fatal(err)
	}
	if e.Record().String() != "ceasefire/river" || e.Kind() != "ceasefire" || !bytes.Equal(e.Payload, m.Payload) || e.Sequence != 6 {
		t.Errorf("got %+v", e)
	}
	if s := e.Step(); s.Sequence != 6 || s.Command != e.Command || len(s.Events) != 1 || !s.RecordedAt.Equal(noon) {
		t.Errorf("got the step %+v", s)
	}
}

func TestDamagedEntriesAreRefused(t *testing.T) {
	m := stored(t)
	tests := map[string][2]string{ // what is replaced, by what
		"another subject":        {`"subject":"ceasefire/river"`, `"subject":"ceasefire/lake"`},
		"a subject of no kind":   {`"subject":"ceasefire/river"`, `"subject":"river"`},
		"another type":           {`"type":"truce.entry.v1"`, `"type":"truce.entry.v9"`},
		"another specversion":    {`"specversion":"1.0"`, `"specversion":"0.3"`},
		"no source":              {`"source":"urn:truce:`, `"source":"urn:`},
		"a name more":            {`"rules":1`, `"rules":1,"colour":"red"`},
		"a name twice":           {`"rules":1`, `"rules":1,"rules":1`},
		"a name in capitals":     {`"rules":1`, `"Rules":1`},
		"a number as text":       {`"rules":1`, `"rules":"1"`},
		"an unknown event":       {`"type":"consent-given"`, `"type":"consent-taken"`},
		"an unknown event field": {`"type":"consent-given"`, `"type":"consent-given","colour":"red"`},
		"an event without type":  {`"type":"consent-given",`, ``},
		"an unknown command":     {`"command":"agree"`, `"command":"nod"`},
		"another command":        {`"command":"agree"`, `"command":"reject"`},
		"no events":              {`"events":[`, `"events":[],"x":[`},
		"a later predecessor":    {`"version_before":5`, `"version_before":6`},
		"read beyond itself":     {`"read_to":5`, `"read_to":6`},
		"a local time":           {`12:00:00Z`, `15:00:00+03:00`},
		"nanoseconds":            {`12:00:00Z`, `12:00:00.000000001Z`},
		"no time":                {`"time":"2016-05-04T12:00:00Z"`, `"time":""`},
		"a short nonce":          {`"nonce":"`, `"nonce":"00`},
		"an id in capitals":      {`"id":"0`, `"id":"A`},
		"a blank behind":         {`"}}`, `"}} `},
		"a line behind":          {`"}}`, "\"}}\n"},
		"two lines":              {`"rules":1`, "\n\"rules\":1"},
	}
	for name, change := range tests {
		payload := strings.Replace(string(m.Payload), change[0], change[1], 1)
		if payload == string(m.Payload) {
			t.Errorf("%s: %s does not occur in %s", name, change[0], payload)
			continue
		}
		_, err := eventstore.Decode(eventstore.Message{Sequence: m.Sequence, Subject: m.Subject, Payload: []byte(payload)})
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
		if name == "an unknown event" && !errors.Is(err, eventstore.ErrUnknownEvent) {
			t.Errorf("%s: got %v, want ErrUnknownEvent", name, err)
		}
	}
	elsewhere := m
	elsewhere.Subject = "truce.ceasefire.lake"
	if _, err := eventstore.Decode(elsewhere); !errors.Is(err, eventstore.ErrNotAnEntry) {
		t.Errorf("on another subject: got %v, want ErrNotAnEntry", err)
	}
}

func FuzzDecodeEntry(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "wire", "*.json"))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		sample, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.TrimSpace(sample), "truce.ceasefire.river")
	}
	f.Fuzz(func(t *testing.T, payload []byte, subject string) {
		e, err := eventstore.Decode(eventstore.Message{Subject: subject, Payload: payload})
		if err != nil {
			return
		}
		once, err := eventstore.Encode(e)
		if errors.Is(err, eventstore.ErrTooLarge) {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", payload, err)
		}
		again, err := eventstore.Decode(eventstore.Message{Subject: subject, Payload: once})
		if err != nil {
			t.Fatalf("%q became %q: %v", payload, once, err)
		}
		twice, err := eventstore.Encode(again)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%q became %q and then %q: %v", payload, once, twice, err)
		}
		if !reflect.DeepEqual(again.Events, e.Events) {
			t.Fatalf("%q: the events changed from %v to %v", payload, e.Events, again.Events)
		}
	})
}
