package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v4"

	"truceledger/api/access"
	"truceledger/domain"
	"truceledger/eventstore"
)

// accountSettings say how people sign in with an account that an issuer keeps.
type accountSettings struct {
	file   string // of the operator's; "" where tokens alone let in
	signIn access.SignIn
	secret string
}

// read reads the file and the secret that it names.
func (a *accountSettings) read(s *settings) error {
	if a.file == "" {
		return nil
	}
	text, err := os.ReadFile(a.file)
	if err != nil {
		return usage("--oidc: %w", err)
	}
	lines, err := readYAMLObject(text, &a.signIn)
	if err == nil {
		err = a.signIn.Prepare()
	}
	if err == nil {
		err = a.reachable(s)
	}
	if f, ok := errors.AsType[*domain.FieldError](err); ok {
		return usage("--oidc: %s%s: %w", a.file, lineOf(lines, f.Field), err)
	}
	if err != nil {
		return usage("--oidc: %s: %w", a.file, err)
	}
	if name := a.signIn.SecretFile; name != "" {
		a.secret, err = readSecret(filepath.Dir(a.file), name)
	}
	if err != nil {
		return usage("--oidc: client_secret_file: %w", err)
	}
	return nil
}

// reachable refuses an address to come back to at which this server would not answer.
func (a *accountSettings) reachable(s *settings) error {
	u, err := url.Parse(a.signIn.RedirectURL)
	if err != nil {
		return err
	}
	host, secure := strings.ToLower(u.Hostname()), s.access.tls.on() || s.access.proxy
	_, notIP := netip.ParseAddr(host)
	switch {
	case secure != (u.Scheme == "https"):
		return domain.Field("redirect_url", "must be https where this server has TLS or stands behind a proxy that has it, and http where neither")
	case isLoopback(net.JoinHostPort(host, "0")) || notIP == nil && !isLoopback(s.listen) || slices.Contains(s.access.names(), host):
		return nil
	}
	return domain.Field("redirect_url", "names a host that this server does not answer to: give --host %s", host)
}

// readSecret reads a secret that not everybody on this machine may read. A relative name is one beside the file that names it.
func readSecret(dir, name string) (string, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o007 != 0 && os.PathSeparator == '/' {
		return "", fmt.Errorf("everybody on this machine can read %s: run chmod 600 on it, and consider the secret known", name)
	}
	raw, err := os.ReadFile(name)
	secret := strings.TrimSpace(string(raw))
	if err == nil && secret == "" {
		err = fmt.Errorf("%s is empty", name)
	}
	return secret, err
}

// readYAMLObject reads one YAML document as strictly as a command: unknown, duplicate and wrong-case names are refused. lines
// are where the fields stand.
func readYAMLObject(text []byte, into any) (lines map[string]int, err error) {
	loader, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithSingleDocument())
	if err != nil {
		return nil, err
	}
	var root yaml.Node
	if err := loader.Load(&root); err != nil {
		return nil, fmt.Errorf("not YAML: %w", err)
	}
	if len(root.Content) == 0 || root.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("it is written as fields, such as \"issuer: https://id.example.org\"")
	}
	y := &yamlReader{lines: map[string]int{}}
	y.out = jsontext.NewEncoder(&y.json)
	if err := y.value(root.Content[0], reflect.TypeOf(into).Elem(), ""); err != nil {
		return nil, err
	}
	return y.lines, eventstore.DecodeObject(y.json.Bytes(), into)
}

// lineOf says in which line a field stands, or what holds it.
func lineOf(lines map[string]int, field string) string {
	for field != "" {
		if n := lines[field]; n > 0 {
			return fmt.Sprintf(", line %d", n)
		}
		field = field[:max(0, strings.LastIndexAny(field, ".["))]
	}
	return ""
}

// openAccounts begins to look for the issuer.
func (n *node) openAccounts(s *settings) {
	a := &s.access.accounts
	if a.file == "" {
		return
	}
	n.issuer = access.OpenIssuer(a.signIn, a.secret, access.IssuerOptions{Logger: n.logger})
	n.tokens.Know(n.issuer.Knows)
}
