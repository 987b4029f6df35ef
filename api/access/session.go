package access

import (
	"slices"
	"strings"
	"time"
)

const (
	// sessionLength is how long a browser stays signed in.
	sessionLength = 12 * time.Hour
	mostSessions  = 10_000
)

// Open opens a session for the bearer of a token, and returns its secret, for a cookie.
func (s *Store) Open(secret string) (cookie string, until time.Time, ok bool, err error) {
	a, ok := s.Admit(secret)
	if !ok {
		return "", time.Time{}, false, nil
	}
	cookie, until, err = s.open(session{Token: a.Caller.Token}, a.Until)
	return cookie, until, true, err
}

// OpenFor opens a session for a person whom an issuer has named, which ends after length.
func (s *Store) OpenFor(who Identity, length time.Duration) (cookie string, until time.Time, err error) {
	return s.open(session{Person: &who}, s.now().UTC().Add(length))
}

// Know lets people in whom an issuer has named, as far as f knows them: it is asked with each request of theirs.
func (s *Store) Know(f func(Identity) (Caller, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.people = f
}

func (s *Store) open(x session, notAfter time.Time) (cookie string, until time.Time, err error) {
	cookie = mint(sessionPrefix)
	now := s.now().UTC()
	x.Hash, x.Created, x.Expires = digest(cookie), now, now.Add(sessionLength)
	if !notAfter.IsZero() && notAfter.Before(x.Expires) {
		x.Expires = notAfter
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.copied()
	if len(c.Sessions) >= mostSessions { // the oldest goes: whoever signs in too often must not fill the disk
		c.Sessions = c.Sessions[1:]
	}
	c.Sessions = append(c.Sessions, x)
	return cookie, x.Expires, s.save(c)
}

// Resume looks a cookie up.
func (s *Store) Resume(cookie string) (Admission, bool) {
	if !strings.HasPrefix(cookie, sessionPrefix) {
		return Admission{}, false
	}
	hash, now := digest(cookie), s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.c.Sessions, func(x session) bool { return x.Hash == hash })
	if i < 0 || !now.Before(s.c.Sessions[i].Expires) {
		return Admission{}, false
	}
	x := s.c.Sessions[i]
	c, ok := s.bearer(x, now)
	if !ok {
		return Admission{}, false
	}
	return Admission{Caller: c, Until: x.Expires, Life: s.life(hash)}, true
}

// bearer is who has a session. The lock is held.
func (s *Store) bearer(x session, now time.Time) (Caller, bool) {
	if x.Person != nil {
		if s.people == nil {
			return Caller{}, false
		}
		c, err := s.people(*x.Person)
		return c, err == nil
	}
	t := slices.IndexFunc(s.c.Tokens, func(k kept) bool { return k.ID == x.Token })
	if t < 0 || !s.c.Tokens[t].live(now) {
		return Caller{}, false
	}
	s.use(x.Token, now)
	return s.c.Tokens[t].caller(), true
}

// Leave ends a session.
func (s *Store) Leave(cookie string) error {
	hash := digest(cookie)
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.copied()
	c.Sessions = slices.DeleteFunc(c.Sessions, func(x session) bool { return x.Hash == hash })
	if len(c.Sessions) == len(s.c.Sessions) {
		return nil
	}
	if err := s.save(c); err != nil {
		return err
	}
	s.endLives(hash)
	return nil
}
