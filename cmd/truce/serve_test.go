package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/spf13/cobra"

	"truceledger/api/access"
)

func TestTheGateAnswersBeforeAnythingIsOpen(t *testing.T) {
	g, err := listen(t.Context(), "127.0.0.1:0", nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusServiceUnavailable, "/v1/ceasefires": http.StatusServiceUnavailable} {
		if got, body := fetch(t, g.address()+path); got != want {
			t.Errorf("%s: got %d, want %d: %s", path, got, want, body)
		}
	}
	g.open(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "behind") }))
	if got, body := fetch(t, g.address()+"/v1/ceasefires"); got != http.StatusOK || body != "behind" {
		t.Errorf("once open: got %d %q", got, body)
	}
	ended := make(chan struct{})
	g.close(func() { close(ended) })
	<-ended
	if _, err := http.Get(g.address() + "/healthz"); err == nil {
		t.Error("it still answers after close")
	}
}

func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := operator.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// The demonstration must come up where something else has the default port already; an address that was asked for is
// another matter.
func TestTheDemoFindsAPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	out := newOutput()
	p := &program{stdout: out, stderr: out, env: homeEnv}
	start := func() *settings { return &settings{listen: taken.Addr().String(), zone: "UTC"} }
	if err := p.demo(t.Context(), start(), true); err == nil || !strings.Contains(err.Error(), "is taken by another process") {
		t.Errorf("an address that was asked for: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	began := time.Now()
	go func() { done <- p.demo(ctx, start(), false) }()
	found, err := out.await(`truce agree aleppo-silence --by nusra-front --server (http://\S+)`)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %v", time.Since(began))
	if status, body := fetch(t, found[1]+"/readyz"); status != http.StatusOK {
		t.Errorf("got %d %s", status, body)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(tmp, "truce-demo-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestEveryFlagOfServeIsAlsoInTheEnvironment(t *testing.T) {
	env := map[string]string{
		"TRUCE_DATA": "/d", "TRUCE_LISTEN": "127.0.0.1:1", "TRUCE_ZONE": "Asia/Damascus", "TRUCE_NATS": "nats://n", "TRUCE_NATS_CREDS": "c",
		"TRUCE_NATS_CA": "ca", "TRUCE_NATS_CERT": "cert", "TRUCE_NATS_KEY": "key", "TRUCE_STREAM": "S", "TRUCE_RESERVE": "7", "TRUCE_REPLICAS": "3",
		"TRUCE_READ_ONLY": "true", "TRUCE_WRITER": "https://w", "TRUCE_LOG_KEY": "vkey",
		"TRUCE_ORIGIN": "ledger.example", "TRUCE_SIGNATURES": "required", "TRUCE_WITNESS": "key url", "TRUCE_POLICY": "file", "TRUCE_ATTACHMENT_BYTES": "7", "TRUCE_VAULT_IDENTITY": "id",
	}
	p := &program{env: func(name string) string { return env[name] }}
	c := &cobra.Command{}
	s := p.settingsFlags(c, "default")
	if err := c.ParseFlags([]string{"--listen", "127.0.0.1:2"}); err != nil {
		t.Fatal(err)
	}
	if err := p.fromEnvironment(c); err != nil {
		t.Fatal(err)
	}
	want := settings{
		data: "/d", listen: "127.0.0.1:2", zone: "Asia/Damascus", stream: "S", reserve: 7, log: logSettings{"warn", "text"}, replicas: 3,
		mirror: mirrorSettings{true, "https://w", "vkey"},
		origin: "ledger.example", signatures: "required", witnesses: []string{"key url"}, policy: "file",
	}
	want.material = materialSettings{fileBytes: 7, identity: "id"}
	want.nats.URL, want.nats.CredsFile, want.nats.CAFile, want.nats.CertFile, want.nats.KeyFile = "nats://n", "c", "ca", "cert", "key"
	want.access.rate = access.DefaultRates.PerToken
	if !reflect.DeepEqual(*s, want) {
		t.Errorf("got %+v, want %+v", *s, want)
	}
}

func TestTheDataFolderFollowsTheSystem(t *testing.T) {
	at := func(env map[string]string) string {
		return (&program{env: func(name string) string { return env[name] }}).defaultData()
	}
	if got, want := at(map[string]string{"XDG_DATA_HOME": "/x", "HOME": "/h"}), filepath.Join("/x", "truce"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := at(map[string]string{"XDG_DATA_HOME": "relative", "HOME": "/h"}); !strings.HasPrefix(got, filepath.Join("/h")) {
		t.Errorf("got %s, want a folder in /h: the rule is to ignore a relative path", got)
	}
}

// Two servers on one external JetStream are one ledger: what one is told the other knows.
func TestTwoServersOnOneJetStream(t *testing.T) {
	engine, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true, NoSigs: true, NoLog: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	engine.Start()
	t.Cleanup(func() { engine.Shutdown(); engine.WaitForShutdown() })
	if !engine.ReadyForConnections(patience) {
		t.Fatal("the engine does not start")
	}
	folder, other := t.TempDir(), t.TempDir()
	one := nodeOn(t, engine.ClientURL(), folder)
	key, err := os.ReadFile(filepath.Join(folder, "log.key")) // the nodes of one log sign with one key
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, "log.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	two := nodeOn(t, engine.ClientURL(), other)
	answer := said(t, one, exitDone, "register-actor", "north", "--name", "North", "--kind", "armed_group")
	if want := "recorded actor/north at 2 (actor-registered)\n"; answer != want {
		t.Errorf("got %q, want %q", answer, want)
	}
	if got := said(t, two, exitDone, "show", "actor/north", "--min-sequence", "2"); !regexp.MustCompile(`(?m)^name +North$`).MatchString(got) {
		t.Errorf("the other server says: %s", got)
	}
	said(t, two, exitRefused, "register-actor", "north", "--name", "North", "--kind", "state")
	said(t, one, exitDone, "replay")
	said(t, two, exitDone, "replay")
	verifier := strings.TrimSpace(said(t, one, exitDone, "log-key"))
	if got := said(t, two, exitDone, "verify", "--log-key", verifier, two); !strings.Contains(got, "by the rules") {
		t.Errorf("the other node's log is not verified: %s", got)
	}
	var out bytes.Buffer
	stranger := []string{"serve", "--nats", engine.ClientURL(), "--listen", "127.0.0.1:0", "--data", t.TempDir()}
	if code := run(t.Context(), stranger, nil, &out, &out, homeEnv); code != exitFailed || !strings.Contains(out.String(), "copy log.key") {
		t.Errorf("a node with a key of its own: got %d, %s", code, &out)
	}
}

// nodeOn serves a ledger on an engine until the test ends, and returns its address.
func nodeOn(t *testing.T, engine, folder string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, ended := newOutput(), make(chan int, 1)
	go func() {
		args := []string{"serve", "--nats", engine, "--listen", "127.0.0.1:0", "--data", folder}
		ended <- run(ctx, args, nil, out, out, homeEnv)
		out.end()
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != exitDone {
			t.Errorf("serve ended with %d: %s", code, out)
		}
	})
	found, err := out.await(`truce: ledger \w+ at (http://[^/]+)/`)
	if err != nil {
		t.Fatal(err)
	}
	return found[1]
}

// said runs a verb against a server and returns what it prints.
func said(t *testing.T, address string, want int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	env := serverEnv(address)
	if got := run(t.Context(), args, nil, &out, &errs, env); got != want {
		t.Errorf("truce %v: got exit code %d, want %d: %s", args, got, want, errs.String())
	}
	return out.String()
}
