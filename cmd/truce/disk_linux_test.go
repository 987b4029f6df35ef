package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestADiskThatFillsUp gives a real server a small file system of its own and fills it up while clients write: once slowly, so
// that the reserve stops the writes, and once at a blow, so that the engine's own writes fail. Commands are then refused with
// 503 and the code disk, questions are answered, and when room is made commands are taken again by the same process. Nothing
// that was acknowledged is lost, neither then nor after a SIGKILL.
func TestADiskThatFillsUp(t *testing.T) {
	for name, reserve := range map[string]string{"with a reserve": "8", "at a blow": "0"} {
		t.Run(name, func(t *testing.T) {
			if reserve == "0" && os.Getenv("TRUCE_LONG") == "" {
				t.Skip("a quarter of a minute of waiting for acknowledgements that do not come: TRUCE_LONG=1 runs it")
			}
			fillUp(t, reserve)
		})
	}
}

func fillUp(t *testing.T, reserve string) {
	small := smallDisk(t, "size=40m")
	t.Setenv("TRUCE_RESERVE", reserve)
	k := &killing{t: t, data: filepath.Join(small, "data"), acknowledged: map[string]uint64{}, seen: map[uint64][]byte{}}
	k.begin()
	var refused atomic.Int64
	var longest longest
	done := make(chan struct{})
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				c := next()
				began := time.Now()
				answer, err := k.http.Post(k.address+"/v1/commands/"+c.verb, "application/json", strings.NewReader(c.body))
				if err != nil {
					t.Errorf("the server is gone: %v; it said: %s", err, k.server.stderr)
					return
				}
				body, _ := io.ReadAll(answer.Body)
				answer.Body.Close()
				longest.note(time.Since(began))
				switch {
				case answer.StatusCode == http.StatusCreated:
					k.note(c, answer)
				case answer.StatusCode == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") != "":
					if bytes.Contains(body, []byte(`"disk"`)) {
						refused.Add(1)
						time.Sleep(10 * time.Millisecond)
					}
					k.mu.Lock()
					k.unanswered = append(k.unanswered, c)
					k.mu.Unlock()
				default:
					t.Errorf("got %d %s", answer.StatusCode, body)
					return
				}
			}
		})
	}
	filler := filepath.Join(small, "filler")
	if reserve == "0" {
		fill(t, filler, 0)
	} else {
		fill(t, filler, 4<<20) // as a disk fills that others write to: the reserve is touched, and not all is gone yet
	}
	await(t, "a refusal", func() bool { return refused.Load() > 20 })
	if status, body := fetch(t, k.address+"/readyz"); status != http.StatusOK || !strings.Contains(body, `"writable":false`) || !strings.Contains(body, `"problem"`) {
		t.Errorf("/readyz: got %d %s", status, body)
	}
	if status, body := fetch(t, k.address+"/v1/ceasefires/pause"); status != http.StatusOK {
		t.Errorf("a question on a full disk: %d %s", status, body)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	await(t, "writing again", func() bool {
		_, body := fetch(t, k.address+"/readyz")
		return strings.Contains(body, `"writable":true`)
	})
	close(done)
	writers.Wait()
	await(t, "an answer to what was unanswered", func() bool { k.mu.Lock(); defer k.mu.Unlock(); return k.settleOne() })
	k.check()
	k.server.kill()
	k.start()
	k.check()
	if err := k.server.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Duration(longest.Load()); took > mostPatient {
		t.Errorf("one command waited %v for its answer, want %v at most", took, mostPatient)
	}
	t.Logf("%d acknowledged, %d refused, the longest answer took %v", len(k.acknowledged), refused.Load(), time.Duration(longest.Load()))
}

// mostPatient is how long the documentation says that a command waits over a disk that fails: five seconds for the
// acknowledgement and one until the engine's state is known, and as much again for who waits behind it on the same record.
const mostPatient = 15 * time.Second

// longest is the longest time that was noted.
type longest struct{ atomic.Int64 }

func (l *longest) note(took time.Duration) {
	for was := l.Load(); int64(took) > was && !l.CompareAndSwap(was, int64(took)); was = l.Load() {
	}
}

// TestARebuildOnAFullDisk rebuilds the projections where there is no room for a second file: that fails, says why, leaves nothing
// behind and harms nothing that serves; with room again it works.
func TestARebuildOnAFullDisk(t *testing.T) {
	small := smallDisk(t, "size=64m")
	t.Setenv("TRUCE_RESERVE", "0") // the engine is to go on: it has what it needs
	k := &killing{t: t, data: filepath.Join(small, "data"), acknowledged: map[string]uint64{}, seen: map[uint64][]byte{}}
	putMany(t, k.data, 3000)
	k.begin()
	before := k.views()
	filler := filepath.Join(small, "filler")
	fill(t, filler, 3<<20)
	var said bytes.Buffer
	if code := run(t.Context(), []string{"rebuild", "--server", k.address}, nil, io.Discard, &said, homeEnv); code == exitDone {
		t.Errorf("a rebuild without room for it: exit code %d, %s", code, &said)
	}
	if !strings.Contains(said.String(), "the disk that holds the ledger is full") {
		t.Errorf("it does not say why: %s; the server said: %s", &said, k.server.stderr)
	}
	if after := k.views(); len(after) != 1 || after[0] != before[0] {
		t.Errorf("there is %v; before there was %v", after, before)
	}
	if status, body := fetch(t, k.address+"/v1/ceasefires/pause"); status != http.StatusOK {
		t.Errorf("a question afterwards: %d %s", status, body)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	await(t, "writing again", func() bool {
		_, body := fetch(t, k.address+"/readyz")
		return strings.Contains(body, `"writable":true`)
	})
	over := k.busy()
	k.rebuild()
	over()
	k.check()
}

// settleOne sends one of what was not answered again, and reports whether none is left. k.mu is held.
func (k *killing) settleOne() bool {
	if len(k.unanswered) == 0 {
		return true
	}
	c := k.unanswered[len(k.unanswered)-1]
	k.mu.Unlock()
	_, err := k.send(c)
	k.mu.Lock()
	if err == nil {
		k.unanswered = k.unanswered[:len(k.unanswered)-1]
	}
	return len(k.unanswered) == 0
}

// smallDisk mounts a file system of its own until the test ends.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can mount the small file system that this test fills up")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("this machine mounts no small file system to fill up: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill writes into a file until so many bytes are free.
func fill(t *testing.T, path string, leave int64) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		var disk syscall.Statfs_t
		if err := syscall.Fstatfs(int(f.Fd()), &disk); err != nil {
			t.Fatal(err)
		}
		if int64(disk.Bavail)*disk.Bsize-int64(size) < leave {
			size /= 2
			continue
		}
		_, err := f.Write(make([]byte, size))
		switch {
		case errors.Is(err, syscall.ENOSPC):
			size /= 2
		case err != nil:
			t.Fatal(err)
		}
	}
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(40 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not come", what)
		}
	}
}

// A folder that cannot be written to is refused by its name, and left as it is.
func TestAReadOnlyDiskIsRefusedByName(t *testing.T) {
	small := smallDisk(t, "size=96m")
	data := filepath.Join(small, "data")
	k := &killing{t: t, data: data, acknowledged: map[string]uint64{}, seen: map[uint64][]byte{}}
	k.begin()
	if err := k.server.stop(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", small, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("this machine does not make a mounted file system read-only: %v", err)
	}
	p, err := launch(t.TempDir(), os.Environ(), "serve", "--listen", "127.0.0.1:0", "--data", data)
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	if _, err := p.awaitAddress(); err == nil || !strings.Contains(p.stderr.String(), "read-only") || !strings.Contains(p.stderr.String(), data) {
		t.Errorf("got %v; it said: %s", err, p.stderr)
	}
	if err := syscall.Mount("", small, "", syscall.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	k.start()
	k.check()
}

// A restore onto a disk that is too small ends by itself, says that it is the disk and not the backup, and leaves nothing.
func TestARestoreOntoAFullDisk(t *testing.T) {
	k := &killing{t: t, data: filepath.Join(t.TempDir(), "data"), acknowledged: map[string]uint64{}, seen: map[uint64][]byte{}}
	k.begin()
	for range 60 {
		k.must("violate", `{"ceasefires":["pause"],"by":"north","description":"`+strings.Repeat("shots ", 4000)+`"}`)
	}
	dir := t.TempDir()
	for _, name := range []string{"folder", "file.tar"} {
		said(t, k.address, exitDone, "backup", "--data", k.data, filepath.Join(dir, name))
	}
	if err := k.server.stop(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"folder", "file.tar"} {
		small := smallDisk(t, "size=1m")
		var out, errs bytes.Buffer
		began := time.Now()
		code := run(t.Context(), []string{"restore", filepath.Join(dir, name), "--data", filepath.Join(small, "data")}, nil, &out, &errs, homeEnv)
		if code != exitFailed || !strings.Contains(errs.String(), "no space left") || strings.Contains(errs.String(), "altered") {
			t.Errorf("%s: got exit code %d, want %d and the reason: %s", name, code, exitFailed, &errs)
		}
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("%s: it took %v", name, took)
		}
		if left, err := os.ReadDir(small); err != nil || len(left) > 0 {
			t.Errorf("%s: %v is left, %v", name, left, err)
		}
	}
}
