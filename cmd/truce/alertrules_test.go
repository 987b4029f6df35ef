package main

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

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
				if !strings.Contains(metrics, "\n"+name+"{") && !strings.Contains(metrics, "\n"+name+" ") {
					t.Errorf("%s names %s, which no node exposes", r.Alert, name)
				}
			}
			if strings.Contains(r.Expr, "route=") && !strings.Contains(metrics, `route="POST /v1/commands/{command}"`) {
				t.Errorf("%s names a route that there is not", r.Alert)
			}
		}
	}
	for _, want := range []string{"\ntruce_writable 1\n", "\ntruce_projections_stopped 0\n", "\ntruce_projections_lag 0\n"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("a sound node does not say %q", want)
		}
	}
}
