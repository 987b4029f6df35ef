package blobs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func files(t *testing.T, most int64) *Files {
	t.Helper()
	s, err := OpenFiles(filepath.Join(t.TempDir(), "attachments"), most)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func digestOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func TestAFileIsNamedByItsBytes(t *testing.T) {
	s := files(t, 1000)
	for range 2 { // the second time it is there already
		f, err := s.Put(strings.NewReader("the road is closed"), "text/plain; charset=utf-8")
		if err != nil || f.SHA256 != digestOf("the road is closed") || f.Bytes != 18 {
			t.Fatalf("got %v, %v", f, err)
		}
	}
	f, err := s.Open(digestOf("the road is closed"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, _ := io.ReadAll(f); string(got) != "the road is closed" {
		t.Errorf("got %q", got)
	}
	if !s.HasFile(digestOf("the road is closed"), 18) || s.HasFile(digestOf("the road is closed"), 19) || s.HasFile(digestOf("another"), 18) {
		t.Error("it is not known what is there")
	}
	left, _ := os.ReadDir(s.incoming())
	if len(left) != 0 {
		t.Errorf("%d temporary files are left", len(left))
	}
}

func TestWhatIsNotTaken(t *testing.T) {
	s := files(t, 1000)
	for _, c := range []struct {
		name, mediaType string
		body            io.Reader
		want            error
	}{
		{"empty", "text/plain", strings.NewReader(""), ErrEmpty},
		{"too large", "text/plain", strings.NewReader(strings.Repeat("x", 1001)), ErrTooLarge},
		{"what a browser runs", "text/html", strings.NewReader("<p>"), ErrType},
		{"a drawing that can hold a script", "image/svg+xml", strings.NewReader("<svg/>"), ErrType},
		{"no type", "", strings.NewReader("x"), ErrType},
		{"a page that is called a picture", "image/jpeg", strings.NewReader("<html><script>"), ErrMistyped},
		{"one that breaks off", "text/plain", iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("xyz"))), iotest.ErrTimeout},
	} {
		if _, err := s.Put(c.body, c.mediaType); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	if _, err := s.Put(strings.NewReader(strings.Repeat("x", 1000)), "text/plain"); err != nil {
		t.Errorf("the limit itself: %v", err)
	}
	if left, _ := os.ReadDir(s.incoming()); len(left) != 0 {
		t.Errorf("%d temporary files are left", len(left))
	}
}

func TestEveryDamagedByteIsFoundAndTheFileNamed(t *testing.T) {
	s := files(t, 0)
	text := "a photograph"
	f, err := s.Put(strings.NewReader(text), "text/plain")
	if err != nil {
		t.Fatal(err)
	}
	path := s.path(f.SHA256)
	for i := range len(text) + 1 {
		bad := []byte(text)
		if i < len(text) {
			bad[i] ^= 1
		} else {
			bad = bad[:5]
		}
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		var damaged *DamagedError
		if _, err := s.Open(f.SHA256); !errors.As(err, &damaged) || damaged.Path != path {
			t.Fatalf("byte %d: got %v", i, err)
		}
	}
	if _, err := s.Put(strings.NewReader(text), "text/plain"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(f.SHA256); err != nil {
		t.Errorf("sending it again does not mend it: %v", err)
	}
}

func TestNoNameLeadsOutOfTheFolder(t *testing.T) {
	s := files(t, 0)
	for _, name := range []string{"", "..", "../../etc/passwd", strings.Repeat("a", 63), strings.Repeat("A", 64), strings.Repeat("/", 64)} {
		if _, err := s.Open(name); !errors.Is(err, ErrMissing) {
			t.Errorf("%q: got %v", name, err)
		}
	}
}

func TestACrashLeavesNothingBehind(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "attachments")
	s, err := OpenFiles(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.incoming(), tempPrefix+"1"), bytes.Repeat([]byte("x"), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFiles(dir, 0); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(s.incoming()); len(left) != 0 {
		t.Errorf("%d files are left", len(left))
	}
}
