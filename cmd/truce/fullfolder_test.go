package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// A fullFolder is a data folder that holds all that truce serve ever writes into one: besides the log and its read models a
// second token and a session, an attachment, a sealed value, a subscription to alerts, and heads that a witness has cosigned.
type fullFolder struct {
	attachment string // its path
	commitment string
	sealing    string // the Idempotency-Key that it was sealed under
	auditor    string // a token
}

const (
	photo  = "not a photograph at all\n"
	sealed = "Amal Haddad"
)

// everything are the flags of a server that writes all the files that it can.
var everything = []string{"--alerts", "--alerts-private", "--nats-listen", "127.0.0.1:0"}

// fillFolder restarts the server of k with everything switched on, and uses it.
func fillFolder(t *testing.T, k *killing) fullFolder {
	t.Helper()
	dir := t.TempDir()
	key := filepath.Join(dir, "log.vkey")
	if err := os.WriteFile(key, []byte(said(t, k.address, exitDone, "log-key")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k.server.stop(); err != nil {
		t.Fatal(err)
	}
	w, err := launch(dir, os.Environ(), "witness", "--listen", "127.0.0.1:0", "--log-key", key, "--data", filepath.Join(dir, "witness"), "--name", "flips.example/witness")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.kill)
	line, err := w.stdout.await(`^(\S+\+\S+ http://\S+)$`)
	if err != nil {
		t.Fatal(err)
	}
	k.flags = append(slices.Clip(everything), "--witness", line[1])
	k.start()
	f := fullFolder{sealing: uuid.NewString(), auditor: strings.TrimSpace(said(t, k.address, exitDone, "token", "create", "--role", "auditor", "--name", "audit"))}
	f.auditor = f.auditor[strings.LastIndexAny(f.auditor, " \n")+1:]
	said(t, k.address, exitDone, "alerts", "subscribe", "http://127.0.0.1:1/hook", "--kinds", "violation-alleged")
	f.signIn(t, k.address)
	sha := f.attach(t, k)
	f.commitment = f.seal(t, k.http.Transport, k.address)
	k.must("violate", `{"incident":"shots","ceasefires":["pause"],"by":"north"}`)
	k.must("corroborate", fmt.Sprintf(`{"incident":"shots","by":"north","witness":%q}`, f.commitment))
	k.must("attach-evidence", fmt.Sprintf(`{"record":"incident/shots","by":"north","sha256":%q,"bytes":%d,"media_type":"text/plain"}`, sha, len(photo)))
	f.attachment = "/v1/attachments/" + sha
	await(t, "a cosignature of the newest head", func() bool {
		log, err := k.get("/v1/entries")
		if err != nil {
			t.Fatal(err)
		}
		head, err := k.get("/log/checkpoint")
		return err == nil && bytes.Contains(head, fmt.Appendf(nil, "\n%d\n", bytes.Count(log, []byte("\n")))) && bytes.Contains(head, []byte("flips.example/witness"))
	})
	return f
}

// signIn opens a session as a browser does.
func (f *fullFolder) signIn(t *testing.T, address string) {
	t.Helper()
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := stay.PostForm(address+"/login", url.Values{"token": {f.auditor}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("signing in: %s", answer.Status)
	}
}

func (f *fullFolder) attach(t *testing.T, k *killing) (sha string) {
	t.Helper()
	var stored struct{ SHA256 string }
	if status, body := posted(t, k.http.Transport, k.address+"/v1/attachments", "text/plain", photo); status != http.StatusCreated || json.Unmarshal([]byte(body), &stored) != nil {
		t.Fatalf("attachment: %d %s", status, body)
	}
	return stored.SHA256
}

// seal sends the value, each time under the same key.
func (f *fullFolder) seal(t *testing.T, as http.RoundTripper, address string) (commitment string) {
	t.Helper()
	status, body := posted(t, as, address+"/v1/secrets", "application/json", fmt.Sprintf(`{"value":%q}`, sealed), "Idempotency-Key", f.sealing)
	var made struct{ Commitment string }
	if status != http.StatusCreated || json.Unmarshal([]byte(body), &made) != nil {
		return fmt.Sprintf("%d %s", status, body)
	}
	return made.Commitment
}

// open reads the sealed value, as an auditor may.
func (f *fullFolder) open(t *testing.T, address string) (status int, body string) {
	t.Helper()
	as := bearer{token: f.auditor, next: http.DefaultTransport}
	return posted(t, as, address+"/v1/secrets/"+f.commitment+"/read", "application/json", `{"record":"incident/shots","reason":"to see whether it is there"}`)
}

func posted(t *testing.T, as http.RoundTripper, to, kind, body string, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := (&http.Client{Transport: as, Timeout: time.Minute}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(said)
}
