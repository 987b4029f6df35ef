package alert

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"testing"
	"time"
)

var start = time.Date(2016, 5, 4, 12, 0, 0, 0, time.UTC)

// A desk is a sender that is moved by hand: nothing runs beside it.
type desk struct {
	*Sender
	now  time.Time
	file string
}

func newDesk(t *testing.T, private bool) *desk {
	t.Helper()
	d := &desk{now: start, file: filepath.Join(t.TempDir(), "alerts.db")}
	d.Sender = &Sender{client: newClient(private), Options: Options{
		Logger: slog.New(slog.DiscardHandler), AllowPrivate: private, Backoff: 30 * time.Second, MostTries: 12,
		Now: func() time.Time { return d.now },
	}}
	d.open(t)
	return d
}

// open opens the store, again where it was closed.
func (d *desk) open(t *testing.T) {
	t.Helper()
	var err error
	if d.Store, err = OpenStore(d.file); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Store.Close() })
}

// subscribed has an address told of one alert.
func (d *desk) subscribed(t *testing.T, address string) Subscription {
	t.Helper()
	sub, err := d.Subscribe(Subscription{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	d.tell(t, sub)
	return sub
}

func (d *desk) tell(t *testing.T, sub Subscription) {
	t.Helper()
	if err := d.Store.tell(7, []addressed{{sub.ID, Alert{ID: "lapsed/river", Kind: Lapsed}}}, d.now); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) turn(t *testing.T) {
	t.Helper()
	if err := d.deliver(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) pending(t *testing.T) []Delivery { return listed(t, d.Store.Pending) }
func (d *desk) dead(t *testing.T) []Delivery    { return listed(t, d.Store.Dead) }

func listed(t *testing.T, list func() ([]Delivery, error)) []Delivery {
	t.Helper()
	l, err := list()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func answering(t *testing.T, do http.HandlerFunc) string {
	s := httptest.NewServer(do)
	t.Cleanup(s.Close)
	return s.URL
}

func TestEachTryWaitsTwiceAsLongAsTheOneBefore(t *testing.T) {
	d, calls := newDesk(t, true), 0
	d.subscribed(t, answering(t, func(w http.ResponseWriter, _ *http.Request) { calls++; w.WriteHeader(http.StatusBadGateway) }))
	wait := 30 * time.Second
	for try := 1; try < d.MostTries; try++ {
		d.turn(t)
		list := d.pending(t)
		if len(list) != 1 || list[0].Tries != try || !list[0].Next.Equal(d.now.Add(wait)) {
			t.Fatalf("try %d: got %+v, want the next in %s", try, list, wait)
		}
		d.now = list[0].Next.Add(-time.Second)
		if d.turn(t); calls != try {
			t.Fatalf("it was tried before its time: %d calls after try %d", calls, try)
		}
		d.now = list[0].Next
		wait = min(2*wait, 6*time.Hour)
	}
	if wait != 6*time.Hour {
		t.Errorf("got %s as the last wait, want at most six hours", wait)
	}
	d.turn(t)
	if list := d.dead(t); len(list) != 1 || list[0].Tries != d.MostTries || !list[0].Next.IsZero() || len(d.pending(t)) != 0 {
		t.Errorf("got %+v, want one dead letter", list)
	}
	d.now = d.now.Add(time.Hour)
	if d.turn(t); calls != d.MostTries {
		t.Errorf("a dead letter was tried again: %d calls", calls)
	}
}

func TestWhatIsOnItsWayOutlivesARestart(t *testing.T) {
	d, calls, ok := newDesk(t, true), 0, false
	sub := d.subscribed(t, answering(t, func(w http.ResponseWriter, r *http.Request) {
		calls++
		if !ok {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	d.turn(t)
	before := d.pending(t)
	if err := d.Store.Close(); err != nil {
		t.Fatal(err)
	}
	d.open(t)
	if after := d.pending(t); len(after) != 1 || after[0].ID != before[0].ID || after[0].Tries != 1 || !after[0].Next.Equal(before[0].Next) {
		t.Fatalf("got %+v, want %+v", after, before)
	}
	if n, err := d.Store.read(); n != 7 || err != nil {
		t.Errorf("got %d %v, want what was read not read again", n, err)
	}
	ok, d.now = true, before[0].Next
	d.turn(t)
	d.tell(t, sub)
	if d.turn(t); calls != 2 || len(d.pending(t)) != 0 {
		t.Errorf("%d calls, want the same alert told once", calls)
	}
}

func TestADeadLetterWithoutASubscriptionStaysDead(t *testing.T) {
	d := newDesk(t, true)
	d.MostTries = 1
	sub := d.subscribed(t, "http://127.0.0.1:1/")
	d.turn(t)
	letter := d.dead(t)[0]
	if err := d.Store.Unsubscribe(sub.ID); err != nil {
		t.Fatal(err)
	}
	if err := d.Store.Revive(letter.ID, d.now); !errors.Is(err, ErrUnknown) || len(d.dead(t)) != 1 || len(d.pending(t)) != 0 {
		t.Errorf("got %v, want it refused", err)
	}
}

// TestAPrivateAddressIsRefusedWhereTheConnectionIsMade has a server on this machine, which must not be reached.
func TestAPrivateAddressIsRefusedWhereTheConnectionIsMade(t *testing.T) {
	reached := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	t.Cleanup(server.Close)
	d := newDesk(t, false)
	d.subscribed(t, server.URL)
	d.turn(t)
	if list := d.dead(t); reached || len(list) != 1 || list[0].Tries != 1 || list[0].Problem != errPrivate.Error() {
		t.Errorf("reached %v, got %+v: it is refused at once and not tried again", reached, list)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	followed := false
	target := answering(t, func(http.ResponseWriter, *http.Request) { followed = true })
	d := newDesk(t, true)
	d.subscribed(t, answering(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target, http.StatusTemporaryRedirect)
	}))
	d.turn(t)
	if list := d.pending(t); followed || len(list) != 1 || list[0].Tries != 1 {
		t.Errorf("followed %v, got %+v", followed, list)
	}
}

func TestWhichAddressesArePublic(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "127.0.0.1": false, "127.9.9.9": false, "::1": false, "0.0.0.0": false, "::": false, "10.1.2.3": false,
		"172.16.0.1": false, "172.32.0.1": true, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "fe80::1": false, "fc00::1": false,
		"fd12::1": false, "224.0.0.1": false, "ff02::1": false, "255.255.255.255": false, "::ffff:10.0.0.1": false, "64:ff9b::a00:1": false,
		"2002:a00:1::": false, "192.0.2.1": false, "198.18.0.1": false, "240.0.0.1": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}

func TestASignatureFitsItsBodyItsTimeAndItsKeyOnly(t *testing.T) {
	var header http.Header
	var body []byte
	d := newDesk(t, true)
	sub := d.subscribed(t, answering(t, func(_ http.ResponseWriter, r *http.Request) {
		header = r.Header
		body, _ = io.ReadAll(r.Body)
	}))
	d.turn(t)
	if err := Verify(sub.Secret, header, body, start.Add(time.Minute), 5*time.Minute); err != nil {
		t.Fatal(err)
	}
	later := header.Clone()
	later.Set(HeaderTimestamp, "1462363300")
	for name, err := range map[string]error{
		"another key":      Verify("other", header, body, start, time.Hour),
		"another body":     Verify(sub.Secret, header, append([]byte(" "), body...), start, time.Hour),
		"another time":     Verify(sub.Secret, later, body, start, 24*time.Hour),
		"too old":          Verify(sub.Secret, header, body, start.Add(6*time.Minute), 5*time.Minute),
		"from the future":  Verify(sub.Secret, header, body, start.Add(-6*time.Minute), 5*time.Minute),
		"without a header": Verify(sub.Secret, http.Header{}, body, start, time.Hour),
	} {
		if !errors.Is(err, ErrSignature) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
