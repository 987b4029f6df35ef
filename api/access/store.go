package access

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"truceledger/domain"
)

// FileName is the file of the data folder that holds tokens and sessions.
const FileName = "access.json"

// ErrDamaged says that the file is not what was written. Whoever it would let in is not known, so nobody is let in.
var ErrDamaged = errors.New("the file of tokens is damaged: put it back from a backup, or remove it, which ends every token, and take the new operator.token")

// ErrNoSuchToken says that there is no token of that id.
var ErrNoSuchToken = errors.New("there is no such token: truce token list shows the ids")

// A kept token is what the file holds of one.
type kept struct {
	Token
	Hash string `json:"hash"`
}

// A session is what a browser has after its bearer has signed in. It is as good as the token that opened it, and ends with it;
// one that an issuer's word opened is as good as the operator's lines of people are now.
type session struct {
	Hash    string    `json:"hash"`
	Token   string    `json:"token,omitempty"` // an id
	Person  *Identity `json:"person,omitempty"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
}

// contents are the whole of the file.
type contents struct {
	Tokens   []kept    `json:"tokens"`
	Sessions []session `json:"sessions"`
}

// A Store keeps tokens and sessions in one file, which is written anew as a whole, synced and renamed with every change: they
// are few. The file begins with the hash of the rest, so that a flipped bit cannot make an observer of a recorder. All
// methods may be called by any number of goroutines at once.
type Store struct {
	path string
	now  func() time.Time

	mu       sync.RWMutex
	c        contents
	at       map[string]int   // where in Tokens the token of a hash stands
	lives    map[string]*life // by hash, of tokens and sessions
	used     map[string]time.Time
	unsaved  time.Time // since when uses are not written down
	notified []func(id string)
	people   func(Identity) (Caller, error) // nil where no issuer is asked
}

// A life ends when a token or a session does, and with it the requests that it opened.
type life struct {
	ctx context.Context
	end context.CancelFunc
}

// OpenStore opens the tokens in a data folder; fresh where there are none yet.
func OpenStore(dir string, now func() time.Time) (s *Store, fresh bool, err error) {
	if now == nil {
		now = time.Now
	}
	s = &Store{path: filepath.Join(dir, FileName), now: now, lives: map[string]*life{}, used: map[string]time.Time{}}
	removeTemps(dir)
	raw, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, true, nil
	}
	var c contents
	if err == nil {
		c, err = readContents(raw)
	}
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", s.path, err)
	}
	s.take(c)
	return s, false, nil
}

// take makes c the contents.
func (s *Store) take(c contents) {
	s.c, s.at = c, map[string]int{}
	for i, k := range c.Tokens {
		s.at[k.Hash] = i
	}
}

func readContents(raw []byte) (c contents, err error) {
	sum, body, found := bytes.Cut(raw, []byte("\n"))
	is := sha256.Sum256(body)
	if !found || string(sum) != hex.EncodeToString(is[:]) {
		return c, ErrDamaged
	}
	if err := json.Unmarshal(body, &c); err != nil {
		return c, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return c, nil
}

// save writes the file with what change makes of the contents, and takes that over once it is on disk. The lock is held.
func (s *Store) save(c contents) error {
	for i, t := range c.Tokens {
		if at := s.used[t.ID]; at.After(t.LastUsed) {
			c.Tokens[i].LastUsed = at
		}
	}
	body, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	if err := WriteFile(s.path, append([]byte(hex.EncodeToString(sum[:])+"\n"), body...)); err != nil {
		return err
	}
	s.take(c)
	s.unsaved = time.Time{}
	return nil
}

// tempPattern is what a file is called while it is being written.
func tempPattern(name string) string { return "." + name + "-*" }

// removeTemps takes away what a crash left half-written: a secret may stand in it. What cannot be removed is in nobody's way.
func removeTemps(dir string) {
	for _, name := range []string{FileName, FirstTokenFile} {
		left, _ := filepath.Glob(filepath.Join(dir, tempPattern(name)))
		for _, path := range left {
			_ = os.Remove(path)
		}
	}
}

// WriteFile writes a file that only its owner can read, so that after a crash there is the old one or the new one.
func WriteFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), tempPattern(filepath.Base(path))) // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	if dir, err := os.Open(filepath.Dir(path)); err == nil { // the new name is on disk only with the folder; Windows has no such thing
		_ = dir.Sync()
		_ = dir.Close()
	}
	return nil
}

// Create makes a token and returns its secret, which is nowhere afterwards. A name belongs to one set of roles and actors for
// ever, because entries know their writers by it: a refusal is a *domain.FieldError.
func (s *Store) Create(a Asked) (t Token, secret string, err error) {
	t, err = s.create(a, func(made string) error { secret = made; return nil })
	return t, secret, err
}

// create makes a token and hands its secret over before the token counts.
func (s *Store) create(a Asked, hand func(secret string) error) (Token, error) {
	now := s.now().UTC().Truncate(time.Second)
	if err := a.check(now); err != nil {
		return Token{}, err
	}
	slices.Sort(a.Actors)
	t := Token{ID: newID(), Name: a.Name, Roles: inOrder(a.Roles), Actors: slices.Compact(a.Actors), Created: now, Expires: a.Expires.UTC()}
	if a.Expires.IsZero() {
		t.Expires = time.Time{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.c.Tokens {
		if k.Name == t.Name && (!slices.Equal(k.Roles, t.Roles) || !slices.Equal(k.Actors, t.Actors)) {
			return Token{}, domain.Field("name", "belongs to a token of other roles or actors: entries know their writers by it; take another")
		}
	}
	secret := mint(tokenPrefix)
	if err := hand(secret); err != nil {
		return Token{}, err
	}
	c := s.copied()
	c.Tokens = append(c.Tokens, kept{t, digest(secret)})
	return t, s.save(c)
}

// copied is what a change is made to, so that one that cannot be written leaves everything as it was.
func (s *Store) copied() contents {
	return contents{Tokens: slices.Clone(s.c.Tokens), Sessions: slices.DeleteFunc(slices.Clone(s.c.Sessions), func(x session) bool { return !s.now().Before(x.Expires) })}
}

// List tells all tokens, the oldest first.
func (s *Store) List() []Token {
	s.mu.RLock()
	defer s.mu.RUnlock()
	tokens := []Token{}
	for _, k := range s.c.Tokens {
		if at := s.used[k.ID]; at.After(k.LastUsed) {
			k.LastUsed = at
		}
		tokens = append(tokens, k.Token)
	}
	return tokens
}

// Revoke ends a token, the sessions that it opened, and the requests of both that are under way. Once is as good as twice.
func (s *Store) Revoke(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.copied()
	i := slices.IndexFunc(c.Tokens, func(k kept) bool { return k.ID == id })
	if i < 0 {
		return ErrNoSuchToken
	}
	if c.Tokens[i].Revoked.IsZero() {
		c.Tokens[i].Revoked = s.now().UTC().Truncate(time.Second)
	}
	ended := []string{c.Tokens[i].Hash}
	c.Sessions = slices.DeleteFunc(c.Sessions, func(x session) bool {
		if x.Token == id {
			ended = append(ended, x.Hash)
		}
		return x.Token == id
	})
	if err := s.save(c); err != nil {
		return err
	}
	s.endLives(ended...)
	for _, tell := range s.notified {
		tell(id)
	}
	return nil
}

// OnRevoke calls f with the id of every token that is revoked from now on.
func (s *Store) OnRevoke(f func(id string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notified = append(s.notified, f)
}

func (s *Store) endLives(hashes ...string) {
	for _, h := range hashes {
		if l := s.lives[h]; l != nil {
			l.end()
			delete(s.lives, h)
		}
	}
}

// Speaks reports whether a live negotiator's or monitor's token is bound to an actor, who then speaks for itself.
func (s *Store) Speaks(actor string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	now := s.now()
	return slices.ContainsFunc(s.c.Tokens, func(k kept) bool {
		return k.live(now) && slices.Contains(k.Actors, actor) && (slices.Contains(k.Roles, Negotiator) || slices.Contains(k.Roles, Monitor))
	})
}

// An Admission is what a secret opens.
type Admission struct {
	Caller Caller
	Life   context.Context // ends when the token or session is ended
	Until  time.Time       // when it ends by itself; never, where zero
}

// Admit looks a bearer's token up.
func (s *Store) Admit(secret string) (Admission, bool) {
	if !strings.HasPrefix(secret, tokenPrefix) {
		return Admission{}, false
	}
	hash, now := digest(secret), s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	i, found := s.at[hash]
	if !found || !s.c.Tokens[i].live(now) {
		return Admission{}, false
	}
	t := s.c.Tokens[i]
	s.use(t.ID, now)
	return Admission{Caller: t.caller(), Life: s.life(hash), Until: t.Expires}, true
}

// opens reports whether a secret is that of a token that lives. It does not count as a use.
func (s *Store) opens(secret string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, found := s.at[digest(secret)]
	return found && s.c.Tokens[i].live(s.now())
}

// life is shared by all requests of one secret. The lock is held.
func (s *Store) life(hash string) context.Context {
	l := s.lives[hash]
	if l == nil {
		l = &life{}
		l.ctx, l.end = context.WithCancel(context.Background())
		s.lives[hash] = l
	}
	return l.ctx
}

// use notes that a token was used. It is written down with the next change, and at the latest a minute later.
func (s *Store) use(id string, now time.Time) {
	minute := now.UTC().Truncate(time.Minute)
	if !s.used[id].Before(minute) {
		return
	}
	s.used[id] = minute
	if s.unsaved.IsZero() {
		s.unsaved = now
	}
	if now.Sub(s.unsaved) >= time.Minute {
		_ = s.save(s.copied()) // a use that is not written down is tried again with the next
	}
}

// Close writes down what was used since the last change.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash := range s.lives {
		s.endLives(hash)
	}
	if s.unsaved.IsZero() {
		return nil
	}
	return s.save(s.copied())
}
