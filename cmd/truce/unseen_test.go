package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A stretch is a status from an instant on, until the next stretch.
type stretch struct {
	from   string
	status string
}

// valley is the life of the truce in testdata/unseen, worked out by hand.
var valley = []stretch{
	{"2001-08-28T10:00:00+05:45", "proposed"},
	{"2001-08-30T09:30:00+05:45", "scheduled"},
	{"2001-08-31T06:00:00+05:45", "in_force"},
	{"2001-10-10T00:00:00+05:45", "suspended"},
	{"2001-10-12T12:00:00+05:45", "in_force"},
	{"2001-12-31T06:00:00+05:45", "lapsed"},
	{"2002-03-01T00:00:00+05:45", ""}, // the end of the table
}

// TestATruceThatIsInNoPaper applies a file of commands with the program and asks for the status over its whole life: at
// each change the second before it, itself and the second after it, and every seven hours in between.
func TestATruceThatIsInNoPaper(t *testing.T) {
	server := serve(t)
	truce(t, server, 0, "apply", filepath.Join("testdata", "unseen", "valley.yaml"))
	if status := statusAt(t, server, instant(t, valley[0].from).Add(-time.Second)); status != "404" {
		t.Errorf("before its proposal: got %s, want 404", status)
	}
	for i, s := range valley[:len(valley)-1] {
		start, end := instant(t, s.from), instant(t, valley[i+1].from)
		moments := []time.Time{start, start.Add(time.Second), end.Add(-time.Second)}
		for at := start; at.Before(end); at = at.Add(7 * time.Hour) {
			moments = append(moments, at)
		}
		for _, at := range moments {
			if got := statusAt(t, server, at); got != s.status {
				t.Errorf("at %s: got %s, want %s", at.Format(time.RFC3339), got, s.status)
			}
		}
	}
	truce(t, server, 3, "apply", filepath.Join("testdata", "unseen", "late.yaml"))
	if got := statusAt(t, server, instant(t, "2002-01-15T00:00:00+05:45")); got != "lapsed" {
		t.Errorf("after the extension that came too late: got %s, want lapsed", got)
	}
}

// serve runs a server on an empty folder for the length of the test.
func serve(t *testing.T) (address string) {
	t.Helper()
	folder := t.TempDir()
	p, err := launch(folder, append(os.Environ(), "GORACE="+atExit), "serve", "--data", folder, "--listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if address, err = p.awaitAddress(); err != nil {
		t.Fatal(err)
	}
	return address
}

// truce runs the program against a server and checks its exit code.
func truce(t *testing.T, server string, want int, args ...string) {
	t.Helper()
	cmd := exec.Command("truce", args...)
	cmd.Env = append(os.Environ(), "TRUCE_SERVER="+server, "GORACE="+atExit)
	said, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != want {
		t.Fatalf("truce %v: got exit code %d, want %d; it said: %s", args, code, want, said)
	}
}

// statusAt asks for the status of the valley's truce; for an error, its HTTP status.
func statusAt(t *testing.T, server string, at time.Time) string {
	t.Helper()
	query := url.Values{"effective_at": {at.Format(time.RFC3339)}}
	response, err := operator.Get(server + "/v1/ceasefires/valley-truce?" + query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Sprint(response.StatusCode)
	}
	var view struct{ Status string }
	if err := json.NewDecoder(response.Body).Decode(&view); err != nil {
		t.Fatal(err)
	}
	return view.Status
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
