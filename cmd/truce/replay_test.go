package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"testing"
)

// Whatever a server says of itself, replay finds where it does not follow from the log that the same server gives out.
func TestReplayFindsWhatDoesNotFollowFromTheLog(t *testing.T) {
	address := serve(t)
	said(t, address, exitDone, "register-actor", "north", "--name", "North", "--kind", "armed_group", "--note", "first")
	said(t, address, exitDone, "register-actor", "south", "--name", "South", "--kind", "armed_group")
	for name, c := range map[string]struct {
		path, from, to string
		want           int
	}{
		"an honest server":     {"/none", "", "", exitDone},
		"another digest":       {"/v1/admin/digests", `"digest":"`, `"digest":"0`, exitUnverified},
		"another text":         {"/v1/entries", `"note":"first"`, `"note":"worst"`, exitUnverified},
		"an unknown event":     {"/v1/entries", `actor-registered`, `actor-reginstered`, exitUnverified},
		"another ledger":       {"/v1/entries", `"source":"urn:truce:`, `"source":"urn:truce:x`, exitUnverified},
		"a server that is ill": {"/v1/admin/digests", `"projections":[`, `"others":[`, exitFailed},
	} {
		t.Run(name, func(t *testing.T) {
			said(t, bentServer(t, address, c.path, c.from, c.to), c.want, "replay")
		})
	}
}

// bentServer passes everything on, except that it changes one text in the answers of one route.
func bentServer(t *testing.T, address, path, from, to string) string {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = operator.Transport
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.Request.URL.Path != path {
			return nil
		}
		body, err := io.ReadAll(r.Body)
		body = bytes.Replace(body, []byte(from), []byte(to), 1)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Del("Content-Length")
		return err
	}
	bent := httptest.NewServer(proxy)
	t.Cleanup(bent.Close)
	return bent.URL
}

func TestTheTokenIsSentToTheServerAlone(t *testing.T) {
	var got []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the token went to another server: %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(other.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Authorization"))
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	said(t, server.URL, exitFailed, "list", "--token-file", file)
	if len(got) != 1 || got[0] != "Bearer secret" {
		t.Errorf("got %q", got)
	}
}
