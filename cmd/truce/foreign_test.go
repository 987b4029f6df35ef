package main

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"truceledger/eventstore/jetstream"
)

// TestAForeignMessageInTheLog puts into the stream what is no entry, as somebody could who got in past everything, with the read
// models as they were and without any. The server must come up, say which message it is, answer from what is before, and write
// nothing.
func TestAForeignMessageInTheLog(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	serve := func() (*process, string) {
		p, err := launch(t.TempDir(), append(os.Environ(), "GORACE="+atExit), "serve", "--listen", "127.0.0.1:0", "--data", data)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.kill)
		address, err := p.awaitAddress()
		if err != nil {
			t.Fatal(err, p.stderr)
		}
		return p, address
	}
	register := func(address, actor string) (int, string) {
		answer, err := operator.Post(address+"/v1/commands/register-actor", "application/json", strings.NewReader(`{"actor":"`+actor+`","name":"N","kind":"state"}`))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var b strings.Builder
		_ = answer.Write(&b)
		return answer.StatusCode, b.String()
	}
	p, address := serve()
	if status, said := register(address, "north"); status != http.StatusCreated {
		t.Fatalf("%d %s", status, said)
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	intrude(t, data)
	for _, views := range []string{"kept", "lost"} {
		if views == "lost" {
			if err := os.RemoveAll(data + "/views"); err != nil {
				t.Fatal(err)
			}
		}
		p, address := serve()
		status, body := fetch(t, address+"/readyz")
		for _, want := range []string{`"ready":true`, `"writable":false`, `"sequence":2`, `"last":3`, `"lag":1`, `"problem":"message 3 of the log is no entry`} {
			if status != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("views %s: /readyz: %d %s, want %s", views, status, body, want)
			}
		}
		if status, body := fetch(t, address+"/v1/actors/north"); status != http.StatusOK {
			t.Errorf("views %s: a question: %d %s", views, status, body)
		}
		if status, said := register(address, "south"); status != http.StatusServiceUnavailable || !strings.Contains(said, "writes-stopped") {
			t.Errorf("views %s: a command: %d %s", views, status, said)
		}
		for _, want := range []string{`the ledger writes no more.*entry 3 `, `a message of the log is no entry that this program can read`} {
			if _, err := p.stderr.await(want); err != nil {
				t.Error(err)
			}
		}
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	}
}

// intrude files a message in the stream of a data folder that nobody serves.
func intrude(t *testing.T, data string) {
	t.Helper()
	e, err := jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedOptions{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown()
	nc, err := e.Connect()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nc.Request("truce.ceasefire.x", []byte(`{"type":"io.nats.jetstream.api.v1.account_info_response"}`), patience); err != nil {
		t.Fatal(err)
	}
}
