package projections

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

// answers is what the tests compare: a ceasefire, an incident and a history.
func answers(t *testing.T, b *book, p *Projections) string {
	t.Helper()
	at := b.point(t, p, clockAt("2016-05-06T09:00:00Z", "", ""))
	c, err := p.Ceasefire(t.Context(), "aleppo-silence", at)
	if err != nil {
		t.Fatal(err)
	}
	i, err := p.Incident(t.Context(), "nusra-attacks", at)
	if err != nil {
		t.Fatal(err)
	}
	h, err := p.History(t.Context(), ceasefireRef("syria-cessation"), at, Paging{})
	if err != nil {
		t.Fatal(err)
	}
	return show(c) + show(i) + show(h)
}

func TestAFileThatCannotBeTrustedIsRefilled(t *testing.T) {
	overwrite := func(change func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, change(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	edit := func(change func(*bbolt.Tx) error) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			db, err := bbolt.Open(path, 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Update(change); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	meta := func(key []byte, value string) func(*testing.T, string) {
		return edit(func(tx *bbolt.Tx) error { return tx.Bucket(metaBucket).Put(key, []byte(value)) })
	}
	cases := map[string]func(t *testing.T, path string){
		"missing":         func(t *testing.T, path string) { _ = os.Remove(path) },
		"empty":           overwrite(func([]byte) []byte { return nil }),
		"not bbolt":       overwrite(func([]byte) []byte { return []byte("these are not the pages you are looking for") }),
		"half of it":      overwrite(func(c []byte) []byte { return c[:len(c)/2/4096*4096] }),
		"one page short":  overwrite(func(c []byte) []byte { return c[:len(c)-4096] }),
		"another ledger":  meta(ledgerKey, "another"),
		"an older form":   meta(namesKey, "ceasefires/0"),
		"an older format": meta(formatKey, "0"),
		"no meta bucket":  edit(func(tx *bbolt.Tx) error { return tx.DeleteBucket(metaBucket) }),
		"a missing row": edit(func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte(rowBucket("incident"))).Delete([]byte("nusra-attacks"))
		}),
		"a changed row": edit(func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte(clockBucket)).Put(number(3), number(3))
		}),
		"ahead of the log": meta(checkpointKey, string(number(1_000))),
	}
	b := newBook(t)
	aleppo(t, b)
	want := answers(t, b, b.started(t, t.TempDir()))
	for name, damage := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := b.started(t, dir).Close(); err != nil {
				t.Fatal(err)
			}
			damage(t, filepath.Join(dir, fileName))
			if got := answers(t, b, b.started(t, dir)); got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
}

// Every page is broken in turn, in its header and in its middle. Either nothing that matters was hit, or the file is
// refilled: never is there another answer, and never does the process end.
func TestBrokenPages(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	dir := t.TempDir()
	p := b.started(t, dir)
	want := answers(t, b, p)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	sound, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	for page := 0; page < len(sound); page += 4096 {
		for _, offset := range []int{0, 8, 10, 12, 20, 700, 3000} {
			t.Run(fmt.Sprintf("page %d byte %d", page/4096, offset), func(t *testing.T) {
				broken := append([]byte(nil), sound...)
				broken[page+offset] ^= 0xff
				at := t.TempDir()
				if err := os.WriteFile(filepath.Join(at, fileName), broken, 0o600); err != nil {
					t.Fatal(err)
				}
				if got := answers(t, b, b.started(t, at)); got != want {
					t.Errorf("got %s\nwant %s", got, want)
				}
			})
		}
	}
}

// A file that breaks while it serves is noticed when a question meets the broken page, and refilled.
func TestDamageWhileServing(t *testing.T) {
	b := newBook(t)
	aleppo(t, b)
	p := b.started(t, t.TempDir())
	want := answers(t, b, p)
	p.cache = newCache(1)
	err := p.serving().db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(entriesBucket)).Put(number(40), []byte("{"))
	})
	if err != nil {
		t.Fatal(err)
	}
	at, moved := b.point(t, p, Clock{}), p.Changed()
	if _, err := p.Ceasefire(t.Context(), "aleppo-silence", at); err != ErrNotReady {
		t.Fatalf("got %v, want %v", err, ErrNotReady)
	}
	<-moved
	if got := answers(t, b, p); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
