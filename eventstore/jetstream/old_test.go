package jetstream_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
	"truceledger/eventstore/logtest"
)

// The last servers of their kind: 2.11 answers several messages at once and knows no atomic batches, 2.10 neither.
const (
	withoutBatches = "v2.11.10"
	tooOld         = "v2.10.29"
)

// TestALogOnAnOlderServer runs the promises on a real nats-server that has no atomic batches, and asks many writers at once.
func TestALogOnAnOlderServer(t *testing.T) {
	t.Parallel()
	nc := startOlder(t, withoutBatches)
	js, err := natsjs.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	open := func(t *testing.T) *jetstream.Log {
		l, err := jetstream.Open(t.Context(), nc, jetstream.Options{Log: slog.New(slog.NewTextHandler(&said, nil))})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second) // t's own has ended
			defer cancel()
			if err := js.DeleteStream(ctx, jetstream.DefaultStream); err != nil {
				t.Error(err)
			}
		})
		return l
	}
	logtest.Test(t, func(t *testing.T) eventstore.Log { return open(t) })
	if want := "no atomic batches; every append is flushed by itself"; !strings.Contains(said.String(), want) || !strings.Contains(said.String(), withoutBatches[1:]) {
		t.Errorf("the log says %q, and nothing of %q and %s", said.String(), want, withoutBatches)
	}
	t.Run("many writers at once", func(t *testing.T) {
		l := open(t)
		const all = 300
		sequences := make([]uint64, all)
		var group sync.WaitGroup
		for i := range all {
			group.Go(func() {
				var err error
				if sequences[i], err = l.Append(bounded(t), fmt.Sprintf("truce.tally.t-%d", i), 0, []byte(fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		wantAt(t, l, func(yield func(uint64, string) bool) {
			for i, n := range sequences {
				if !yield(n, fmt.Sprint(i)) {
					return
				}
			}
		})
	})
}

func TestAServerThatIsTooOldIsRefused(t *testing.T) {
	t.Parallel()
	_, err := jetstream.Open(t.Context(), startOlder(t, tooOld), jetstream.Options{})
	if want := "nats-server " + tooOld[1:] + " is too old: 2.11 or newer is needed"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// startOlder runs a nats-server of a version, as a process, and connects to it.
func startOlder(t *testing.T, version string) *nats.Conn {
	t.Helper()
	program, dir, port := older(t, version), t.TempDir(), logtest.Ports(t, 1)[0]
	conf := filepath.Join(dir, "server.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, "listen: 127.0.0.1:%d\njetstream { store_dir: %q, sync_interval: always }\n", port, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	server := exec.Command(program, "-c", conf)
	server.Stderr = &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		if t.Failed() {
			t.Logf("nats-server %s said:\n%s", version, said.String())
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	nc, err := jetstream.Dial(ctx, jetstream.DialOptions{URL: fmt.Sprintf("nats://127.0.0.1:%d", port)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if got := nc.ConnectedServerVersion(); "v"+got != version {
		t.Fatalf("the server is %s, want %s", got, version)
	}
	return nc
}

// older is the path of an older nats-server: one that is at hand in TRUCE_OLD_NATS/<version>/nats-server, or one that is built.
func older(t *testing.T, version string) string {
	t.Helper()
	if dir := os.Getenv("TRUCE_OLD_NATS"); dir != "" {
		return filepath.Join(dir, version, "nats-server")
	}
	if os.Getenv("TRUCE_INSTALL_TOOLS") == "" {
		t.Skip("no older nats-server is at hand: name a folder of them in TRUCE_OLD_NATS, or set TRUCE_INSTALL_TOOLS=1 to build them (a minute)")
	}
	bin := t.TempDir()
	build := exec.Command("go", "install", "github.com/nats-io/nats-server/v2@"+version)
	build.Dir, build.Env = bin, append(os.Environ(), "GOBIN="+bin, "GOFLAGS=-modcacherw")
	if said, err := build.CombinedOutput(); err != nil {
		t.Skipf("nats-server %s is not to be had: %v: %s", version, err, said)
	}
	return filepath.Join(bin, "nats-server")
}
