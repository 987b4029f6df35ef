package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"truceledger/eventstore"
)

func TestCheckLoopback(t *testing.T) {
	for _, ok := range []string{"127.0.0.1:8080", "127.9.9.9:0", "[::1]:8080", "localhost:80", "[::ffff:127.0.0.1]:80"} {
		if err := CheckLoopback(ok); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
	for _, bad := range []string{":8080", "0.0.0.0:8080", "[::]:8080", "192.168.1.2:80", "example.org:80", "localhost.example.org:80", "127.0.0.1", ""} {
		err := CheckLoopback(bad)
		if err == nil || !strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func TestTheServerAnswersToThisMachineOnly(t *testing.T) {
	w := open(t, func(o *Options) { o.Hosts = []string{"ledger.example.org"} })
	for host, status := range map[string]int{
		"localhost": 200, "LOCALHOST:8080": 200, "app.localhost:1": 200, "127.0.0.1:99": 200, "[::1]:80": 200, "ledger.example.org": 200,
		"evil.example": 403, "localhost.evil.example": 403, "192.168.1.2": 403, "127.0.0.1.evil.example": 403,
	} {
		if a := w.get("/healthz", "Host", host); a.StatusCode != status {
			t.Errorf("%s: got %d, want %d", host, a.StatusCode, status)
		}
	}
}

func TestSameOriginCommandsAreTaken(t *testing.T) {
	w := open(t)
	body := `{"name":"North","kind":"state"}`
	for _, headers := range [][]string{{}, {"Sec-Fetch-Site", "same-origin"}, {"Origin", w.server.URL}, {"Content-Type", "application/json; charset=UTF-8"}} {
		if a := w.send("register-actor", body, headers...); a.StatusCode != 201 {
			t.Errorf("%v: got %d %s", headers, a.StatusCode, a.body)
		}
	}
}

// TestAStopLosesNothing stops the server while commands are under way: each is answered, and what was answered is stored.
func TestAStopLosesNothing(t *testing.T) {
	w := open(t, func(o *Options) { o.Ledger = slowly{o.Ledger} })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := NewServer(w.api, w.api.log)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	base := "http://" + listener.Addr().String()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	stream, err := client.Get(base + "/v1/stream?after=0")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	var all sync.WaitGroup
	var mu sync.Mutex
	var stored []string
	for i := range 8 {
		all.Go(func() {
			body := fmt.Sprintf(`{"actor":"a-%d","name":"A","kind":"state"}`, i)
			answer, err := client.Post(base+"/v1/commands/register-actor", "application/json", strings.NewReader(body))
			if err != nil {
				t.Errorf("a command under way was cut off: %v", err)
				return
			}
			defer answer.Body.Close()
			if answer.StatusCode == 201 {
				mu.Lock()
				defer mu.Unlock()
				stored = append(stored, fmt.Sprintf(`"actor":"a-%d"`, i))
			}
		})
	}
	time.Sleep(50 * time.Millisecond) // all of them are under way
	Stop(server, w.api.Close, w.api.log)
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Fatal(err)
	}
	all.Wait()
	if _, err := io.Copy(io.Discard, stream.Body); err != nil {
		t.Errorf("the stream was cut off: %v", err)
	}
	var log bytes.Buffer
	for m, err := range w.log.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		log.Write(m.Payload)
	}
	for _, s := range stored {
		if !strings.Contains(log.String(), s) {
			t.Errorf("%s was answered and is not stored", s)
		}
	}
	if len(stored) != 8 {
		t.Errorf("%d of 8 commands under way were answered with 201", len(stored))
	}
	if _, err := client.Get(base + "/healthz"); err == nil {
		t.Error("the server still answers")
	}
}

// slowly takes its time for each command.
type slowly struct{ Ledger }

func (s slowly) Execute(ctx context.Context, r eventstore.Request) (eventstore.Result, error) {
	time.Sleep(150 * time.Millisecond)
	return s.Ledger.Execute(ctx, r)
}

// TestEntriesAreTheStoredBytes compares the export with the log.
func TestEntriesAreTheStoredBytes(t *testing.T) {
	w := open(t)
	w.everything()
	var all []string
	for m, err := range w.log.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(m.Payload)+"\n")
		one := w.get("/v1/entries/" + versionNumber(m.Sequence))
		if string(one.body) != string(m.Payload) || one.Header.Get("Content-Type") != "application/cloudevents+json" {
			t.Errorf("entry %d differs", m.Sequence)
		}
		if again := w.get("/v1/entries/"+versionNumber(m.Sequence), "If-None-Match", one.Header.Get("ETag")); again.StatusCode != 304 {
			t.Errorf("entry %d, which never changes, is sent again", m.Sequence)
		}
	}
	for query, want := range map[string][]string{"": all, "?after=3": all[3:], "?after=3&limit=2": all[3:5], "?limit=1": all[:1], "?after=99": nil} {
		if got := string(w.get("/v1/entries" + query).body); got != strings.Join(want, "") {
			t.Errorf("%s: got %d bytes, want %d entries", query, len(got), len(want))
		}
	}
}

// TestABrokenExportDoesNotLookWhole lets the log fail in the middle.
func TestABrokenExportDoesNotLookWhole(t *testing.T) {
	w := open(t, func(o *Options) { o.Log = breaking{o.Log} })
	w.river()
	response, err := w.server.Client().Get(w.server.URL + "/v1/entries")
	if err == nil {
		defer response.Body.Close()
		_, err = io.ReadAll(response.Body)
	}
	if err == nil {
		t.Error("half a log passes for all of it")
	}
}

// breaking ends every reading after three messages.
type breaking struct{ eventstore.Log }

func (b breaking) Read(ctx context.Context, after uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		n := 0
		for m, err := range b.Log.Read(ctx, after) {
			if n++; n > 3 {
				yield(eventstore.Message{}, eventstore.ErrUnavailable)
				return
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

// TestAReaderWhoHasEnoughIsNoWarning reads the first lines of a long export and leaves, as truce replay does.
func TestAReaderWhoHasEnoughIsNoWarning(t *testing.T) {
	w := open(t)
	name := strings.Repeat("N", 60_000)
	for i := range 150 { // more than the kernel takes for somebody who does not read
		w.must("register-actor", fmt.Sprintf(`{"actor":"a-%d","name":%q,"kind":"state"}`, i, name))
	}
	response, err := w.server.Client().Get(w.server.URL + "/v1/entries")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = response.Body.Read(make([]byte, 10))
	_ = response.Body.Close()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if logged := w.logged.String(); strings.Contains(logged, "ended early") {
			if strings.Contains(logged, `"level":"WARN"`) {
				t.Errorf("a reader who left is warned of: %s", logged)
			}
			return
		}
		if time.Since(began) > 10*time.Second {
			t.Fatal("the export goes on")
		}
	}
}

func TestRebuild(t *testing.T) {
	w := open(t)
	w.everything()
	before := into[projectionsBody](t, w.get("/v1/admin/digests"))
	after := w.do("POST", "/v1/admin/rebuild", "")
	if got := into[projectionsBody](t, after); after.StatusCode != 200 || fmt.Sprint(got) != fmt.Sprint(before) || len(got.Projections) == 0 {
		t.Errorf("got %d %s, want %v", after.StatusCode, after.body, before)
	}
	wantProblem(t, w.do("POST", "/v1/admin/rebuild", "", "Origin", "https://evil.example"), 403, "cross-origin")
}

// No answer passes by what is said of every answer: net/http would answer OPTIONS * by itself.
func TestEveryAnswerIsOurOwn(t *testing.T) {
	w := open(t)
	server := NewServer(w.api, w.api.log)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.Contains(string(answer), "X-Content-Type-Options: nosniff") || !strings.HasPrefix(string(answer), "HTTP/1.1 4") {
		t.Errorf("got %v, %s", err, answer)
	}
}

// Nobody between keeps what is for one reader, and nobody at all what is said without a word about it.
func TestWhoMayKeepAnAnswer(t *testing.T) {
	w := open(t)
	w.river()
	cookie := []string{"Cookie", "truce_x=session_y"}
	for path, want := range map[string]string{
		"/v1/actors": "no-cache", "/v1/actors/north": "no-cache", "/": "no-cache", "/v1/entries": "no-cache", "/v1/ceasefires.csv": "no-cache",
		"/v1/actors/nobody": "no-store", "/nothing": "no-store", "/v1/actors?x=1": "no-store", "/v1/me": "no-store", "/metrics": "no-store",
	} {
		if got := w.get(path).Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
		if want == "no-cache" {
			want = "private, no-cache"
		}
		if got := w.get(path, cookie...).Header.Get("Cache-Control"); got != want {
			t.Errorf("%s with a session: got %q, want %q", path, got, want)
		}
	}
}
