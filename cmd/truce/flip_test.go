package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestAFlippedBitInAnyFile flips one bit of one file of a full data folder that was closed in good order, starts a real server
// on it, and demands one of three ends: every answer is what it was and commands are taken; or the start is refused with the
// name of the file, and the file is left as it was found; or, where the file holds one thing that nothing else needs, that is
// not handed out, the file is named in the log, and every other answer is what it was. TRUCE_LONG=1 flips many more.
func TestAFlippedBitInAnyFile(t *testing.T) {
	f := flippedLedger(t)
	flips := 2
	if os.Getenv("TRUCE_LONG") != "" {
		flips = 60
	}
	for _, name := range f.files {
		size := len(f.content[name])
		for i := range min(flips, size) {
			at := (2*i + 1) * size / (2 * min(flips, size))
			t.Run(fmt.Sprintf("%s byte %d", name, at), func(t *testing.T) {
				if testing.Short() && i > 0 {
					t.Skip("one flip for each file is enough for -short")
				}
				t.Parallel()
				f.flip(t, name, at, byte(1)<<(at%8))
			})
		}
	}
}

// A flipping is a sound data folder, and what a server answers on it.
type flipping struct {
	dir     string
	holds   fullFolder
	files   []string
	content map[string][]byte
	answers map[string]string
	client  *http.Client // with the first token, whatever becomes of the file that holds it
}

// asked is what is compared: the log, every projection's digest, and what people ask.
var asked = []string{"/v1/entries", "/log/checkpoint", "/v1/alerts", "/v1/admin/digests", "/v1/actors", "/v1/incidents?effective_at=2026-01-01T00:00:00Z", "/v1/ceasefires?effective_at=2026-01-01T00:00:00Z"}

func flippedLedger(t *testing.T) *flipping {
	f := &flipping{dir: filepath.Join(t.TempDir(), "data"), content: map[string][]byte{}, answers: map[string]string{}}
	k := &killing{t: t, data: f.dir, acknowledged: map[string]uint64{}, seen: map[uint64][]byte{}}
	k.begin()
	for range 60 {
		if status, err := k.send(next()); err != nil || status != http.StatusCreated {
			t.Fatalf("%d %v", status, err)
		}
	}
	f.holds = fillFolder(t, k)
	f.client = &http.Client{Transport: k.http.Transport}
	f.answers = f.ask(t, k.address)
	if err := k.server.stop(); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(f.dir, path)
		f.files = append(f.files, name)
		f.content[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// ask waits until the server answers, and asks everything.
func (f *flipping) ask(t *testing.T, address string) map[string]string {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if status, body := f.fetch(t, address+"/readyz"); status == http.StatusOK {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("%s: %d %s", address, status, body)
		}
	}
	got := map[string]string{}
	for _, path := range append([]string{f.holds.attachment}, asked...) {
		status, body := f.fetch(t, address+path)
		got[path] = fmt.Sprintf("%d %s", status, body)
	}
	got[sealing] = f.holds.seal(t, f.client.Transport, address)
	return got
}

// sealing stands among the paths for sealing the same value again.
const sealing = "sealing again"

// alone are the files that hold one thing each, which nothing else needs: damaged, they are named, and the rest goes on.
func alone(name string) bool {
	return name == "operator.token" || strings.HasPrefix(name, "attachments/") || strings.HasPrefix(name, "vault/keys/") ||
		strings.HasPrefix(name, "vault/values/") || strings.HasPrefix(name, "vault/uploads/")
}

func (f *flipping) fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := f.client.Get(url)
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

func awaitStatus(t *testing.T, url string, want int) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		status, body := fetch(t, url)
		if status == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %d %s", url, status, body)
		}
	}
}

// copyTo makes a copy of the folder, with the times of its files, and one bit changed.
func (f *flipping) copyTo(t *testing.T, dir, name string, at int, bit byte) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(f.dir)); err != nil {
		t.Fatal(err)
	}
	for _, n := range f.files {
		info, err := os.Stat(filepath.Join(f.dir, n))
		if err != nil {
			t.Fatal(err)
		}
		content, path := f.content[n], filepath.Join(dir, n)
		if n == name {
			content = f.flipped(name, at, bit)
		}
		if err := os.WriteFile(path, content, info.Mode()); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, info.Mode()); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
}

func (f *flipping) flip(t *testing.T, name string, at int, bit byte) {
	dir := filepath.Join(t.TempDir(), "data")
	f.copyTo(t, dir, name, at, bit)
	p, err := launch(t.TempDir(), append(os.Environ(), "GORACE="+atExit), append([]string{"serve", "--listen", "127.0.0.1:0", "--data", dir}, everything...)...)
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	address, err := p.awaitAddress()
	if err != nil {
		f.refused(t, p, dir, name, at, bit)
		return
	}
	withheld := 0
	differs := func(path, got, want string) {
		t.Helper()
		if alone(name) && strings.HasPrefix(got, "500 ") && strings.Contains(got, "-damaged") {
			withheld++
			return
		}
		t.Errorf("%s: a wrong answer\ngot  %.600s\nwant %.600s", path, got, want)
	}
	for path, got := range f.ask(t, address) {
		if want := f.answers[path]; got != want {
			differs(path, got, want)
		}
	}
	if status, body := f.holds.open(t, address); status != http.StatusOK || !strings.Contains(body, sealed) {
		differs("the sealed value", fmt.Sprintf("%d %s", status, body), "200 with the value")
	}
	answer, err := f.client.Post(address+"/v1/commands/reaffirm", "application/json", strings.NewReader(`{"ceasefire":"pause","by":"north"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		t.Errorf("it serves and takes no commands: %s; it said: %s", answer.Status, p.stderr)
	}
	if !alone(name) || bytes.Equal(bytes.TrimSpace(f.content[name]), bytes.TrimSpace(f.flipped(name, at, bit))) {
		return // it is mended, or does not matter
	}
	if _, err := p.stderr.await(regexp.QuoteMeta(filepath.Base(name))); err != nil {
		t.Errorf("%d answers were withheld, and nobody is told of %s", withheld, name)
	}
}

// flipped is a file's content with one bit changed.
func (f *flipping) flipped(name string, at int, bit byte) []byte {
	content := bytes.Clone(f.content[name])
	content[at] ^= bit
	return content
}

// refused looks at a start that failed: it names the file, and has not made things worse.
func (f *flipping) refused(t *testing.T, p *process, dir, name string, at int, bit byte) {
	t.Helper()
	said := p.stderr.String()
	if !strings.Contains(said, filepath.Base(name)) {
		t.Errorf("the refusal does not name %s: %s", name, said)
	}
	if strings.Contains(said, "goroutine ") {
		t.Errorf("it fell over: %.2000s", said)
	}
	now, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || !bytes.Equal(now, f.flipped(name, at, bit)) {
		t.Errorf("%s was changed before it was refused: %v", name, err)
	}
}

// A file that is gone is told from one that was never there: what was signed is forgotten with heads.db, which the log says, and
// where the log itself is gone no new one is begun in its place.
func TestALostFileIsNoNewLedger(t *testing.T) {
	k := &killing{t: t, data: filepath.Join(t.TempDir(), "data"), acknowledged: map[string]uint64{}, seen: map[uint64][]byte{}}
	k.begin()
	if strings.Contains(k.server.stderr.String(), "heads.db") {
		t.Errorf("a new ledger misses its heads: %s", k.server.stderr)
	}
	if err := k.server.stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(k.data, "heads.db")); err != nil {
		t.Fatal(err)
	}
	k.start()
	if !strings.Contains(k.server.stderr.String(), "heads.db is missing") {
		t.Errorf("it is silent about heads.db: %s", k.server.stderr)
	}
	if err := k.server.stop(); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{"jetstream", "views", "heads.db"} { // at last log.key alone is left to remember
		if err := os.RemoveAll(filepath.Join(k.data, left)); err != nil {
			t.Fatal(err)
		}
		p, err := launch(t.TempDir(), append(os.Environ(), "GORACE="+atExit), "serve", "--listen", "127.0.0.1:0", "--data", k.data)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.kill)
		_, err = p.awaitAddress()
		if said := p.stderr.String(); err == nil || !strings.Contains(said, streamOf(k.data)) || !strings.Contains(said, "nothing follows") {
			t.Errorf("without %s: got %v; it said: %s", left, err, said)
		}
		if _, err := os.Stat(filepath.Join(k.data, "jetstream")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("without %s: a new log was begun, %v", left, err)
		}
	}
}

func streamOf(data string) string { return filepath.Join(data, "jetstream", "$G", "streams", "TRUCE") }
