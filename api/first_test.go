package api

import "testing"

func TestFirst(t *testing.T) {
	w := open(t)
	w.river()
	for _, p := range []string{"/openapi.json","/asyncapi.json","/schemas/commands/propose.json","/schemas/events/term-extended.json","/metrics"} {
		a := w.get(p)
		t.Log(p, a.StatusCode, len(a.body), string(a.body))
	}
}
