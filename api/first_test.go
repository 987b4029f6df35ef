package api

import "testing"

func TestFirst(t *testing.T) {
	w := open(t)
	w.river()
	for _, p := range []string{"/healthz", "/readyz", "/v1/ceasefires", "/v1/ceasefires/river?effective_at=2016-05-06T00:00:00+03:00", "/v1/ceasefires/river/history?limit=2", "/v1/entries/3", "/v1/entries?limit=2", "/v1/calendar", "/v1/nothing", "/v1/admin/digests"} {
		a := w.get(p)
		t.Log(p, a.StatusCode, a.Header, string(a.body))
	}
}
