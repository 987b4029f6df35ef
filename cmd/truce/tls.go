package main

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/crypto/acme/autocert"
)

// tlsSettings say how the server shows who it is.
type tlsSettings struct {
	cert, key string   // files
	domains   []string // whose certificates are asked for by ACME
	email     string
}

func (t *tlsSettings) declare(f *pflag.FlagSet) {
	f.StringVar(&t.cert, "tls-cert", "", "Serve HTTPS with this certificate, a PEM `file`; needs --tls-key. Both are read again when they change.")
	f.StringVar(&t.key, "tls-key", "", "The key of --tls-cert, a PEM `file`.")
	f.StringArrayVar(&t.domains, "tls-domain", nil, "Serve HTTPS with a certificate from Let's Encrypt for this `name`, whose port 443 must lead here. Repeat it for more.")
	f.StringVar(&t.email, "tls-email", "", "Whom Let's Encrypt tells of trouble with the certificate.")
}

func (t *tlsSettings) on() bool { return t.cert != "" || len(t.domains) > 0 }

func (t *tlsSettings) check() error {
	switch {
	case (t.cert == "") != (t.key == ""):
		return usage("--tls-cert and --tls-key go together: give both")
	case t.cert != "" && len(t.domains) > 0:
		return usage("--tls-cert and --tls-domain are two ways to a certificate: give one of them")
	case t.email != "" && len(t.domains) == 0:
		return usage("--tls-email goes with --tls-domain")
	case t.cert == "":
		return nil
	}
	if _, err := tls.LoadX509KeyPair(t.cert, t.key); err != nil {
		return usage("--tls-cert and --tls-key: %w", err)
	}
	return nil
}

// config is what the listener is given; nil for plain HTTP.
func (t *tlsSettings) config(data string) *tls.Config {
	if len(t.domains) > 0 {
		m := &autocert.Manager{
			Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(t.domains...), Email: t.email,
			Cache: autocert.DirCache(filepath.Join(data, "certificates")),
		}
		c := m.TLSConfig()
		c.MinVersion = tls.VersionTLS12
		return c
	}
	if t.cert == "" {
		return nil
	}
	r := &reloaded{cert: t.cert, key: t.key}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: r.get, NextProtos: []string{"h2", "http/1.1"}}
}

// A reloaded certificate is read again when one of its files has changed, so that whoever renews it need not restart the
// server. While only one of the two is new, or a file is half written, the old one goes on.
type reloaded struct {
	cert, key string

	mu      sync.Mutex
	held    *tls.Certificate
	seen    [2]time.Time
	checked time.Time
}

// lookAgain is how long a certificate is taken as unchanged.
const lookAgain = time.Second

func (r *reloaded) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held != nil && time.Since(r.checked) < lookAgain {
		return r.held, nil
	}
	r.checked = time.Now()
	changed := [2]time.Time{modified(r.cert), modified(r.key)}
	if r.held != nil && changed == r.seen {
		return r.held, nil
	}
	loaded, err := tls.LoadX509KeyPair(r.cert, r.key)
	switch {
	case err == nil:
		r.held, r.seen = &loaded, changed
	case r.held == nil:
		return nil, fmt.Errorf("the certificate: %w", err)
	}
	return r.held, nil
}

func modified(file string) time.Time {
	info, err := os.Stat(file)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
