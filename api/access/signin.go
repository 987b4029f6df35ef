package access

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
)

// SignIn is how people sign in with an account that an OpenID Connect issuer keeps: the file that the operator writes.
type SignIn struct {
	Issuer      string   `json:"issuer"`             // its URL, under which its configuration is found
	Name        string   `json:"name"`               // what it is called where people choose it; by default its host
	ClientID    string   `json:"client_id"`          // as what this ledger is registered there
	SecretFile  string   `json:"client_secret_file"` // none for a public client, which PKCE protects alone
	RedirectURL string   `json:"redirect_url"`       // where the issuer sends people back to: this server, as browsers reach it
	Scopes      []string `json:"scopes"`             // what is asked for besides openid
	GroupsClaim string   `json:"groups_claim"`       // the claim of the ID token that lists groups
	Session     string   `json:"session"`            // an ISO 8601 duration: how long a sign-in lasts at most
	People      People   `json:"people"`

	length time.Duration // of a session
}

// CallbackPath is where the issuer sends people back to.
const CallbackPath = "/login/oidc/callback"

// Prepare fills in what was left open and refuses what could not work. It must have been called before anything else.
// Errors are *domain.FieldError.
func (s *SignIn) Prepare() error {
	if err := s.checkIssuer(); err != nil {
		return err
	}
	if err := s.checkRedirect(); err != nil {
		return err
	}
	if s.ClientID == "" {
		return domain.Field("client_id", "is required: as what this ledger is registered with the issuer")
	}
	for i, scope := range s.Scopes {
		if scope == "" || strings.ContainsFunc(scope, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
			return domain.Field(fmt.Sprintf("scopes[%d]", i), "is no scope: one word without quotes")
		}
	}
	if s.GroupsClaim == "" {
		s.GroupsClaim = "groups"
	}
	if err := s.checkLength(); err != nil {
		return err
	}
	return s.People.prepare()
}

func (s *SignIn) checkIssuer() error {
	u, err := url.Parse(s.Issuer)
	switch {
	case s.Issuer == "":
		return domain.Field("issuer", "is required: the URL of the issuer, as it writes it itself")
	case err != nil || !safe(u) || u.RawQuery != "" || u.Fragment != "":
		return domain.Field("issuer", "must be an https URL without a query; http is for this machine alone")
	case s.Name == "":
		s.Name = u.Host
	}
	return nil
}

func (s *SignIn) checkRedirect() error {
	u, err := url.Parse(s.RedirectURL)
	switch {
	case s.RedirectURL == "":
		return domain.Field("redirect_url", "is required: https://HOST%s, with the host by which browsers reach this server, and registered so with the issuer", CallbackPath)
	case err != nil || !safe(u) || u.Path != CallbackPath || u.RawQuery != "" || u.Fragment != "":
		return domain.Field("redirect_url", "must be https://HOST%s and nothing more; http is for this machine alone", CallbackPath)
	}
	return nil
}

func (s *SignIn) checkLength() error {
	s.length = sessionLength
	if s.Session == "" {
		return nil
	}
	d, err := when.ParseDuration(s.Session)
	if err != nil {
		return domain.Field("session", "is no duration: write it like PT8H")
	}
	start := time.Unix(0, 0).UTC()
	s.length = d.From(start, time.UTC).Sub(start)
	if s.length < time.Minute || s.length > sessionLength {
		return domain.Field("session", "must be from one minute to %d hours", int(sessionLength.Hours()))
	}
	return nil
}

// Origin is the address of this server as browsers reach it: a sign-in must begin there, or its cookie does not come back.
func (s *SignIn) Origin() string { return strings.TrimSuffix(s.RedirectURL, CallbackPath) }

// Length is how long a session of a person lasts.
func (s *SignIn) Length() time.Duration { return s.length }

// safe reports whether what is sent to a URL can be read by nobody on the way.
func safe(u *url.URL) bool {
	if u.Host == "" || u.User != nil || u.Opaque != "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && onThisMachine(u.Hostname())
}

func onThisMachine(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}
