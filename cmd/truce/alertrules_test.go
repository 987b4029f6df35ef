package main

import (
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// sometimes are the figures that not every node has: of a witness, of a copy of the log.
var sometimes = []string{"truce_witness_cosigned_timestamp_seconds", "truce_origin_lag", "truce_origin_heard_seconds"}

// isDocumented fails unless what a node exposes, what the sources declare and what docs/operating.md lists is the same.
func isDocumented(t *testing.T, metrics string) {
	t.Helper()
	names := func(text, pattern string) []string {
		var all []string
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			all = append(all, m[1])
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	read := func(file string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	declared := names(read("gauges.go")+read("../../api/metrics.go"), `"(truce_[a-z_]+)"`)
	if listed := names(read("../../docs/operating.md"), "(?m)^\\| `(truce_[a-z_]+)"); !slices.Equal(listed, declared) {
		t.Errorf("docs/operating.md lists %v, declared are %v", listed, declared)
	}
	exposed := names(metrics, `(?m)^# TYPE (truce_[a-z_]+) `)
	if want := slices.DeleteFunc(declared, func(name string) bool { return slices.Contains(sometimes, name) }); !slices.Equal(exposed, want) {
		t.Errorf("a node exposes %v, declared are %v", exposed, want)
	}
}

// Prometheus itself reads the rules, and decides the cases of alerts_test.yml as they say. Skipped where promtool is not installed.
func TestPrometheusReadsTheAlerts(t *testing.T) {
	if _, err := exec.LookPath("promtool"); err != nil {
		t.Skip("promtool is not installed: apt-get install prometheus brings it")
	}
	for _, args := range [][]string{{"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"}} {
		c := exec.Command("promtool", args...)
		c.Dir = "../../deploy/prometheus"
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}

// Every metric that the example alerts name is one that a real node exposes, and the file is one that can be read.
func TestTheAlertsNameMetricsThatExist(t *testing.T) {
	raw, err := os.ReadFile("../../deploy/prometheus/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	k := &killing{t: t, data: t.TempDir(), acknowledged: map[string]uint64{}}
	k.begin()
	if status, _ := fetch(t, k.address+"/v1/actors"); status != http.StatusOK {
		t.Fatal(status)
	}
	fetch(t, k.address+"/v1/actors/nobody") // something is refused, so that there is a figure of it
	_, metrics := fetch(t, k.address+"/metrics")
	if err := k.server.stop(); err != nil {
		t.Error(err)
	}
	named := regexp.MustCompile(`\btruce_[a-z_]+`)
	if len(file.Groups) == 0 || len(file.Groups[0].Rules) < 5 {
		t.Fatalf("got %+v", file)
	}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			for _, name := range named.FindAllString(r.Expr, -1) {
				if !slices.Contains(sometimes, name) && !strings.Contains(metrics, "\n"+name+"{") && !strings.Contains(metrics, "\n"+name+" ") {
					t.Errorf("%s names %s, which no node exposes", r.Alert, name)
				}
			}
			if strings.Contains(r.Expr, "route=") && !strings.Contains(metrics, `route="POST /v1/commands/{command}"`) {
				t.Errorf("%s names a route that there is not", r.Alert)
			}
		}
	}
	isDocumented(t, metrics)
	for _, want := range []string{"\ntruce_writable 1\n", "\ntruce_projections_stopped 0\n", "\ntruce_projections_lag 0\n"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("a sound node does not say %q", want)
		}
	}
}
