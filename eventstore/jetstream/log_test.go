package jetstream_test

import (
	"testing"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
	"truceledger/eventstore/logtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLog(t *testing.T) {
	t.Parallel()
	logtest.Test(t, func(t *testing.T) eventstore.Log { return openEmbedded(t, t.TempDir()) })
}

// embedded is a log on a real server in a folder of its own, which can be stopped and opened again.
type embedded struct {
	*jetstream.Log
	dir    string
	nc     *nats.Conn
	server *jetstream.Embedded
}

func openEmbedded(t testing.TB, dir string) *embedded {
	t.Helper()
	e := &embedded{dir: dir}
	var err error
	if e.server, err = jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedOptions{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.server.Shutdown)
	if e.nc, err = e.server.Connect(); err != nil {
		t.Fatal(err)
	}
	if e.Log, err = jetstream.Open(t.Context(), e.nc, jetstream.Options{}); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *embedded) Reopen(t *testing.T) eventstore.Log {
	e.server.Shutdown()
	return openEmbedded(t, e.dir)
}

// Consumers counts what the readers have left on the server.
func (e *embedded) Consumers(t *testing.T) int {
	return consumersOf(t, e.nc)
}

func consumersOf(t *testing.T, nc *nats.Conn) int {
	t.Helper()
	js, err := natsjs.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), jetstream.DefaultStream)
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State.Consumers
}
