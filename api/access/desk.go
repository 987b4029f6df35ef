package access

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrUnknownToken says that a token lets nobody in: it was never made here, has expired, or was revoked. Which of them is
// nobody's business who does not have a better one.
var ErrUnknownToken = errors.New("the token is not known here, has expired or was revoked")

// A Desk says who sends a request.
type Desk struct {
	Store *Store // without it no token lets anybody in
	// Issuer lets people in with an account that it keeps; nil where tokens alone do. It needs the store, for their sessions.
	Issuer *Issuer
	// Everyone is who a caller without a token is; nil is nobody.
	Everyone *Caller
	// Secure says that browsers reach the server by TLS alone, so that their cookies never travel otherwise.
	Secure bool
	// Ledger is the ledger's id. It is part of the cookie's name: two ledgers on two ports of a machine share its cookies.
	Ledger string
}

// Everybody is a desk at which everybody is c: for a ledger that is served to nobody else, such as in tests.
func Everybody(c Caller) *Desk { return &Desk{Everyone: &c} }

// Reader is who a caller without a token is on a server that is open for reading.
var Reader = Caller{Roles: []Role{Observer}}

// Identify says who sends a request: by the context, where a caller was put into it inside this process; by its token; by its
// session's cookie. A wrong token is an error, a cookie that is none any more is not: whoever has it signs in again.
func (d *Desk) Identify(r *http.Request) (Admission, error) {
	if c := From(r.Context()); c.Known() {
		return Admission{Caller: c, Life: context.Background()}, nil
	}
	if d == nil {
		return Admission{Life: context.Background()}, nil
	}
	if header := r.Header.Values("Authorization"); len(header) > 0 {
		kind, secret, _ := strings.Cut(header[0], " ")
		if len(header) == 1 && strings.EqualFold(kind, "Bearer") && d.Store != nil {
			if a, ok := d.Store.Admit(strings.TrimSpace(secret)); ok {
				return a, nil
			}
		}
		return Admission{}, ErrUnknownToken
	}
	if cookie, err := r.Cookie(d.CookieName()); err == nil && d.Store != nil {
		if a, ok := d.Store.Resume(cookie.Value); ok {
			return a, nil
		}
	}
	a := Admission{Life: context.Background()}
	if d.Everyone != nil {
		a.Caller = *d.Everyone
	}
	return a, nil
}

// CookieName is what the cookie of a session is called. With the prefix a browser takes it from this host alone, over TLS.
func (d *Desk) CookieName() string {
	name := "truce_" + d.Ledger[:min(8, len(d.Ledger))]
	if d.Secure {
		return "__Host-" + name
	}
	return name
}

// Cookie carries a session; an empty secret takes the cookie away.
func (d *Desk) Cookie(secret string, until time.Time) *http.Cookie {
	c := &http.Cookie{Name: d.CookieName(), Value: secret, Path: "/", Expires: until, HttpOnly: true, Secure: d.Secure, SameSite: http.SameSiteLaxMode}
	if secret == "" {
		c.MaxAge = -1
	}
	return c
}

// StateCookie carries a sign-in to the issuer's and back; an empty one takes the cookie away. It has a name of its own, so that
// whoever is signed in stays so until the new sign-in has succeeded.
func (d *Desk) StateCookie(sealed string) *http.Cookie {
	c := d.Cookie(sealed, time.Time{})
	c.Name += stateSuffix
	if sealed != "" {
		c.MaxAge = int(pendingLength.Seconds())
	}
	return c
}

const stateSuffix = "_signin"

// StateOf is the sign-in that a browser brings back; "" for none.
func (d *Desk) StateOf(r *http.Request) string {
	c, err := r.Cookie(d.CookieName() + stateSuffix)
	if err != nil {
		return ""
	}
	return c.Value
}

// Speaks reports whether somebody is let in who speaks for an actor: it then speaks for itself.
func (d *Desk) Speaks(actor string) bool {
	return d != nil && (d.Store != nil && d.Store.Speaks(actor) || d.Issuer != nil && d.Issuer.People.Speaks(actor))
}

// FirstTokenFile is the file of the data folder that holds the first token of a ledger.
const FirstTokenFile = "operator.token"

// FirstName is who bears the first token.
const FirstName = "operator"

// FirstToken makes the first token, operator and recorder in one, and writes it to its file. The file comes first: a crash
// between the two leaves a token that lets nobody in, and the next start makes another.
func FirstToken(dir string, s *Store) error {
	a := Asked{Name: FirstName, Roles: []Role{Recorder, Operator}}
	_, err := s.create(a, func(secret string) error { return WriteFile(filepath.Join(dir, FirstTokenFile), []byte(secret+"\n")) })
	return err
}

// ErrFirstTokenFile says that the file of the first token lets nobody in.
var ErrFirstTokenFile = errors.New("it holds no token of this ledger: the file was changed, or its token was revoked or has expired; truce serve --new-operator-token makes another")

// CheckFirstToken reports a file of the first token that lets nobody in: whoever reaches for it in the night should hear of it
// before. One that was taken away is none.
func CheckFirstToken(dir string, s *Store) error {
	path := filepath.Join(dir, FirstTokenFile)
	raw, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && !s.opens(strings.TrimSpace(string(raw))):
		err = ErrFirstTokenFile
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// HasFirstToken reports whether the file of the first token is there.
func HasFirstToken(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, FirstTokenFile))
	return err == nil
}
