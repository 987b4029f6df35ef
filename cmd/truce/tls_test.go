package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// revoke NAME: revokes the token of that name, found in the list.
func revokeToken(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("truce", "token", "list", "--output", "json"))
	var tokens []struct{ ID, Name string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &tokens))
	for _, t := range tokens {
		if t.Name == args[0] {
			ts.Check(ts.Exec("truce", "token", "revoke", t.ID))
			return
		}
	}
	ts.Fatalf("no token of %s", args[0])
}

// certify writes a certificate of its own for this machine, with the given name in it.
func certify(t *testing.T, dir, name string) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, _ := x509.ParseCertificate(der)
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	return cert, key, pool
}

// A certificate that is renewed is shown without a restart; one that is half written is not.
func TestTheCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	cert, key, pool := certify(t, dir, "first")
	s := tlsSettings{cert: cert, key: key}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	config := s.config("")
	g, err := listen(t.Context(), "127.0.0.1:0", config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer g.close(func() {})
	g.open(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "secret") }))
	shown := func(pool *x509.CertPool) string {
		t.Helper()
		c := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}
		a, err := c.Get(g.address() + "/")
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		return a.TLS.PeerCertificates[0].Subject.CommonName
	}
	if got := shown(pool); got != "first" || !strings.HasPrefix(g.address(), "https://") {
		t.Errorf("got %s at %s", got, g.address())
	}
	if err := os.WriteFile(key, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	time.Sleep(lookAgain + 100*time.Millisecond)
	if got := shown(pool); got != "first" {
		t.Errorf("got %s", got)
	}
	_, _, renewed := certify(t, dir, "second")
	time.Sleep(lookAgain + 100*time.Millisecond)
	if got := shown(renewed); got != "second" {
		t.Errorf("got %s", got)
	}
}

// ACME is asked for the operator's own names only: otherwise any caller could make the server ask for certificates.
func TestCertificatesAreAskedForOwnNamesOnly(t *testing.T) {
	s := tlsSettings{domains: []string{"ledger.example"}}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	client, server := net.Pipe()
	defer client.Close()
	go func() {
		_ = tls.Client(client, &tls.Config{ServerName: "evil.example", InsecureSkipVerify: true}).HandshakeContext(ctx)
	}()
	err := tls.Server(server, s.config(t.TempDir())).HandshakeContext(ctx)
	if err == nil || !strings.Contains(err.Error(), "not configured") {
		t.Errorf("got %v", err)
	}
}
