package bundle_test

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"truceledger/eventstore/proof/bundle"
)

// Opening a pipe waits for somebody who writes into it, which nobody ever does.
func TestAPipeHoldsNobodyUp(t *testing.T) {
	f := story(t)
	whole := f.write(nil)
	for _, name := range []string{"checkpoint", "events.jsonl", "tile/0/000", "attachments/more"} {
		dir := filepath.Join(t.TempDir(), "b")
		must(t, os.CopyFS(dir, os.DirFS(whole)))
		put(name, func(path string) error { return syscall.Mkfifo(path, 0o644) })(t, dir)
		ended := make(chan error, 1)
		go func() {
			_, err := bundle.Verify(context.WithoutCancel(t.Context()), dir, f.options())
			ended <- err
		}()
		select {
		case err := <-ended:
			caught(t, err, 0, "layout")
		case <-time.After(20 * time.Second):
			t.Errorf("%s: the check waits for ever", name)
		}
	}
}
