package access

import (
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"truceledger/domain"
)

// A clock that tests turn.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func opened(t *testing.T, dir string, c *clock) *Store {
	t.Helper()
	s, _, err := OpenStore(dir, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func made(t *testing.T, s *Store, a Asked) (Token, string) {
	t.Helper()
	token, secret, err := s.Create(a)
	if err != nil {
		t.Fatal(err)
	}
	return token, secret
}

func TestATokenIsKeptAsItsHashAlone(t *testing.T) {
	dir, c := t.TempDir(), &clock{noon}
	s := opened(t, dir, c)
	token, secret := made(t, s, Asked{Name: "North's delegation", Roles: []Role{Negotiator}, Actors: []string{"north"}})
	cookie, _, ok, err := s.Open(secret)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), secret) || strings.Contains(string(raw), cookie) || len(secret) < 43 {
		t.Errorf("the file holds what opens the door: %s", raw)
	}
	if info, _ := os.Stat(filepath.Join(dir, FileName)); info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v", info.Mode())
	}
	again := opened(t, dir, c) // after a restart
	for name, got := range map[string]func() (Admission, bool){
		"the token": func() (Admission, bool) { return again.Admit(secret) }, "the cookie": func() (Admission, bool) { return again.Resume(cookie) },
	} {
		a, ok := got()
		if !ok || a.Caller.Principal() != "negotiator:North's delegation" || !a.Caller.SpeaksFor("north") || a.Caller.SpeaksFor("south") || a.Caller.Token != token.ID {
			t.Errorf("%s: got %+v %v", name, a, ok)
		}
	}
	for _, wrong := range []string{"", "truce_", secret + "x", secret[1:], cookie} {
		if _, ok := again.Admit(wrong); ok {
			t.Errorf("%q lets in", wrong)
		}
	}
}

func TestATokenEnds(t *testing.T) {
	c := &clock{noon}
	s := opened(t, t.TempDir(), c)
	_, short := made(t, s, Asked{Name: "short", Roles: []Role{Auditor}, Expires: noon.Add(time.Hour)})
	long, lasting := made(t, s, Asked{Name: "lasting", Roles: []Role{Auditor}})
	shortCookie, until, _, err := s.Open(short)
	if err != nil || !until.Equal(noon.Add(time.Hour)) {
		t.Errorf("a session outlives its token: until %v, %v", until, err)
	}
	cookie, _, _, err := s.Open(lasting)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := s.Admit(lasting)
	b, _ := s.Resume(cookie)
	c.at = noon.Add(time.Hour)
	if _, ok := s.Admit(short); ok {
		t.Error("an expired token lets in")
	}
	if _, ok := s.Resume(shortCookie); ok {
		t.Error("the session of an expired token goes on")
	}
	told := ""
	s.OnRevoke(func(id string) { told = id })
	if err := s.Revoke(long.ID); err != nil || told != long.ID {
		t.Fatal(err, told)
	}
	if _, ok := s.Admit(lasting); ok {
		t.Error("a revoked token lets in")
	}
	if _, ok := s.Resume(cookie); ok {
		t.Error("the session of a revoked token goes on")
	}
	if a.Life.Err() == nil || b.Life.Err() == nil {
		t.Error("requests of a revoked token go on")
	}
	if err := s.Revoke("nothing"); !errors.Is(err, ErrNoSuchToken) {
		t.Errorf("got %v", err)
	}
}

func TestTheLastUseIsRemembered(t *testing.T) {
	dir, c := t.TempDir(), &clock{noon}
	s := opened(t, dir, c)
	_, secret := made(t, s, Asked{Name: "a", Roles: []Role{Auditor}})
	c.at = noon.Add(90 * time.Second)
	s.Admit(secret)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := opened(t, dir, c).List()[0].LastUsed; !got.Equal(noon.Add(time.Minute)) {
		t.Errorf("got %v", got)
	}
}

func TestWhatIsAskedOfATokenIsChecked(t *testing.T) {
	s := opened(t, t.TempDir(), &clock{noon})
	made(t, s, Asked{Name: "taken", Roles: []Role{Auditor}})
	for field, a := range map[string]Asked{
		"name":      {Roles: []Role{Auditor}},
		"name ":     {Name: " a", Roles: []Role{Auditor}},
		"name  ":    {Name: "taken", Roles: []Role{Observer}},
		"name   ":   {Name: "a\nb", Roles: []Role{Observer}},
		"roles":     {Name: "a"},
		"roles[0]":  {Name: "a", Roles: []Role{"king"}},
		"actors":    {Name: "a", Roles: []Role{Negotiator}},
		"actors ":   {Name: "a", Roles: []Role{Monitor}, Actors: []string{"x", "y"}},
		"actors  ":  {Name: "a", Roles: []Role{Operator}, Actors: []string{"x"}},
		"actors[0]": {Name: "a", Roles: []Role{Negotiator}, Actors: []string{"No Slug"}},
		"expires":   {Name: "a", Roles: []Role{Auditor}, Expires: noon},
	} {
		var wrong *domain.FieldError
		if _, _, err := s.Create(a); !errors.As(err, &wrong) || wrong.Field != strings.TrimSpace(field) {
			t.Errorf("%+v: got %v, want a no about %s", a, err, field)
		}
		if field == "roles[0]" && !strings.Contains(wrong.Error(), `"king" is none of`) {
			t.Errorf("got %v, which does not say what was given", wrong)
		}
	}
	if len(s.List()) != 1 {
		t.Errorf("a refusal left something behind: %v", s.List())
	}
}

// One flipped bit anywhere is found: it must not make a recorder of an observer.
func TestADamagedFileLetsNobodyIn(t *testing.T) {
	dir := t.TempDir()
	made(t, opened(t, dir, &clock{noon}), Asked{Name: "a", Roles: []Role{Observer}})
	file := filepath.Join(dir, FileName)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		bent := append([]byte(nil), whole...)
		bent[i] ^= 1
		if err := os.WriteFile(file, bent, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := OpenStore(dir, nil); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), FileName) {
			t.Fatalf("byte %d: got %v", i, err)
		}
	}
}

func TestTheFirstToken(t *testing.T) {
	dir := t.TempDir()
	s, fresh, err := OpenStore(dir, nil)
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	if err := FirstToken(dir, s); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, FirstTokenFile)
	text, _ := os.ReadFile(file)
	info, _ := os.Stat(file)
	a, ok := s.Admit(strings.TrimSpace(string(text)))
	if !ok || !a.Caller.Has(Operator) || !a.Caller.Has(Recorder) || a.Caller.Principal() != "recorder:operator" || info.Mode().Perm() != 0o600 {
		t.Errorf("got %+v %v, mode %v", a, ok, info.Mode())
	}
	if err := CheckFirstToken(dir, s); err != nil {
		t.Errorf("the file is sound, and it says %v", err)
	}
	half := filepath.Join(dir, ".operator.token-123")
	if err := os.WriteFile(half, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenStore(dir, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(half); err == nil {
		t.Error("what a crash left half-written is still there, with a secret in it")
	}
	text[9] ^= 1
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CheckFirstToken(dir, s); !errors.Is(err, ErrFirstTokenFile) || !strings.Contains(err.Error(), file) {
		t.Errorf("a bit has flipped: got %v, want ErrFirstTokenFile with the name of the file", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := CheckFirstToken(dir, s); err != nil {
		t.Errorf("the file was taken away: got %v", err)
	}
}

func TestCookies(t *testing.T) {
	d := &Desk{Ledger: "abcdefghijkl", Secure: true}
	c := d.Cookie("x", noon)
	if c.Name != "__Host-truce_abcdefgh" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" {
		t.Errorf("got %+v", c)
	}
	plain := &Desk{Ledger: "abcdefghijkl"}
	if c := plain.Cookie("", noon); c.Name != "truce_abcdefgh" || c.Secure || c.MaxAge >= 0 {
		t.Errorf("got %+v", c)
	}
	if a, err := (*Desk)(nil).Identify(httptest.NewRequest("GET", "/", nil)); err != nil || len(a.Caller.Roles) > 0 {
		t.Errorf("without a desk: %+v %v", a, err)
	}
}

func TestALimiterHoldsEachKeyToItsRate(t *testing.T) {
	l := NewLimiter(10, 5)
	for i := range 5 {
		if _, ok := l.Allow("a", noon); !ok {
			t.Fatalf("request %d of the burst was held up", i)
		}
	}
	if wait, ok := l.Allow("a", noon); ok || wait <= 0 || wait > 100*time.Millisecond+time.Microsecond {
		t.Errorf("got %v %v, want to come again in 100 ms", wait, ok)
	}
	if _, ok := l.Allow("b", noon); !ok {
		t.Error("another key is held up too")
	}
	if _, ok := l.Allow("a", noon.Add(100*time.Millisecond)); !ok {
		t.Error("it is not let in again")
	}
	for i := range 3 * mostKeys {
		l.Allow(string(rune(i))+"x", noon)
	}
	if len(l.keys) > mostKeys {
		t.Errorf("it remembers %d keys", len(l.keys))
	}
	c := NewCounter(1)
	end, ok := c.Begin("a")
	if _, again := c.Begin("a"); !ok || again {
		t.Error("two at once")
	}
	end()
	if _, ok := c.Begin("a"); !ok || len(c.keys) != 1 {
		t.Error("none after the first has ended")
	}
}
