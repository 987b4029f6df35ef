package main

import (
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestBulletinOfTheDemonstration compares the bulletin for 4 May 2016 with the golden files, in every language and form.
func TestBulletinOfTheDemonstration(t *testing.T) {
	p, err := launch(t.TempDir(), os.Environ(), "demo", "--listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	address, err := p.awaitAddress()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"en.md", "ar.md", "fr.md", "ru.md", "en.html", "ar.html", "fr.html", "ru.html", "en.json"} {
		t.Run(name, func(t *testing.T) {
			got := download(t, address+"/v1/bulletin?date=2016-05-04&zone=Asia/Damascus&compare=sohr,russia&lang="+name[:2]+"&format="+name[3:])
			file := filepath.Join("testdata", "bulletin", "2016-05-04."+name)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Errorf("(-golden +got):\n%s", d)
			}
		})
	}
}

// download gets an address that answers 200.
func download(t *testing.T, address string) []byte {
	t.Helper()
	c := http.Client{Transport: operator.Transport, Timeout: 30 * time.Second}
	r, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s %v", address, r.StatusCode, body, err)
	}
	return body
}
