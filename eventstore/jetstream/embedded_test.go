package jetstream_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"truceledger/eventstore/jetstream"
)

func TestADataFolderInUseIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := openEmbedded(t, dir)
	fill(t, e, 1)
	_, err := jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedOptions{Dir: dir})
	if !errors.Is(err, jetstream.ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Fatalf("got %v, want %v and the folder's name", err, jetstream.ErrInUse)
	}
	if n, err := e.Last(t.Context()); n != 1 || err != nil {
		t.Fatalf("the first server was disturbed: last %d, %v", n, err)
	}
}

func TestADataFolderIsFreeAfterShutdown(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		e := openEmbedded(t, dir)
		e.server.Shutdown()
	}
}

func TestAFolderThatCannotHoldDataIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "jetstream"), []byte("a file, not a folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedOptions{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), dir) {
		t.Fatalf("got %v, want an error that names %s", err, dir)
	}
	if err := os.Remove(filepath.Join(dir, "jetstream")); err != nil {
		t.Fatal(err)
	}
	openEmbedded(t, dir) // the lock was given back
}

func TestTheServerListensOnNoPortAndLogsToUs(t *testing.T) {
	var lines bytes.Buffer
	log := slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedOptions{Dir: t.TempDir(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	s.Shutdown()
	if got := lines.String(); !strings.Contains(got, "from=nats-server") || strings.Contains(got, "Listening for client") {
		t.Errorf("log lines:\n%s", got)
	}
}
