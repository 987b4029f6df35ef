package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// shellBlock is a block of README.md that a reader is to run.
var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// TestTheReadmeRuns runs every shell block of README.md against a demonstration, in order, as a newcomer would. The command
// that starts the demonstration runs beside the others; the one that runs the tests is what runs this one.
func TestTheReadmeRuns(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var tour []string
	for _, block := range shellBlock.FindAllStringSubmatch(string(text), -1) {
		tour = append(tour, block[1])
	}
	if len(tour) < 5 || tour[0] != "go run ./cmd/truce demo\n" || tour[1] != "go test ./...\n" {
		t.Fatalf("README.md begins with %q, want the two commands that do all", tour[:min(2, len(tour))])
	}
	folder := t.TempDir()
	p, err := launch(folder, append(os.Environ(), "GORACE="+atExit), "demo", "--listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	address, err := p.awaitAddress()
	if err != nil {
		t.Fatal(err)
	}
	runTour(t, folder, address, strings.Join(tour[2:], ""))
	correctTheShots(t, folder, address)
}

// correctTheShots carries out the example of truce correct --help, twice, on what the tour has put on the record.
func correctTheShots(t *testing.T, folder, address string) {
	t.Helper()
	var shown struct {
		Items []struct{ Sequence uint64 } `json:"items"`
	}
	if err := json.Unmarshal([]byte(said(t, address, exitDone, "history", "incident/shots-at-the-ford", "--output", "json")), &shown); err != nil || len(shown.Items) == 0 {
		t.Fatalf("no history: %v", err)
	}
	example := strings.Replace(aboutVerb("correct").example, "sequence: 220", fmt.Sprintf("sequence: %d", shown.Items[0].Sequence), 1)
	cmd := exec.Command("sh", "-eu", "-c", example+"\ntruce correct -f correction.yaml\necho command: correct >>correction.yaml\ntruce apply correction.yaml")
	cmd.Dir, cmd.Env = folder, append(os.Environ(), "TRUCE_SERVER="+address, "GORACE="+atExit)
	got, err := cmd.CombinedOutput()
	for _, want := range []string{"recorded incident/shots-at-the-ford", "on the record already: incident/shots-at-the-ford", "0 stored, 1 there already"} {
		if err != nil || strings.Count(string(got), want) != 1 {
			t.Fatalf("the example of correct does not say %q once: %v\n%s", want, err, got)
		}
	}
	if shown := said(t, address, exitDone, "show", "incident/shots-at-the-ford"); !strings.Contains(shown, "20:30") {
		t.Errorf("the shots did not fall an hour earlier: %s", shown)
	}
}

// runTour runs the blocks in one shell; the binary that they build is the one under test.
func runTour(t *testing.T, folder, address, script string) {
	t.Helper()
	program, err := exec.LookPath("truce")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(folder, "truce")); err != nil {
		t.Fatal(err)
	}
	script = strings.ReplaceAll(script, "go build -o truce ./cmd/truce\n", "")
	cmd := exec.Command("sh", "-eu", "-c", script)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "TRUCE_SERVER="+address, "GORACE="+atExit)
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("README.md does not run: %v\n%s", err, said)
	}
	for _, want := range []string{"indeterminate", "contested", "Truce at the Ford", "already", "equal", "follows by the rules"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("the tour never shows %q:\n%s", want, said)
		}
	}
}
