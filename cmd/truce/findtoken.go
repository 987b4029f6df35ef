package main

import (
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"truceledger/api/access"
)

// token is what lets the caller in at a server; empty where there is none. What is found without having been given is the
// first token of a server of the same user on this machine, and is sent nowhere else.
func (p *program) token(server string) (token string, found bool, err error) {
	if p.tokenFile != "" {
		text, err := os.ReadFile(p.tokenFile)
		if err != nil {
			return "", false, usage("--token-file: %w", err)
		}
		return strings.TrimSpace(string(text)), false, nil
	}
	if given := strings.TrimSpace(p.env("TRUCE_TOKEN")); given != "" {
		return given, false, nil
	}
	if !servedHere(server) {
		return "", false, nil
	}
	for _, file := range p.tokenFiles(server) {
		if text, err := os.ReadFile(file); err == nil {
			return strings.TrimSpace(string(text)), true, nil
		}
	}
	return "", false, nil
}

// servedHere reports whether a server is on this machine, where no other sees what is sent to it.
func servedHere(server string) bool {
	u, err := url.Parse(server)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
}

// tokenFiles are where the first token of a server may be: in the data folder that was named, by a flag or in the environment, where
// the server says, in the folder that is taken by default.
func (p *program) tokenFiles(server string) (files []string) {
	for _, data := range []string{p.dataNamed, p.env("TRUCE_DATA")} {
		if data != "" {
			files = append(files, filepath.Join(data, access.FirstTokenFile))
		}
	}
	if trace := p.traceOf(server); trace != "" {
		if named, err := os.ReadFile(trace); err == nil {
			files = append(files, strings.TrimSpace(string(named)))
		}
	}
	if data := p.defaultData(); data != "" {
		files = append(files, filepath.Join(data, access.FirstTokenFile))
	}
	return files
}

// traceOf is the file in which a server on this machine tells its user's other programs where its first token is; "" where
// there is no place for one.
func (p *program) traceOf(server string) string {
	u, err := url.Parse(server)
	dir := p.defaultData()
	if err != nil || dir == "" || u.Port() == "" {
		return ""
	}
	host := u.Hostname()
	if host == "localhost" {
		host = "127.0.0.1"
	}
	return filepath.Join(dir, "running", strings.ReplaceAll(host, ":", "-")+"_"+u.Port())
}

// leaveTrace tells the user's other programs where the first token of a server is, and returns what takes that back. It is a
// convenience: where the file cannot be written, they are given the token by hand.
func (p *program) leaveTrace(server, tokenFile string) (remove func()) {
	trace := p.traceOf(server)
	file, err := filepath.Abs(tokenFile)
	if trace == "" || err != nil || !servedHere(server) || access.WriteFile(trace, []byte(file+"\n")) != nil {
		return func() {}
	}
	return func() { _ = os.Remove(trace) }
}

// A bearer sends a token along. One that was found and not given is left out where the server does not know it: it is another
// ledger's, and reading may need none.
type bearer struct {
	token string
	found bool
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.token == "" {
		return b.next.RoundTrip(r)
	}
	with := r.Clone(r.Context())
	with.Header.Set("Authorization", "Bearer "+b.token)
	answer, err := b.next.RoundTrip(with)
	if err != nil || !b.found || answer.StatusCode != http.StatusUnauthorized || r.Body != nil && r.GetBody == nil {
		return answer, err
	}
	without := r.Clone(r.Context())
	if r.GetBody != nil {
		if without.Body, err = r.GetBody(); err != nil {
			return answer, nil
		}
	}
	_ = answer.Body.Close()
	return b.next.RoundTrip(without)
}
