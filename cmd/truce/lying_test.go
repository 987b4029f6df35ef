package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore/proof"
)

// A lie changes what a server answers to a path; nil is: not found.
type lie func(path string, body []byte) []byte

// liar stands before an honest server and answers as it is told. begin is called with each path before it is passed on.
func liar(t *testing.T, honest string, begin func(path string), tell lie) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if begin != nil {
			begin(r.URL.Path)
		}
		answer, err := operator.Get(honest + r.URL.RequestURI())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		if tell != nil {
			if body = tell(r.URL.Path, body); body == nil {
				http.NotFound(w, r)
				return
			}
		}
		w.WriteHeader(answer.StatusCode)
		_, _ = w.Write(body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// on tells a lie about one path.
func on(path string, change func([]byte) []byte) lie {
	return func(asked string, body []byte) []byte {
		if asked == path {
			return change(body)
		}
		return body
	}
}

// anotherTree alters an entry and gives out the tiles that follow from it.
func anotherTree(t *testing.T, honest string) lie {
	t.Helper()
	entries := byLines(func(l [][]byte) [][]byte { l[41][30] ^= 1; return l })([]byte(awaitOK(t, honest+"/v1/entries")))
	answers := map[string][]byte{"/v1/entries": entries}
	keep := func(tile tlog.Tile, data []byte) error {
		answers["/log/"+proof.TilePath(tile)] = bytes.Clone(data)
		return nil
	}
	edge := proof.NewEdge(keep)
	for line := range bytes.Lines(entries) {
		if err := edge.Append(tlog.RecordHash(bytes.TrimSuffix(line, []byte("\n")))); err != nil {
			t.Fatal(err)
		}
	}
	tiles, data := edge.Partial()
	for i, tile := range tiles {
		_ = keep(tile, data[i])
	}
	return func(path string, body []byte) []byte {
		if told, ok := answers[path]; ok {
			return told
		}
		return body
	}
}

func byLines(change func([][]byte) [][]byte) func([]byte) []byte {
	return func(b []byte) []byte {
		l := bytes.SplitAfter(b, []byte("\n"))
		return bytes.Join(change(l[:len(l)-1]), nil)
	}
}

// firstHead is the first of several heads: a text, an empty line, signatures, an empty line.
func firstHead(heads []byte) []byte {
	text := bytes.Index(heads, []byte("\n\n")) + 2
	return heads[:text+bytes.Index(heads[text:], []byte("\n\n"))+2]
}

func flipAt(at int) func([]byte) []byte { return func(b []byte) []byte { b[at] ^= 1; return b } }

// registered puts actors on the record until it holds n entries, and waits until they are signed.
func registered(t *testing.T, server string, n int) {
	t.Helper()
	have := bytes.Count([]byte(awaitOK(t, server+"/v1/entries")), []byte("\n"))
	var b strings.Builder
	for i := have + 1; i <= n; i++ {
		fmt.Fprintf(&b, `{"command":"register-actor","actor":"a-%d","name":"A","kind":"person"}`+"\n", i)
	}
	file := filepath.Join(t.TempDir(), "more.jsonl")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	said(t, server, exitDone, "apply", file)
	awaitHead(t, server, n)
}

// awaitHead waits until a server shows a signed head over so many entries, and returns it.
func awaitHead(t *testing.T, server string, n int) string {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		_, head := fetch(t, server+"/log/checkpoint")
		if strings.Contains(head, fmt.Sprintf("\n%d\n", n)) {
			return head
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s signs no head at %d; the newest is %s", server, n, head)
		}
	}
}

// TestALyingServerIsCaught asks servers that lie in every way that one can, and in none: the first bad entry is named, and the
// exit code is 6. What is no lie but a failure to ask never is.
func TestALyingServerIsCaught(t *testing.T) {
	honest := serveProcess(t)
	registered(t, honest, 120)
	early := []byte(awaitOK(t, honest+"/log/checkpoint"))
	registered(t, honest, 300)
	elsewhere := serveProcess(t)
	registered(t, elsewhere, 4)
	key := strings.TrimSpace(said(t, honest, exitDone, "log-key"))
	stranger := strings.TrimSpace(said(t, elsewhere, exitDone, "log-key"))
	kept := filepath.Join(t.TempDir(), "kept")
	if err := os.WriteFile(kept, []byte(awaitOK(t, honest+"/log/checkpoint")), 0o600); err != nil {
		t.Fatal(err)
	}
	verify := func(t *testing.T, server string, want int, says string, more ...string) {
		t.Helper()
		var out, errs bytes.Buffer
		code := run(t.Context(), append(append([]string{"verify", "--log-key", key, "--skip-rules"}, more...), server), nil, &out, &errs, homeEnv)
		text := out.String() + errs.String()
		if code != want || !strings.Contains(text, says) || want != exitDone && strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("got exit code %d and %q, want %d and %q", code, text, want, says)
		}
	}

	for name, c := range map[string]struct {
		tell lie
		want int
		says string
		more []string
	}{
		"nothing":                  {nil, exitDone, "holds 300 entries", nil},
		"a bit of an entry":        {on("/v1/entries", byLines(func(l [][]byte) [][]byte { l[41][30] ^= 1; return l })), exitUnverified, "it does not hold: entry 42: tile:", nil},
		"an entry left out":        {on("/v1/entries", byLines(func(l [][]byte) [][]byte { return append(l[:9:9], l[10:]...) })), exitUnverified, "entry 300: line: it is missing: the head covers 300 entries, and 299 are given out", nil},
		"an entry doubled":         {on("/v1/entries", byLines(func(l [][]byte) [][]byte { return append(l[:10:10], l[9:]...) })), exitUnverified, "entry 11: tile:", nil},
		"two swapped":              {on("/v1/entries", byLines(func(l [][]byte) [][]byte { l[20], l[21] = l[21], l[20]; return l })), exitUnverified, "entry 21: tile:", nil},
		"the end left out":         {on("/v1/entries", byLines(func(l [][]byte) [][]byte { return l[:100] })), exitUnverified, "entry 101: line: it is missing", nil},
		"half an entry at the end": {on("/v1/entries", func(b []byte) []byte { return b[:len(b)-9] }), exitUnverified, "entry 300: line: the answer ends within it", nil},
		"an entry without an end":  {on("/v1/entries", func([]byte) []byte { return bytes.Repeat([]byte("x"), 3<<20) }), exitUnverified, "entry 1: line: it is longer than an entry can be", nil},
		"an entry withheld": {on("/v1/entries", byLines(func(l [][]byte) [][]byte {
			l[4] = []byte(`{"withheld":5,"leaf":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}` + "\n")
			return l
		})), exitUnverified, "entry 5: tile:", nil},
		"a bit of a tile":            {on("/log/tile/0/000", flipAt(32*17+3)), exitUnverified, "entry 18: tile: the bytes that the server gives out are not those that its tree was built over", nil},
		"a bit of the last tile":     {on("/log/tile/0/001.p/44", flipAt(43*32)), exitUnverified, "entry 300: tile:", nil},
		"a bit of an upper tile":     {on("/log/tile/1/000.p/1", flipAt(3)), exitUnverified, "entry 1: tile: /log/tile/1/000.p/1 is not what follows", nil},
		"a tile cut short":           {on("/log/tile/0/000", func(b []byte) []byte { return b[:64] }), exitUnverified, "entry 1: tile:", nil},
		"a tile too long":            {on("/log/tile/0/000", func(b []byte) []byte { return append(b, 0) }), exitUnverified, "/log/tile/0/000", nil},
		"no such tile":               {on("/log/tile/0/001.p/44", func([]byte) []byte { return nil }), exitUnverified, "entry 257: tile: the server does not give out", nil},
		"a bit of the head":          {on("/log/checkpoint", func(b []byte) []byte { return bytes.Replace(b, []byte("\n300\n"), []byte("\n299\n"), 1) }), exitUnverified, "it does not hold: head:", nil},
		"another log's head":         {on("/log/checkpoint", func([]byte) []byte { return []byte(awaitOK(t, elsewhere+"/log/checkpoint")) }), exitUnverified, "head: not a head signed by this log", nil},
		"no head at all":             {on("/log/checkpoint", func([]byte) []byte { return []byte("welcome\n") }), exitUnverified, "head:", nil},
		"a head without an end":      {on("/log/checkpoint", func([]byte) []byte { return bytes.Repeat([]byte("x\n"), 1<<20) }), exitUnverified, "/log/checkpoint answers more than", nil},
		"an older head":              {on("/log/checkpoint", func([]byte) []byte { return early }), exitDone, "holds 120 entries", nil},
		"an older head than is kept": {on("/log/checkpoint", func([]byte) []byte { return early }), exitUnverified, "history: you kept a head of 300 entries, and the bundle has 120", []string{"--kept", kept}},
		"an earlier head altered":    {on("/log/checkpoints", flipAt(90)), exitUnverified, "head: an earlier one:", nil},
		"earlier heads without end":  {on("/log/checkpoints", func(b []byte) []byte { return bytes.Repeat(firstHead(b), 3) }), exitUnverified, "head: an earlier one: the head at", nil},
		"earlier heads cut short":    {on("/log/checkpoints", func(b []byte) []byte { return b[:len(b)-120] }), exitUnverified, "head: an earlier one:", nil},
	} {
		t.Run(name, func(t *testing.T) { verify(t, liar(t, honest, nil, c.tell), c.want, c.says, c.more...) })
	}

	t.Run("another tree, over altered entries, under the honest head", func(t *testing.T) {
		verify(t, liar(t, honest, nil, anotherTree(t, honest)), exitUnverified, "root: the entries up to here are not those of the signed head of this size")
	})
	t.Run("what can be read by a program", func(t *testing.T) {
		verify(t, liar(t, honest, nil, on("/log/tile/0/000", flipAt(0))), exitUnverified, `"sequence":1`, "--output", "json")
	})
	t.Run("a log that grows meanwhile", func(t *testing.T) {
		n := 300
		grow := func(path string) {
			if path == "/v1/entries" || path == "/log/tile/0/001.p/44" {
				n += 220 // beyond the tile that its head ends in
				registered(t, honest, n)
			}
		}
		verify(t, liar(t, honest, grow, nil), exitDone, "holds 300 entries", "--kept", kept)
	})
	t.Run("not the server's fault", func(t *testing.T) {
		gone := httptest.NewServer(http.NotFoundHandler())
		gone.Close()
		verify(t, gone.URL, exitFailed, "nothing was verified")
		cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/log/checkpoint" {
				_, _ = w.Write(early)
				return
			}
			_, _ = w.Write([]byte(`{"specversion":`))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}))
		t.Cleanup(cut.Close)
		verify(t, cut.URL, exitFailed, "nothing was verified: ")
		for _, status := range []int{http.StatusServiceUnavailable, http.StatusUnauthorized, http.StatusFound, http.StatusInternalServerError} {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
			t.Cleanup(s.Close)
			verify(t, s.URL, exitFailed, fmt.Sprint("answered ", status))
		}
		denied := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/log/checkpoint" {
				_, _ = w.Write(early)
				return
			}
			w.WriteHeader(http.StatusUnauthorized)
		}))
		t.Cleanup(denied.Close)
		verify(t, denied.URL, exitFailed, "bring a token with --token-file or TRUCE_TOKEN")
		verify(t, "ftp://ledger.example", exitUsage, "http or https")
	})
	t.Run("what is trusted comes from the command line", func(t *testing.T) {
		key = stranger
		verify(t, honest, exitUnverified, "head:")
		key = "nonsense"
		verify(t, honest, exitUsage, "neither a verifier key nor a file with one")
		key = strings.TrimSpace(said(t, honest, exitDone, "log-key"))
		verify(t, honest, exitUsage, "--policy", "--policy", filepath.Join(t.TempDir(), "none"))
		bad := filepath.Join(t.TempDir(), "policy")
		if err := os.WriteFile(bad, []byte("quorum everybody\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		verify(t, honest, exitUsage, "--policy", "--policy", bad)
		verify(t, honest, exitUsage, "--kept", "--kept", filepath.Join(t.TempDir(), "none"))
	})
}
