package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What the unit and the image call and set is there: verbs, flags and variables.
func TestDeploymentsNameWhatThereIs(t *testing.T) {
	root := (&program{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, env: func(string) string { return "" }}).root()
	known := map[string]bool{"TRUCE_SERVER": true, "TRUCE_TOKEN": true}
	find(t, root, "serve").Flags().VisitAll(func(f *pflag.Flag) {
		known["TRUCE_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))] = true
	})
	unit, image := mustRead(t, "../../deploy/systemd/truce.service"), mustRead(t, "../../deploy/Dockerfile")
	named := regexp.MustCompile(`\bTRUCE_[A-Z_]*[A-Z]\b`).FindAllString(unit+image, -1)
	if len(named) < 4 {
		t.Errorf("they name %v only", named)
	}
	for _, name := range named {
		if !known[name] {
			t.Errorf("%s is set, and no flag goes by it", name)
		}
	}
	for _, called := range []string{
		regexp.MustCompile(`(?m)^ExecStart=\S+ (\S+)`).FindStringSubmatch(unit)[1],
		regexp.MustCompile(`(?m)^CMD \["(\w+)"\]`).FindStringSubmatch(image)[1],
		regexp.MustCompile(`(?m)^HEALTHCHECK .*CMD \["/truce", "(\w+)"\]`).FindStringSubmatch(image)[1],
	} {
		find(t, root, called)
	}
}

// systemd itself reads the unit, and finds it as closed as docs/operating.md says. Skipped where systemd is not installed.
func TestSystemdReadsTheUnit(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	self, err := os.Executable() // the unit's own program need not be installed here
	if err != nil {
		t.Fatal(err)
	}
	unit := filepath.Join(t.TempDir(), "truce.service")
	text := strings.ReplaceAll(mustRead(t, "../../deploy/systemd/truce.service"), "/usr/local/bin/truce", self)
	if err := os.WriteFile(unit, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("systemd-analyze", "verify", "--man=no", unit).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("verify: %v\n%s", err, out)
	}
	out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", unit).CombinedOutput()
	if err != nil {
		t.Errorf("security, out of 100: %v\n%s", err, out)
	}
}

func find(t *testing.T, root *cobra.Command, verb string) *cobra.Command {
	t.Helper()
	c, _, err := root.Find([]string{verb})
	if err != nil || c == root {
		t.Fatalf("there is no truce %s: %v", verb, err)
	}
	return c
}

func mustRead(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
