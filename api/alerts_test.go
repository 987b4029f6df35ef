package api

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"truceledger/api/alert"
)

// A hook is a subscriber's web address.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	fails  int // how many deliveries it refuses first
	got    []alert.Alert
	secret string
	forged bool
}

func newHook(t *testing.T, fails int) *hook {
	l := &hook{fails: fails}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		defer l.mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		if l.secret != "" && alert.Verify(l.secret, r.Header, body, time.Now(), time.Minute) != nil {
			l.forged = true
		}
		if l.fails > 0 {
			l.fails--
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		var a alert.Alert
		_ = json.Unmarshal(body, &a)
		l.got = append(l.got, a)
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *hook) kinds() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var kinds []string
	for _, a := range l.got {
		kinds = append(kinds, a.Kind)
	}
	return strings.Join(kinds, " ")
}

// await waits until a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("it never came to this: %s", what)
}

// watched is a world whose alerts look all the time. The store's file outlives the sender.
func watched(t *testing.T, private bool) (*world, *alert.Store, func() *alert.Sender) {
	store, err := alert.OpenStore(filepath.Join(t.TempDir(), "alerts.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w := open(t)
	start := func() *alert.Sender {
		s, err := alert.Start(context.Background(), alert.Options{
			Store: store, Log: w.log, Models: w.views, Logger: slog.New(slog.DiscardHandler), AllowPrivate: private,
			Every: 20 * time.Millisecond, Backoff: 20 * time.Millisecond, MostTries: 3,
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return w, store, start
}

func TestAlertsAreSignedOnceEachAndOutliveARestart(t *testing.T) {
	w, store, start := watched(t, true)
	w.river()
	s := start()
	l := newHook(t, 1)
	sub, err := s.Subscribe(alert.Subscription{URL: l.URL, Area: "town"})
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	l.secret = sub.Secret
	l.mu.Unlock()
	soon := time.Now().Add(700 * time.Millisecond).UTC().Format(time.RFC3339Nano)
	w.must("propose", `{"ceasefire":"brief","by":"north","title":"Brief","area":"town","parties":["north","south"],"from":"2016-05-05T00:01+03:00","until":"`+soon+`"}`)
	await(t, "a missing consent", func() bool { return strings.Contains(l.kinds(), alert.ConsentMissing) })
	w.must("agree", `{"ceasefire":"brief","by":"north"}`)
	w.must("agree", `{"ceasefire":"brief","by":"south"}`)
	w.must("violate", `{"incident":"shot","by":"north","place":"town"}`)
	w.must("register-place", `{"place":"elsewhere","name":"Elsewhere"}`)
	w.must("violate", `{"incident":"far","by":"north","place":"elsewhere"}`)
	s.Stop()
	s = start()
	defer s.Stop()
	await(t, "all of them", func() bool {
		k := l.kinds()
		return strings.Contains(k, alert.Lapsed) && strings.Contains(k, alert.Violation)
	})
	time.Sleep(100 * time.Millisecond) // time to tell something twice
	seen := map[string]int{}
	l.mu.Lock()
	for _, a := range l.got {
		seen[a.ID]++
	}
	l.mu.Unlock()
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was told %d times", id, n)
		}
	}
	if seen["violation-alleged/far"] != 0 || seen["violation-alleged/shot"] != 1 || l.forged {
		t.Errorf("got %v, forged %v", seen, l.forged)
	}
	if pending, _ := store.Pending(); len(pending) != 0 {
		t.Errorf("still on their way: %+v", pending)
	}
	_ = sub
}

func TestWhatCannotBeDeliveredIsADeadLetterAndCanBeRevived(t *testing.T) {
	w, store, start := watched(t, true)
	w.river()
	s := start()
	defer s.Stop()
	l := newHook(t, 3)
	if _, err := s.Subscribe(alert.Subscription{URL: l.URL, Kinds: []string{alert.Violation}}); err != nil {
		t.Fatal(err)
	}
	w.must("violate", `{"incident":"shot","by":"north"}`)
	var dead []alert.Delivery
	await(t, "a dead letter", func() bool { dead, _ = store.Dead(); return len(dead) == 1 })
	if dead[0].Tries != 3 || !strings.Contains(dead[0].Problem, "500") {
		t.Errorf("got %+v", dead[0])
	}
	if err := store.Revive(dead[0].ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	await(t, "the delivery", func() bool { return l.kinds() == alert.Violation })
}

func TestPrivateAddressesAreNotCalled(t *testing.T) {
	w, store, start := watched(t, false)
	w.river()
	s := start()
	defer s.Stop()
	l := newHook(t, 0)
	if _, err := s.Subscribe(alert.Subscription{URL: l.URL}); err == nil {
		t.Error("an address in the clear was taken")
	}
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "100.64.0.1"} {
		if _, err := s.Subscribe(alert.Subscription{URL: "https://" + host + ":1/", Kinds: []string{alert.Violation}}); err != nil {
			t.Fatal(err)
		}
	}
	w.must("violate", `{"incident":"shot","by":"north"}`)
	await(t, "eight dead letters", func() bool { dead, _ := store.Dead(); return len(dead) == 8 })
	dead, _ := store.Dead()
	for _, d := range dead {
		if d.Tries != 1 || !strings.Contains(d.Problem, "private") {
			t.Errorf("got %+v, want it refused at once", d)
		}
	}
	for _, bad := range []alert.Subscription{{URL: "ftp://x"}, {URL: "https://u:p@x"}, {URL: "https://x", Kinds: []string{"all"}}, {URL: "https://x", Before: "1d"}, {URL: "https://x", Area: "A B"}} {
		if _, err := s.Subscribe(bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

func TestAlertsOverHTTP(t *testing.T) {
	_, store, start := watched(t, true)
	s := start()
	defer s.Stop()
	w := open(t, func(o *Options) { o.Alerts = s })
	a := w.do(http.MethodPost, "/v1/alerts", `{"url":"http://127.0.0.1:1/hook","kinds":["lapsed"]}`)
	sub := into[alert.Subscription](t, a)
	if a.StatusCode != 201 || sub.Secret == "" {
		t.Fatalf("got %d %s", a.StatusCode, a.body)
	}
	if list := w.get("/v1/alerts"); strings.Contains(string(list.body), sub.Secret) || !strings.Contains(string(list.body), sub.ID) {
		t.Errorf("got %s", list.body)
	}
	wantProblem(t, w.do(http.MethodPost, "/v1/alerts", `{"url":"nowhere"}`), 422, "invalid-field")
	wantProblem(t, w.do(http.MethodPost, "/v1/alerts/dead/none", ""), 404, "not-found")
	if a := w.do(http.MethodDelete, "/v1/alerts/"+sub.ID, ""); a.StatusCode != 204 {
		t.Errorf("got %d %s", a.StatusCode, a.body)
	}
	if subs, _ := store.Subscriptions(); len(subs) != 0 {
		t.Errorf("got %+v", subs)
	}
	wantProblem(t, w.do(http.MethodDelete, "/v1/alerts/"+sub.ID, ""), 404, "not-found")
	if a := w.get("/v1/alerts/dead"); string(a.body) == "" || a.StatusCode != 200 {
		t.Errorf("got %d %s", a.StatusCode, a.body)
	}
}
