package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"truceledger/projections"
)

// A sse is one event as it came.
type sse struct{ id, event, data string }

// A listener reads a stream.
type listener struct {
	t     testing.TB
	lines *bufio.Reader
	close func()
}

func (w *world) listen(path string, headers ...string) *listener {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", w.server.URL+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := w.server.Client().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	if got := response.Header.Get("Content-Type"); got != "text/event-stream" {
		w.t.Fatalf("got %d, Content-Type %s", response.StatusCode, got)
	}
	l := &listener{t: w.t, lines: bufio.NewReader(response.Body), close: func() { cancel(); response.Body.Close() }}
	w.t.Cleanup(l.close)
	return l
}

// next reads one block; a comment is an event of that name.
func (l *listener) next() (e sse, err error) {
	for {
		line, err := l.lines.ReadString('\n')
		if err != nil {
			return e, err
		}
		switch name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); name {
		case "id":
			e.id = value
		case "event":
			e.event = value
		case "data":
			e.data = value
		case "":
			if strings.HasPrefix(line, ": ") {
				e.event = ": " + value
				continue
			}
			return e, nil
		}
	}
}

// take reads n events, without comments.
func (l *listener) take(n int) (events []sse) {
	l.t.Helper()
	for len(events) < n {
		e, err := l.next()
		if err != nil {
			l.t.Fatalf("after %d of %d events: %v", len(events), n, err)
		}
		if e.data != "" {
			events = append(events, e)
		}
	}
	return events
}

// told is what the stream has to say after a sequence: every entry, and before those of the ceasefire its state. The entry
// has the id: whoever loses the connection between the two gets both again.
func told(w *world, after uint64) (events []sse) {
	w.t.Helper()
	for m, err := range w.log.Read(w.t.Context(), after) {
		if err != nil {
			w.t.Fatal(err)
		}
		if strings.HasPrefix(m.Subject, "truce.ceasefire.") {
			events = append(events, sse{"", "ceasefire", ""})
		}
		events = append(events, sse{fmt.Sprint(m.Sequence), "entry", string(m.Payload)})
	}
	return events
}

func same(t *testing.T, got, want []sse) {
	t.Helper()
	for i := range want {
		is := got[i]
		if want[i].data == "" {
			is.data = "" // a state, looked at elsewhere
		}
		if is != want[i] {
			t.Fatalf("event %d: got %v, want %v", i, is, want[i])
		}
	}
}

func TestTheStreamResumesAtEveryPoint(t *testing.T) {
	w := open(t)
	w.everything()
	last, _ := w.log.Last(t.Context())
	for after := range last {
		want := told(w, after)
		name := strconv.FormatUint(after, 10)
		same(t, w.listen("/v1/stream?after="+name).take(len(want)), want)
		same(t, w.listen("/v1/stream", "Last-Event-ID", name).take(len(want)), want)
		same(t, w.listen("/v1/stream?after=0", "Last-Event-ID", name).take(len(want)), want)
	}
}

func TestTheStreamGoesOnLive(t *testing.T) {
	w := open(t)
	w.river()
	caughtUp, live := w.listen("/v1/stream?after=7"), w.listen("/v1/stream")
	w.must("reaffirm", `{"ceasefire":"river","by":"north","occurred":"2016-05-05T12:00Z"}`)
	w.must("register-actor", `{"actor":"east","name":"East","kind":"state"}`)
	for name, l := range map[string]*listener{"after": caughtUp, "live": live} {
		got := l.take(3)
		same(t, got, told(w, 7))
		var view projections.CeasefireView
		if err := json.Unmarshal([]byte(got[0].data), &view); err != nil || view.ID != "river" || view.Version != 8 || view.Status != "lapsed" {
			t.Errorf("%s: got the state %s", name, got[0].data)
		}
	}
}

// TestAnEventIsAnsweredByAQuestionAfterIt asks for each record as soon as its entry is told.
func TestAnEventIsAnsweredByAQuestionAfterIt(t *testing.T) {
	w := open(t)
	l := w.listen("/v1/stream?after=1")
	for i := range 50 {
		id := "actor-" + strconv.Itoa(i)
		w.must("register-actor", `{"actor":"`+id+`","name":"N","kind":"state"}`)
		l.take(1)
		if a := w.get("/v1/actors/" + id); a.StatusCode != 200 {
			t.Fatalf("%s was told and is not answered: %d", id, a.StatusCode)
		}
	}
}

func TestALiveStreamSaysWhereItStands(t *testing.T) {
	w := open(t)
	w.river()
	l := w.listen("/v1/stream")
	for {
		e, err := l.next()
		if err != nil {
			t.Fatal(err)
		}
		if e.id != "" {
			if e.id != "7" || e.data != "" {
				t.Errorf("got %v", e)
			}
			return
		}
	}
}

func TestTheStreamGivesSignsOfLife(t *testing.T) {
	w := open(t, func(*Options) {})
	w.api.limits.heartbeat = 10 * time.Millisecond
	l := w.listen("/v1/stream")
	for pings := 0; pings < 3; {
		e, err := l.next()
		if err != nil {
			t.Fatal(err)
		}
		if e.event == ": ping" {
			pings++
		}
	}
}

// TestStreamsOutliveTheServersLimits would fail if a stream kept the server's deadlines for reading or for writing.
func TestStreamsOutliveTheServersLimits(t *testing.T) {
	w := open(t)
	w.api.limits.heartbeat = 20 * time.Millisecond
	limited := httptest.NewUnstartedServer(w.api)
	limited.Config.ReadTimeout, limited.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	limited.Start()
	defer limited.Close()
	w.server.Close()
	w.server = limited
	l := w.listen("/v1/stream?after=0")
	for began := time.Now(); time.Since(began) < 500*time.Millisecond; {
		if _, err := l.next(); err != nil {
			t.Fatalf("the stream ended after %s: %v", time.Since(began), err)
		}
	}
	l.close()
}

// TestASlowReaderIsDropped connects and reads nothing, while another reader gets everything.
func TestASlowReaderIsDropped(t *testing.T) {
	w := open(t)
	w.api.limits.write = 200 * time.Millisecond
	w.api.limits.heartbeat = time.Hour
	slow, err := net.Dial("tcp", w.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	_ = slow.(*net.TCPConn).SetReadBuffer(1 << 10)
	fmt.Fprintf(slow, "GET /v1/stream?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
	quick := w.listen("/v1/stream?after=1")
	name := strings.Repeat("N", 60_000)
	const entries = 150 // about 9 MB: more than the kernel takes for somebody who does not read
	all := make(chan []sse)
	go func() { all <- quick.take(entries) }()
	for i := range entries {
		w.must("register-actor", fmt.Sprintf(`{"actor":"a-%d","name":%q,"kind":"state"}`, i, name))
	}
	if got := <-all; got[entries-1].id != strconv.Itoa(entries+1) {
		t.Errorf("the quick reader ends at %s", got[entries-1].id)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if strings.Contains(string(w.get("/metrics").body), "\ntruce_streams 1\n") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the slow reader still has its stream")
		}
	}
}

func TestTheStreamEndsWithTheServer(t *testing.T) {
	w := open(t)
	l := w.listen("/v1/stream?after=0")
	l.take(1)
	w.api.Close()
	if _, err := io.Copy(io.Discard, l.lines); err != nil {
		t.Errorf("the stream does not end cleanly: %v", err)
	}
	wantProblem(t, w.get("/v1/stream"), 503, "stopping")
	if a := w.get("/readyz"); a.StatusCode != 503 {
		t.Errorf("a stopping server answers ready: %d", a.StatusCode)
	}
}

// TestTheClockIsTold moves the clock past the end of a ceasefire while somebody streams.
func TestTheClockIsTold(t *testing.T) {
	var now atomic.Pointer[time.Time]
	set := func(s string) {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		now.Store(&at)
	}
	set("2016-11-01T00:00:00Z")
	w := open(t, func(o *Options) { o.Clock = func() time.Time { return *now.Load() } })
	w.api.limits.survey, w.api.limits.rest = 20*time.Millisecond, 5*time.Millisecond
	w.river()
	w.must("propose", `{"ceasefire":"coming","by":"north","area":"town","occurred":"2016-05-01T10:00Z","parties":["north"],"class":"unilateral_declaration","consent":["north"],"from":"2016-11-02T00:00Z","until":"2016-11-03T00:00Z"}`)
	w.must("agree", `{"ceasefire":"coming","by":"north","occurred":"2016-05-02T10:00Z"}`)
	w.settle()
	l := w.listen("/v1/stream?after=9")
	time.Sleep(60 * time.Millisecond) // the watch has looked once
	for _, c := range []struct{ at, status string }{{"2016-11-02T00:00:00Z", "in_force"}, {"2016-11-03T00:00:01Z", "lapsed"}} {
		set(c.at)
		got := l.take(1)[0]
		var view projections.CeasefireView
		if err := json.Unmarshal([]byte(got.data), &view); err != nil || got.event != "clock" || got.id != "" || view.ID != "coming" || view.Status != c.status {
			t.Fatalf("at %s: got %v, want a clock event that says %s", c.at, got, c.status)
		}
	}
	// An entry that comes now is told with the state it leaves.
	w.must("propose", `{"ceasefire":"later","by":"north","area":"town","occurred":"2016-05-01T10:00Z","parties":["north"],"from":"2016-11-05T00:00Z"}`)
	w.must("agree", `{"ceasefire":"later","by":"north","occurred":"2016-05-02T10:00Z"}`)
	l.take(4)
	set("2016-11-05T00:00:00Z")
	if got := l.take(1)[0]; got.event != "clock" || !strings.Contains(got.data, `"id":"later"`) {
		t.Fatalf("got %v, want a clock event of the newer ceasefire", got)
	}
}

// TestWhatAnEntryChangesIsNoDoingOfTime puts acts on the record that take effect at once or took effect before: their
// entries tell of it, and time has changed nothing.
func TestWhatAnEntryChangesIsNoDoingOfTime(t *testing.T) {
	w := open(t)
	w.api.limits.survey, w.api.limits.rest = 10*time.Millisecond, time.Millisecond
	w.river()
	l := w.listen("/v1/stream?after=7")
	time.Sleep(30 * time.Millisecond) // the watch has looked once
	began := time.Now().UTC().Add(-10 * time.Millisecond).Format(time.RFC3339Nano)
	for i := range 5 {
		id := fmt.Sprintf("now-%d", i)
		w.must("propose", `{"ceasefire":"`+id+`","by":"north","area":"town","parties":["north"],"class":"unilateral_declaration","consent":["north"]}`)
		time.Sleep(15 * time.Millisecond)
		w.must("agree", `{"ceasefire":"`+id+`","by":"north"}`)
		w.must("enter-into-force", `{"ceasefire":"`+id+`","by":"north","from":"`+began+`"}`)
		time.Sleep(15 * time.Millisecond)
	}
	w.must("register-actor", `{"actor":"east","name":"East","kind":"state"}`)
	for i, e := range l.take(2*3*5 + 1) {
		if e.event == "clock" {
			t.Fatalf("event %d: time is said to have changed what an entry changed: %s", i, e.data)
		}
	}
}

func TestAReaderWhoTakesNothingIsLeftBehindByTheHub(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(&API{life: canceled()})
		reader, leave := h.join()
		defer leave()
		for range cap(reader) + 1 {
			h.tell([]byte("{}"))
		}
		for range cap(reader) {
			<-reader
		}
		if _, open := <-reader; open {
			t.Error("the hub kept more than the reader's share")
		}
	})
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
