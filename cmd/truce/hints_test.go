package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// What is stored although its sender may have meant something else is told beside the answer; nothing else is.
func TestHints(t *testing.T) {
	for name, x := range map[string]struct {
		verb, body, event string
		want              []string // what the hints say, each in one
	}{
		"a day without a zone": {
			"propose", `{"command":"propose","by":"a","from":"2026-12-01","until":"2026-12-02"}`,
			`{"type":"ceasefire-proposed","terms":{"from":{"zone":"Asia/Damascus","zone_assumed":true}}}`,
			[]string{"from, until: no zone was given, and the ledger's own was taken, Asia/Damascus; give one with --from-zone"},
		},
		"in a replacement": {
			"correct", `{"command":"correct","record":"incident/i","sequence":3,"reason":"r","replacement":{"command":"violate","type":"Small arms","at":"2026-11-02"}}`, `{}`,
			[]string{"replacement.at: no zone was given, and the ledger's own was taken; ", `type "Small arms" is a word of its own and counted apart; the usual one is "small_arms"`},
		},
		"a day with its zone":      {"propose", `{"command":"propose","by":"a","from":{"at":"2026-12-01","zone":"UTC"}}`, `{}`, nil},
		"a usual word's other way": {"violate", `{"command":"violate","by":"a","type":"small-arms"}`, `{}`, []string{`the usual one is "small_arms"`}},
		"a slip":                   {"violate", `{"command":"violate","by":"a","type":"air_stike"}`, `{}`, []string{`the usual one is "air_strike"`}},
		"a usual word":             {"violate", `{"command":"violate","by":"a","type":"air_strike"}`, `{}`, nil},
		"a source's own word":      {"violate", `{"command":"violate","by":"a","type":"state_based"}`, `{}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			(&program{stderr: &out}).hint(x.verb, []byte(x.body), []json.RawMessage{json.RawMessage(x.event)})
			lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
			if len(x.want) == 0 && out.Len() > 0 || len(x.want) > 0 && len(lines) != len(x.want) {
				t.Fatalf("got %q, want %d hints", out.String(), len(x.want))
			}
			for i, want := range x.want {
				if !strings.Contains(lines[i], want) {
					t.Errorf("got  %s\nwant %s", lines[i], want)
				}
			}
		})
	}
}
