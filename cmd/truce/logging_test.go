package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// With --log-level info every request and every command leaves a line, joined by the request's id; a path or a record's id does
// not stand in them.
func TestALineForEachRequestAndCommand(t *testing.T) {
	t.Setenv("TRUCE_LOG_LEVEL", "info")
	t.Setenv("TRUCE_LOG_FORMAT", "json")
	k := &killing{t: t, data: t.TempDir(), acknowledged: map[string]uint64{}}
	k.begin()
	r, err := http.NewRequest(http.MethodPost, k.address+"/v1/commands/register-actor", strings.NewReader(`{"actor":"whoever","name":"W","kind":"person"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Request-Id", "mine-1")
	answer, err := operator.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if got := answer.Header.Get("X-Request-Id"); got != "mine-1" {
		t.Errorf("the answer carries %q", got)
	}
	fetch(t, k.address+"/v1/actors/whoever")
	slip, _ := http.NewRequest("TRUCE_METHOD", k.address+"/v1/actors", nil)
	slip.Header.Set("X-Request-Id", "truce_whoever")
	if answer, err = operator.Do(slip); err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if got := answer.Header.Get("X-Request-Id"); strings.Contains(got, "truce_") {
		t.Errorf("what looks like a token is taken for a request's id: %q", got)
	}
	if err := k.server.stop(); err != nil {
		t.Error(err)
	}
	lines := map[string]map[string]any{}
	for line := range strings.Lines(k.server.stderr.String()) {
		var got map[string]any
		if json.Unmarshal([]byte(line), &got) == nil && got["request_id"] == "mine-1" {
			lines[got["msg"].(string)] = got
		}
	}
	if c := lines["command"]; c == nil || c["verb"] != "register-actor" || len(c["command_id"].(string)) != 36 || c["sequence"] != 5.0 {
		t.Errorf("the command's line: %v", c)
	}
	if q := lines["request"]; q == nil || q["route"] != "POST /v1/commands/{command}" || q["status"] != 201.0 {
		t.Errorf("the request's line: %v", q)
	}
	if said := k.server.stderr.String(); strings.Contains(said, "whoever") || strings.Contains(said, "TRUCE_METHOD") {
		t.Error("a record's id, a token or a caller's word stands in the log")
	}
}
