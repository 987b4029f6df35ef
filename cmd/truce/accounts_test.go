package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const accountsFile = `issuer: http://127.0.0.1:1
client_id: truce
client_secret_file: secret
redirect_url: http://127.0.0.1:8080/login/oidc/callback
people:
- group: secretariat
  roles: [recorder]
- group: delegation
  roles: [negotiator]
  actors: [north, "007"]
`

// accounts reads a file of accounts as truce serve does, beside a secret of the given mode.
func accounts(t *testing.T, text string, mode os.FileMode, change func(*settings)) (accountSettings, error) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "accounts.yaml")
	for name, content := range map[string]string{file: text, filepath.Join(dir, "secret"): "of the client\n"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "secret"), mode); err != nil {
		t.Fatal(err)
	}
	s := &settings{listen: defaultListen}
	s.access.accounts.file = file
	if change != nil {
		change(s)
	}
	err := s.access.check(s)
	return s.access.accounts, err
}

func TestAFileOfAccounts(t *testing.T) {
	a, err := accounts(t, accountsFile, 0o600, nil)
	if err != nil || a.secret != "of the client" || a.signIn.People[1].Actors[0] != "007" {
		t.Fatalf("got %+v %v", a, err)
	}
	behind := func(s *settings) {
		s.listen, s.access.proxy, s.access.hosts = "0.0.0.0:80", true, []string{"Ledger.example.org"}
	}
	public := strings.Replace(accountsFile, "http://127.0.0.1:8080", "https://ledger.example.org", 1)
	if _, err := accounts(t, public, 0o640, behind); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		text   string
		mode   os.FileMode
		change func(*settings)
		want   string
	}{
		"no YAML":                        {"issuer: [", 0o600, nil, "not YAML"},
		"no fields":                      {"- issuer", 0o600, nil, "written as fields"},
		"nothing":                        {"", 0o600, nil, "EOF"},
		"an unknown field":               {accountsFile + "admin: true\n", 0o600, nil, "line 11: admin"},
		"a field in another case":        {strings.Replace(accountsFile, "client_id", "Client_ID", 1), 0o600, nil, "line 2: Client_ID"},
		"a field twice":                  {accountsFile + "client_id: other\n", 0o600, nil, `"client_id" stands twice, in line 2 and in line 11`},
		"an unknown role":                {strings.Replace(accountsFile, "recorder", "admin", 1), 0o600, nil, "line 7: people[0].roles[0]: \"admin\" is none of"},
		"a negotiator of nobody":         {strings.Replace(accountsFile, `  actors: [north, "007"]`, "", 1), 0o600, nil, "line 8: people[1].actors: is required"},
		"a secret that all can read":     {accountsFile, 0o604, nil, "everybody on this machine can read"},
		"a secret that is not there":     {strings.Replace(accountsFile, "file: secret", "file: none", 1), 0o600, nil, "no such file"},
		"a host that is not ours":        {strings.Replace(public, "ledger.", "other.", 1), 0o600, behind, "line 4: redirect_url: names a host that this server does not answer to: give --host other.example.org"},
		"in the clear, though TLS is on": {accountsFile, 0o600, behind, "redirect_url: must be https"},
		"TLS that is not there":          {public, 0o600, nil, "redirect_url: must be https where"},
	} {
		if _, err := accounts(t, c.text, c.mode, c.change); err == nil || !strings.Contains(err.Error(), c.want) || exitCode(err) != exitUsage {
			t.Errorf("%s: got %v, want %q and a bad usage", name, err, c.want)
		}
	}
}

// A server whose issuer is away starts, says so, and lets tokens in.
func TestAServerWithoutItsIssuer(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"accounts.yaml": accountsFile, "secret": "of the client"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server, err := launch(dir, nil, "serve", "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0", "--oidc", filepath.Join(dir, "accounts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	defer server.kill()
	url, err := server.awaitAddress()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/readyz": `"sign_in":{"issuer":"http://127.0.0.1:1","ready":false,"problem":`, "/login": "with 127.0.0.1:1</a>", "/login/oidc": "does not answer now"} {
		if status, got := fetch(t, url+path); !strings.Contains(got, want) || (status == http.StatusOK) != (path != "/login/oidc") {
			t.Errorf("%s: got %d %s, want %s", path, status, got, want)
		}
	}
}
