package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestABackupOfALedgerThatIsWrittenTo backs a real server up, as a folder and as one file, while clients write; restores both;
// and compares what the restored ledgers say with the log as it was backed up: the entries byte for byte, the signed head,
// and the read models with a fold of the log.
func TestABackupOfALedgerThatIsWrittenTo(t *testing.T) {
	k := &killing{t: t, data: filepath.Join(t.TempDir(), "data"), acknowledged: map[string]uint64{}, seen: map[uint64][]byte{}}
	k.begin()
	writing, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for writing.Err() == nil {
				if _, err := k.send(next()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	dir := t.TempDir()
	must := func(want int, args ...string) string {
		t.Helper()
		return said(t, k.address, want, args...)
	}
	for _, name := range []string{"folder", "file.tar"} {
		path := filepath.Join(dir, name)
		must(exitDone, "backup", "--data", k.data, path)
		must(exitFailed, "backup", "--data", k.data, path) // it exists
	}
	var out, errs bytes.Buffer // as another user than the service's, to whom nobody says where its token is
	home := t.TempDir()
	code := run(t.Context(), []string{"backup", "--server", k.address, "--data", k.data, filepath.Join(dir, "by-root")}, nil, &out, &errs, func(name string) string {
		return map[string]string{"HOME": home}[name]
	})
	if code != exitDone {
		t.Errorf("a backup by the token in the data folder: got exit code %d: %s", code, &errs)
	}
	stop()
	writers.Wait()
	whole, err := k.get("/v1/entries")
	if err != nil {
		t.Fatal(err)
	}
	key := strings.TrimSpace(must(exitDone, "log-key"))
	if err := k.server.stop(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"folder", "file.tar"} {
		to := filepath.Join(dir, name+".restored")
		if got := must(exitDone, "restore", filepath.Join(dir, name), "--data", to, "--log-key", key); !strings.Contains(got, "it is what the log's key has signed") {
			t.Errorf("%s: %s", name, got)
		}
		must(exitUsage, "restore", filepath.Join(dir, name), "--data", to) // it holds something now
		k.data = to
		k.start()
		again, err := k.get("/v1/entries")
		if err != nil || len(again) < 3 || !bytes.HasPrefix(whole, again) {
			t.Errorf("%s: %d bytes that do not begin the %d: %v", name, len(again), len(whole), err)
		}
		must(exitDone, "replay")
		if got := strings.TrimSpace(must(exitDone, "log-key")); got != key {
			t.Errorf("%s: another key signs: %s", name, got)
		}
		k.must("reaffirm", `{"ceasefire":"pause","by":"north"}`)
		if err := k.server.stop(); err != nil {
			t.Fatal(err)
		}
	}
	if got := must(exitDone, "restore", filepath.Join(dir, "folder"), "--data", filepath.Join(dir, "keyless")); !strings.Contains(got, "the key that came with it") {
		t.Errorf("without a key from elsewhere: %s", got)
	}
	other := strings.Replace(key, "+", "x+", 1)
	must(exitUsage, "restore", filepath.Join(dir, "folder"), "--data", filepath.Join(dir, "no"), "--log-key", other)
	damageEveryFile(t, filepath.Join(dir, "folder"))
	cutTheFileOff(t, filepath.Join(dir, "file.tar"))
}

// restoreFails restores from a path and demands a refusal that names a file and leaves no folder.
func restoreFails(t *testing.T, path, name string) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "data")
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"restore", path, "--data", to}, nil, &out, &errs, func(string) string { return "" })
	if code != exitUnverified || !strings.Contains(errs.String(), name) {
		t.Errorf("%s: got exit code %d, want %d: %s", name, code, exitUnverified, &errs)
	}
	for _, left := range []string{to, to + ".restoring"} {
		if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %s is left", name, left)
		}
	}
}

// damageEveryFile flips a bit of each file, cuts it off by a byte, and takes it away.
func damageEveryFile(t *testing.T, dir string) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		sound, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		flipped := bytes.Clone(sound)
		flipped[len(flipped)/2] ^= 1
		for _, content := range [][]byte{flipped, sound[:len(sound)-2], nil} {
			if content == nil {
				err = os.Remove(path)
			} else {
				err = os.WriteFile(path, content, 0o600)
			}
			if err != nil {
				return err
			}
			restoreFails(t, dir, strings.TrimSuffix(filepath.Base(path), ".sha256"))
		}
		return os.WriteFile(path, sound, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func cutTheFileOff(t *testing.T, path string) {
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.tar")
	for _, n := range []int{len(sound) / 2, len(sound) - 2048, len(sound) - 3000, 700} {
		if err := os.WriteFile(cut, sound[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		name := "cut.tar"
		if n == len(sound)-2048 { // a whole number of files: what is missing is the end
			name = "manifest"
		}
		restoreFails(t, cut, name)
	}
}

// A backup holds what its operator may not read, and what is restored is restricted as before.
func TestABackupHoldsWhatIsRestricted(t *testing.T) {
	k := &killing{t: t, data: filepath.Join(t.TempDir(), "data"), acknowledged: map[string]uint64{}, seen: map[uint64][]byte{}}
	k.begin()
	k.must("register-actor", `{"actor":"west","name":"West","kind":"state"}`)
	words := strings.Fields(said(t, k.address, exitDone, "token", "create", "--role", "negotiator", "--actor", "west", "--name", "west"))
	west := http.Client{Transport: bearer{token: words[len(words)-1], next: http.DefaultTransport}}
	answer, err := west.Post(k.address+"/v1/commands/propose", "application/json", strings.NewReader(`{"by":"west","class":"unilateral_declaration","parties":["west"],"title":"Draft","restricted_to":["west"]}`))
	if err != nil || answer.StatusCode != http.StatusCreated {
		t.Fatalf("got %v, %v", answer, err)
	}
	answer.Body.Close()
	where := answer.Header.Get("Location")
	if got := said(t, k.address, exitFailed, "replay"); got != "" {
		t.Errorf("a log that was not read in full is judged: %s", got)
	}
	kept := filepath.Join(t.TempDir(), "kept")
	said(t, k.address, exitDone, "backup", "--data", k.data, kept)
	if err := k.server.stop(); err != nil {
		t.Fatal(err)
	}
	k.data = filepath.Join(t.TempDir(), "restored")
	said(t, k.address, exitDone, "restore", kept, "--data", k.data)
	k.start()
	for client, want := range map[*http.Client]int{&west: http.StatusOK, &k.http: http.StatusNotFound} {
		answer, err := client.Get(k.address + where)
		if err != nil || answer.StatusCode != want {
			t.Fatalf("%s: got %v, %v, want %d", where, answer, err, want)
		}
		answer.Body.Close()
	}
}
