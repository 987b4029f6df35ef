package main

import (
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

func engineAt(t *testing.T, dir string, port int) *server.Server {
	t.Helper()
	engine, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir, SyncAlways: true, NoSigs: true, NoLog: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	engine.Start()
	if !engine.ReadyForConnections(patience) {
		t.Fatal("the engine does not start")
	}
	t.Cleanup(func() { engine.Shutdown(); engine.WaitForShutdown() })
	return engine
}

func postTo(t *testing.T, address, verb, body string) (int, string) {
	t.Helper()
	answer, err := operator.Post(address+"/v1/commands/"+verb, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var said strings.Builder
	_ = answer.Write(&said)
	return answer.StatusCode, said.String()
}

// An external engine that is gone for a while (a minute with TRUCE_LONG=1): commands get 503 with Retry-After, questions are
// answered, /readyz says so, and when the engine is back commands are taken without anybody's help.
func TestTheEngineIsGoneForAWhile(t *testing.T) {
	dir := t.TempDir()
	engine := engineAt(t, dir, -1)
	port := engine.Addr().(*net.TCPAddr).Port
	address := nodeOn(t, engine.ClientURL(), t.TempDir())
	if status, body := postTo(t, address, "register-actor", `{"actor":"north","name":"North","kind":"state"}`); status != http.StatusCreated {
		t.Fatalf("got %d %s", status, body)
	}
	engine.Shutdown()
	engine.WaitForShutdown()
	began, away := time.Now(), 3*time.Second
	if os.Getenv("TRUCE_LONG") != "" {
		away = time.Minute
	}
	for time.Since(began) < away {
		status, body := postTo(t, address, "register-actor", `{"actor":"south","name":"South","kind":"state"}`)
		if status != http.StatusServiceUnavailable || !strings.Contains(body, "Retry-After:") {
			t.Fatalf("without an engine: got %d %s", status, body)
		}
		if status, body := fetch(t, address+"/v1/actors/north"); status != http.StatusOK {
			t.Fatalf("a question without an engine: got %d %s", status, body)
		}
		if _, body := fetch(t, address+"/readyz"); !strings.Contains(body, `"writable":false`) || !strings.Contains(body, `"problem"`) {
			t.Fatalf("/readyz without an engine: %s", body)
		}
		time.Sleep(200 * time.Millisecond)
	}
	engineAt(t, dir, port)
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		status, body := postTo(t, address, "register-actor", `{"actor":"west","name":"West","kind":"state"}`)
		if status == http.StatusCreated {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("with the engine back: got %d %s", status, body)
		}
	}
	awaitStatus(t, address+"/readyz", http.StatusOK)
	said(t, address, exitDone, "replay")
}

// Somebody writes into the stream what is no entry: nothing more is stored, questions are answered as of the entry before it,
// and /readyz says how far that is and why.
func TestAnEntryThatCannotBeRead(t *testing.T) {
	engine := engineAt(t, t.TempDir(), -1)
	address := nodeOn(t, engine.ClientURL(), t.TempDir())
	if status, body := postTo(t, address, "register-actor", `{"actor":"north","name":"North","kind":"state"}`); status != http.StatusCreated {
		t.Fatalf("got %d %s", status, body)
	}
	nc, err := nats.Connect(engine.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Request("truce.actor.forged", []byte(`{"no":"entry"}`), patience); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		status, body := postTo(t, address, "register-actor", `{"name":"South","kind":"state"}`)
		if status == http.StatusServiceUnavailable && strings.Contains(body, "writes-stopped") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %d %s", status, body)
		}
	}
	if status, body := fetch(t, address+"/v1/actors/north"); status != http.StatusOK {
		t.Errorf("a question: got %d %s", status, body)
	}
	if _, body := fetch(t, address+"/readyz"); !strings.Contains(body, `"writable":false`) || !strings.Contains(body, "message 3 of the log is no entry") || strings.Contains(body, `"lag":0`) {
		t.Errorf("/readyz: %s", body)
	}
}
