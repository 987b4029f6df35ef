package access

import (
	"errors"
	"slices"
	"testing"
	"time"

	"truceledger/domain"
)

func settings(change func(*SignIn)) *SignIn {
	s := &SignIn{
		Issuer: "https://id.example.org/realms/talks", ClientID: "truce", RedirectURL: "https://ledger.example.org/login/oidc/callback",
		People: People{{Group: "secretariat", Roles: []Role{Operator, Recorder}}, {Subject: "7a", Roles: []Role{Auditor}}},
	}
	if change != nil {
		change(s)
	}
	return s
}

func TestSettingsOfASignIn(t *testing.T) {
	s := settings(nil)
	if err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	if s.Name != "id.example.org" || s.GroupsClaim != "groups" || s.Length() != 12*time.Hour || s.Origin() != "https://ledger.example.org" || !slices.Equal(s.People[0].Roles, []Role{Recorder, Operator}) {
		t.Errorf("got %+v", s)
	}
	for name, c := range map[string]struct {
		change func(*SignIn)
		field  string
	}{
		"no issuer":                  {func(s *SignIn) { s.Issuer = "" }, "issuer"},
		"an issuer in the clear":     {func(s *SignIn) { s.Issuer = "http://id.example.org" }, "issuer"},
		"an issuer with a query":     {func(s *SignIn) { s.Issuer += "?x=1" }, "issuer"},
		"an issuer that is a path":   {func(s *SignIn) { s.Issuer = "/realms" }, "issuer"},
		"no client":                  {func(s *SignIn) { s.ClientID = "" }, "client_id"},
		"no address to come back to": {func(s *SignIn) { s.RedirectURL = "" }, "redirect_url"},
		"another path":               {func(s *SignIn) { s.RedirectURL = "https://ledger.example.org/login" }, "redirect_url"},
		"a path before it":           {func(s *SignIn) { s.RedirectURL = "https://ledger.example.org/x/login/oidc/callback" }, "redirect_url"},
		"an address in the clear":    {func(s *SignIn) { s.RedirectURL = "http://ledger.example.org/login/oidc/callback" }, "redirect_url"},
		"an address with a password": {func(s *SignIn) { s.RedirectURL = "https://a:b@ledger.example.org/login/oidc/callback" }, "redirect_url"},
		"two scopes in one":          {func(s *SignIn) { s.Scopes = []string{"email", "a b"} }, "scopes[1]"},
		"a session for ever":         {func(s *SignIn) { s.Session = "P1D" }, "session"},
		"a session of a second":      {func(s *SignIn) { s.Session = "PT1S" }, "session"},
		"a session of no duration":   {func(s *SignIn) { s.Session = "8h" }, "session"},
		"nobody":                     {func(s *SignIn) { s.People = nil }, "people"},
		"a line about nobody":        {func(s *SignIn) { s.People[0].Group = "" }, "people[0].subject"},
		"a line about two":           {func(s *SignIn) { s.People[0].Subject = "8" }, "people[0].subject"},
		"a line with spaces":         {func(s *SignIn) { s.People[0].Group = "a " }, "people[0].group"},
		"an address that is none":    {func(s *SignIn) { s.People[1] = Line{Email: "ann", Roles: []Role{Auditor}} }, "people[1].email"},
		"no role":                    {func(s *SignIn) { s.People[0].Roles = nil }, "people[0].roles"},
		"an unknown role":            {func(s *SignIn) { s.People[0].Roles = []Role{"admin"} }, "people[0].roles[0]"},
		"a negotiator for nobody":    {func(s *SignIn) { s.People[0].Roles = []Role{Negotiator} }, "people[0].actors"},
		"a monitor of two bodies":    {func(s *SignIn) { s.People[0] = Line{Group: "g", Roles: []Role{Monitor}, Actors: []string{"a", "b"}} }, "people[0].actors"},
		"a group of two roles":       {func(s *SignIn) { s.People = append(s.People, Line{Group: "secretariat", Roles: []Role{Auditor}}) }, "people[2]"},
		"one address in two spellings": {func(s *SignIn) {
			s.People = People{{Email: "a@x.org", Roles: []Role{Auditor}}, {Email: "A@X.org", Roles: []Role{Operator}}}
		}, "people[1]"},
	} {
		err := settings(c.change).Prepare()
		if f, ok := errors.AsType[*domain.FieldError](err); !ok || f.Field != c.field {
			t.Errorf("%s: got %v, want a refusal of %s", name, err, c.field)
		}
	}
}

// The name of a person is one that no token can have, and no other issuer's person.
func TestNamesOfPeople(t *testing.T) {
	a := Identity{Issuer: "https://id.example.org/realms/talks/", Subject: "8f3c"}
	if a.Name() != "oidc:8f3c@id.example.org/realms/talks" {
		t.Errorf("got %s", a.Name())
	}
	s, _, err := OpenStore(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Create(Asked{Name: a.Name(), Roles: []Role{Auditor}}); err == nil {
		t.Error("a token takes the name of a person")
	}
}

// A session of a person holds after a restart, as long as a line names them, and keeps of them only what a line names.
func TestSessionsOfPeople(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	s, _, err := OpenStore(dir, clock)
	if err != nil {
		t.Fatal(err)
	}
	people := settings(nil)
	people.People = append(people.People, Line{Group: "delegation", Roles: []Role{Negotiator}, Actors: []string{"south", "north"}})
	if err := people.Prepare(); err != nil {
		t.Fatal(err)
	}
	known := (&Issuer{SignIn: *people}).Knows
	who := people.People.named(Identity{Issuer: people.Issuer, Subject: "9", Email: "ann@example.org", Groups: []string{"x", "delegation"}})
	if who.Email != "" || !slices.Equal(who.Groups, []string{"delegation"}) {
		t.Errorf("it keeps %+v", who)
	}
	cookie, until, err := s.OpenFor(who, time.Hour)
	if err != nil || !until.Equal(now.Add(time.Hour)) {
		t.Fatal(until, err)
	}
	if _, ok := s.Resume(cookie); ok {
		t.Error("a session of a person holds where no issuer is asked")
	}
	again, _, err := OpenStore(dir, clock)
	if err != nil {
		t.Fatal(err)
	}
	again.Know(known)
	a, ok := again.Resume(cookie)
	if !ok || a.Caller.Principal() != "negotiator:oidc:9@id.example.org/realms/talks" || !slices.Equal(a.Caller.Actors, []string{"north", "south"}) || a.Caller.Token != "" {
		t.Errorf("got %+v %v", a.Caller, ok)
	}
	another := *people
	another.Issuer = "https://other.example.org"
	again.Know((&Issuer{SignIn: another}).Knows)
	if _, ok := again.Resume(cookie); ok {
		t.Error("a session of another issuer's person holds")
	}
	again.Know(known)
	now = now.Add(time.Hour)
	if _, ok := again.Resume(cookie); ok {
		t.Error("a session holds longer than it may")
	}
}

func TestASealedSignInIsOpenedOnceAndInTime(t *testing.T) {
	p, now := newPendings(), time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	seal := func() string {
		cookie, err := p.seal(pending{State: "state", Next: "/x", Until: now.Add(pendingLength)})
		if err != nil {
			t.Fatal(err)
		}
		return cookie
	}
	late := seal()
	if _, ok := p.open(late, "state", now.Add(pendingLength)); ok {
		t.Error("one that has taken too long is taken")
	}
	if _, ok := newPendings().open(late, "state", now); ok {
		t.Error("one of another process is taken")
	}
	if w, ok := p.open(late, "state", now); !ok || w.Next != "/x" {
		t.Error("a good one is not taken")
	}
	if _, ok := p.open(late, "state", now); ok {
		t.Error("one is taken twice")
	}
	if _, ok := p.open(seal(), "", now); ok {
		t.Error("one without a state is taken")
	}
}
