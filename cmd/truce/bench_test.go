package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func runBench(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"bench"}, args...), strings.NewReader(""), &out, &errs, homeEnv)
	return code, out.String(), errs.String()
}

func TestBenchSaysWhatItMeasured(t *testing.T) {
	code, out, errs := runBench(t, "--only", "durable_1,as_of", "--seconds", "0.1", "--rounds", "1", "--entries", "2000", "--records", "100", "--dir", t.TempDir(), "--output", "json")
	var answer struct {
		Rows []struct {
			Name, Unit                  string
			Value, Raw, Ratio, Bar, Aim *float64
			Holds                       *bool
		}
	}
	if code != exitDone || json.Unmarshal([]byte(out), &answer) != nil || len(answer.Rows) != 2 {
		t.Fatalf("exit %d, %s\n%s", code, out, errs)
	}
	for i, name := range []string{"durable_1", "as_of"} {
		r := answer.Rows[i]
		if r.Name != name || r.Unit != "ms" || r.Value == nil || *r.Value <= 0 || r.Raw == nil || r.Ratio == nil || r.Bar == nil || r.Aim == nil || r.Holds == nil {
			t.Errorf("got %s", out)
		}
	}
	if !strings.Contains(errs, "durable_1") {
		t.Errorf("no progress is told: %q", errs)
	}
}

func TestBenchKnowsItsRows(t *testing.T) {
	if code, _, errs := runBench(t, "--only", "speed"); code != exitUsage || !strings.Contains(errs, "durable_256") {
		t.Errorf("exit %d: %s", code, errs)
	}
}
