package access

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"sync"
	"time"
)

// A pending sign-in waits for its browser to come back from the issuer. The browser itself keeps it, sealed, in a cookie: so
// no flood of beginnings can fill the memory here or push others out, and nobody can finish what another browser began.
type pending struct {
	State    string    `json:"s"` // comes back in the address
	Nonce    string    `json:"n"` // comes back in the ID token
	Verifier string    `json:"v"` // of PKCE: without it nobody else can use the code
	Next     string    `json:"x"` // where the person wanted to go
	Until    time.Time `json:"t"`
}

const (
	pendingLength = 10 * time.Minute
	mostNext      = 1024   // bytes of an address to go to: a cookie has 4096 in all
	mostFinished  = 16_384 // sign-ins of the last minutes that are remembered as finished
)

// pendings seals pending sign-ins with a key of this process, and lets each be finished once.
type pendings struct {
	aead cipher.AEAD

	mu       sync.Mutex
	finished map[string]time.Time // by state, until when it could come again
}

func newPendings() *pendings {
	var key [32]byte
	rand.Read(key[:]) // never fails
	block, _ := aes.NewCipher(key[:])
	aead, _ := cipher.NewGCMWithRandomNonce(block) // both take any key of 32 bytes
	return &pendings{aead: aead, finished: map[string]time.Time{}}
}

func (p *pendings) seal(w pending) (string, error) {
	raw, err := json.Marshal(w)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(p.aead.Seal(nil, nil, raw, nil)), nil
}

// open is what a cookie of ours holds while it can still be finished. It is finished with that: an address that somebody has
// seen, with the cookie that belongs to it, opens nothing a second time.
func (p *pendings) open(cookie, state string, now time.Time) (w pending, ok bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil {
		return w, false
	}
	raw, err := p.aead.Open(nil, nil, sealed, nil)
	if err != nil || json.Unmarshal(raw, &w) != nil || !same(w.State, state) || !now.Before(w.Until) {
		return w, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, again := p.finished[w.State]; again {
		return w, false
	}
	p.forget(now)
	p.finished[w.State] = w.Until
	return w, true
}

// forget makes room. The lock is held.
func (p *pendings) forget(now time.Time) {
	for state, until := range p.finished {
		if len(p.finished) >= mostFinished || !now.Before(until) { // the issuer, too, takes a code once
			delete(p.finished, state)
		}
	}
}
