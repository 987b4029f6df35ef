package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"truceledger/api/access"
)

// accessSettings say who may reach a node, and how.
type accessSettings struct {
	open     bool // everybody may read
	newFirst bool
	hosts    []string
	proxy    bool
	tls      tlsSettings
	accounts accountSettings
	rate     float64
}

func (a *accessSettings) declare(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&a.open, "open-reading", a.open, "Let everybody read what is public without a token; writing needs one always.")
	f.BoolVar(&a.newFirst, "new-operator-token", false, "Make operator.token anew, for when it is lost; the old first token is revoked.")
	f.StringArrayVar(&a.hosts, "host", nil, "A `name` by which the server is reached, besides this machine's own. Repeat it for more.")
	f.BoolVar(&a.proxy, "behind-proxy", false, "A proxy of yours ends TLS before this server and tells the callers' addresses in X-Forwarded-For.")
	f.Float64Var(&a.rate, "rate", access.DefaultRates.PerToken, "Requests a `second` of one token; a tenth of it for an address without one; 0 bounds nothing.")
	a.tls.declare(f)
	f.StringVar(&a.accounts.file, "oidc", "", "Let people sign in with an account of their organisation (OpenID Connect), as this `FILE` says: docs/access.md has an example.")
}

// check refuses to let other machines in where what they send could be read on the way.
func (a *accessSettings) check(s *settings) error {
	if err := a.tls.check(); err != nil {
		return err
	}
	switch {
	case a.rate < 0:
		return usage("--rate %v: give requests a second, or 0 for no limit", a.rate)
	case a.proxy && a.tls.on():
		return usage("--behind-proxy says that the proxy ends TLS: leave out --tls-cert, --tls-key and --tls-domain, or leave it out")
	case isLoopback(s.listen) || a.tls.on() || a.proxy:
		return a.accounts.read(s)
	}
	return usage("--listen %s: other machines could read tokens on the way: give --tls-cert and --tls-key, or --tls-domain, or --behind-proxy; or listen on 127.0.0.1, [::1] or localhost", s.listen)
}

func (a *accessSettings) rates() access.Rates {
	if a.rate == 0 {
		return access.Rates{}
	}
	r := access.DefaultRates
	r.PerToken, r.PerAddress = a.rate, a.rate/10
	return r
}

// openAccess opens the tokens of the data folder, and makes the first one of a ledger that has none.
func (n *node) openAccess(s *settings) error {
	tokens, fresh, err := access.OpenStore(s.data, nil)
	if err != nil {
		return err
	}
	n.tokens, n.tokenFile = tokens, filepath.Join(s.data, access.FirstTokenFile)
	if s.access.newFirst {
		for _, t := range tokens.List() {
			if t.Name == access.FirstName && t.Revoked.IsZero() {
				err = errors.Join(err, tokens.Revoke(t.ID))
			}
		}
		fresh = true
	}
	if err == nil && fresh {
		err = access.FirstToken(s.data, tokens)
	}
	if err != nil {
		return fmt.Errorf("the first token: %w", err)
	}
	if err := access.CheckFirstToken(s.data, tokens); err != nil {
		n.logger.Warn("nobody gets in with the first token's file", "err", err)
	}
	n.openDoor()
	n.openAccounts(s)
	return nil
}

// desk says who sends a request to this node.
func (n *node) desk(s *settings) *access.Desk {
	d := &access.Desk{Store: n.tokens, Issuer: n.issuer, Secure: s.access.tls.on() || s.access.proxy, Ledger: n.ledger.ID()}
	if s.access.open {
		d.Everyone = &access.Reader
	}
	return d
}

// names are what the server answers to besides this machine's own names, in lower case as they are compared.
func (a *accessSettings) names() (names []string) {
	for _, n := range append(slices.Clone(a.hosts), a.tls.domains...) {
		names = append(names, strings.ToLower(n))
	}
	return names
}
