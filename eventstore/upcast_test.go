package eventstore

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"truceledger/domain/ceasefire"
)

// Two old forms that no ledger ever held. They prove the way that a real one would take: entries used to have their
// principal under the name "user", and a consent was called consent-noted and counted its versions from zero.
func init() {
	entryUpcasters["truce.entry.v0"] = func(old object) (object, error) {
		old["type"] = jsontext.Value(`"truce.entry.v1"`)
		old["data"] = jsontext.Value(strings.Replace(string(old["data"]), `"user":`, `"principal":`, 1))
		return old, nil
	}
	eventUpcasters["consent-noted"] = func(old object) (object, error) {
		old["type"] = jsontext.Value(`"consent-given"`)
		if string(old["version"]) == "0" {
			old["version"] = jsontext.Value("1")
		}
		return old, nil
	}
	eventUpcasters["circle"] = func(old object) (object, error) { return old, nil }
}

func TestAnOldEntryIsReadByTodaysMeaning(t *testing.T) {
	stored := `{"specversion":"1.0","id":"0190a1b2-0000-7000-8000-00000000000a","source":"urn:truce:l","type":"truce.entry.v0",` +
		`"subject":"ceasefire/river","time":"2016-05-04T12:00:00Z","datacontenttype":"application/json","data":{"version_before":2,` +
		`"read_to":3,"rules":1,"command":{"command":"agree","by":"north","ceasefire":"river"},"user":"south-desk",` +
		`"events":[{"type":"consent-noted","version":0,"terms_sequence":2}],"nonce":"000102030405060708090a0b0c0d0e0f"}}`
	e, err := Decode(Message{Sequence: 4, Subject: "truce.ceasefire.river", Payload: []byte(stored)})
	if err != nil {
		t.Fatal(err)
	}
	consent, ok := e.Events[0].(ceasefire.ConsentGiven)
	if !ok || consent.Version != 1 || e.Principal != "south-desk" {
		t.Errorf("got %#v by %q, want consent to version 1 by south-desk", e.Events[0], e.Principal)
	}
	if string(e.Payload) != stored {
		t.Errorf("the stored bytes were changed: %s", e.Payload)
	}
}

func TestUpcastersThatGoRoundInACircleEnd(t *testing.T) {
	if _, _, err := upcastEvent([]byte(`{"type":"circle"}`)); err == nil || !strings.Contains(err.Error(), "circle") {
		t.Errorf("got %v", err)
	}
}
