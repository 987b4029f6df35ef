package bundle_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"truceledger/eventstore/proof/bundle"
)

func TestARunningLedgerIsCheckedOnline(t *testing.T) {
	f := story(t)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /log/checkpoint", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(f.signed[2]) })
	whole := f.write(nil)
	mux.Handle("GET /log/tile/", http.StripPrefix("/log/", http.FileServer(http.Dir(whole))))
	mux.HandleFunc("GET /log/checkpoints", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(whole, "checkpoints.txt"))
	})
	mux.HandleFunc("GET /v1/entries", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		for m, err := range f.log.Read(r.Context(), 0) {
			if err != nil {
				return
			}
			_, _ = w.Write(append(m.Payload, '\n'))
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	dir := filepath.Join(t.TempDir(), "b")
	must(t, bundle.Fetch(t.Context(), dir, bundle.Remote{URL: s.URL, Token: "secret"}, f.options().Trust, nil))
	if r, err := bundle.Verify(t.Context(), dir, f.options()); err != nil || r.Size != 308 || r.Heads != 2 {
		t.Errorf("got %v", err)
	}
	if err := bundle.Fetch(t.Context(), filepath.Join(t.TempDir(), "c"), bundle.Remote{URL: s.URL}, f.options().Trust, nil); err == nil {
		t.Error("entries were read without a token")
	}
}
