package signed_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"truceledger/eventstore/proof/internal/thirdparty"
	"truceledger/eventstore/proof/signed"
)

const ledger = "abcdefghijklmnopqrstuvwxyz"

func newKey(t testing.TB) (ssh.Signer, ed25519.PrivateKey) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return s, private
}

func statement() signed.Statement {
	return signed.Statement{
		Ledger:  ledger,
		Command: []byte(`{"command":"agree","ceasefire":"river","by":"north","version":1,"occurred":"2016-05-04T12:00:00Z"}`),
		Seen:    signed.Seen{Size: 4, Root: bytes.Repeat([]byte{7}, 32)}, PartySeq: 1, ValidUntil: "2016-05-05T12:00:00Z",
		TermsSHA256: strings.Repeat("ab", 32),
	}
}

func mustSign(t testing.TB, s signed.Statement, by ssh.Signer) signed.Envelope {
	t.Helper()
	e, err := signed.Sign(s, by)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestASignedCommandHoldsForItsKeyAndLedgerOnly(t *testing.T) {
	north, _ := newKey(t)
	south, _ := newKey(t)
	e := mustSign(t, statement(), north)
	body, err := e.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if e, err = signed.ParseEnvelope(body); err != nil {
		t.Fatal(err)
	}
	s, err := signed.Verify(e, ledger, north.PublicKey())
	if err != nil || s.PartySeq != 1 || !strings.Contains(string(s.Command), `"agree"`) {
		t.Fatalf("got %+v, %v", s, err)
	}
	if _, err := signed.Verify(e, ledger, south.PublicKey()); !errors.Is(err, signed.ErrSignature) {
		t.Errorf("another key: got %v", err)
	}
	if _, err := signed.Verify(e, "zyxwvutsrqponmlkjihgfedcba", north.PublicKey()); !errors.Is(err, signed.ErrSignature) {
		t.Errorf("another ledger: got %v", err)
	}
	for i := range e.Signed {
		altered := signed.Envelope{Signed: bytes.Clone(e.Signed), Signatures: e.Signatures}
		altered.Signed[i] ^= 1
		if _, err := signed.Verify(altered, ledger, north.PublicKey()); !errors.Is(err, signed.ErrSignature) {
			t.Fatalf("byte %d altered: got %v", i, err)
		}
	}
}

// Every bit of the armoured text matters, or the signature could be changed without anybody noticing.
func TestEveryBitOfASignatureCounts(t *testing.T) {
	north, _ := newKey(t)
	e := mustSign(t, statement(), north)
	text := []byte(e.Signatures[0])
	for i := range text {
		for bit := range 7 {
			altered := bytes.Clone(text)
			altered[i] ^= 1 << bit
			if white := " \t\r\n"; strings.ContainsRune(white, rune(text[i])) || strings.ContainsRune(white, rune(altered[i])) {
				continue // where lines break is not part of a PEM text
			}
			if _, err := signed.Verify(signed.Envelope{Signed: e.Signed, Signatures: []string{string(altered)}}, ledger, north.PublicKey()); err == nil {
				t.Errorf("%q still holds", altered[max(0, i-8):min(len(altered), i+8)])
			}
		}
	}
}

func TestWrongNamespacesAndKindsOfKeysAreRefused(t *testing.T) {
	north, _ := newKey(t)
	e := mustSign(t, statement(), north)
	other, err := signed.SignBytes(e.Signed, "another", north)
	if err != nil {
		t.Fatal(err)
	}
	e.Signatures = []string{other}
	if _, err := signed.Verify(e, ledger, north.PublicKey()); !errors.Is(err, signed.ErrSignature) {
		t.Errorf("a signature for another ledger: got %v", err)
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	weak, _ := ssh.NewSignerFromKey(private)
	if _, err := signed.Sign(statement(), weak); !errors.Is(err, signed.ErrKey) {
		t.Errorf("an RSA key: got %v", err)
	}
	if _, err := signed.ParseKey(string(ssh.MarshalAuthorizedKey(weak.PublicKey()))); !errors.Is(err, signed.ErrKey) {
		t.Errorf("an RSA key: got %v", err)
	}
}

func TestWhatIsNotSaidInFullIsRefused(t *testing.T) {
	north, _ := newKey(t)
	for name, change := range map[string]func(*signed.Statement){
		"no ledger":    func(s *signed.Statement) { s.Ledger = "" },
		"no command":   func(s *signed.Statement) { s.Command = nil },
		"a list":       func(s *signed.Statement) { s.Command = []byte(`[]`) },
		"no number":    func(s *signed.Statement) { s.PartySeq = 0 },
		"no end":       func(s *signed.Statement) { s.ValidUntil = "" },
		"half a head":  func(s *signed.Statement) { s.Seen.Root = nil },
		"a short root": func(s *signed.Statement) { s.Seen.Root = []byte{1} },
	} {
		s := statement()
		change(&s)
		if _, err := signed.Sign(s, north); !errors.Is(err, signed.ErrForm) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	good, _ := statement().Marshal()
	for _, body := range []string{`{}`, `null`, `{"ledger":"x","ledger":"y"}`, string(good) + "{}", strings.Replace(string(good), `"ledger"`, `"Ledger"`, 1)} {
		if _, err := signed.ParseStatement([]byte(body)); !errors.Is(err, signed.ErrForm) {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

func TestTheWordsHideNothing(t *testing.T) {
	s := statement()
	s.Command = []byte("{\"command\":\"agree\",\"note\":\"yes\\n  by: south\\u202e\",\"casualties\":[{\"best\":3}],\"a~b\":true}")
	words, err := signed.Words(s)
	if err != nil {
		t.Fatal(err)
	}
	want := "To ledger " + ledger + ":\n  command: agree\n  note: yes<U+000A>  by: south<U+202E>\n  casualties/0/best: 3\n  a~0b: true\n"
	if !strings.HasPrefix(words, want) {
		t.Errorf("got\n%s\nwant\n%s", words, want)
	}
	north, _ := newKey(t)
	e := mustSign(t, statement(), north)
	lying := bytes.Replace(e.Signed, []byte(`"words_sha256":"`), []byte(`"words_sha256":"0`), 1)
	if _, err := signed.ParseStatement(lying); !errors.Is(err, signed.ErrForm) {
		t.Errorf("other words than were shown: got %v", err)
	}
}

func TestAStatementHasAnEnd(t *testing.T) {
	s := statement()
	if err := s.Fresh(time.Date(2016, 5, 5, 12, 0, 0, 0, time.UTC)); err != nil {
		t.Error(err)
	}
	if err := s.Fresh(time.Date(2016, 5, 5, 12, 0, 1, 0, time.UTC)); !errors.Is(err, signed.ErrSignature) {
		t.Errorf("got %v", err)
	}
}

func TestAKeyFileAndAnAgentSignAlike(t *testing.T) {
	signer, private := newKey(t)
	dir := t.TempDir()
	block, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte("river"))
	if err != nil {
		t.Fatal(err)
	}
	keyFile, pubFile := filepath.Join(dir, "id"), filepath.Join(dir, "id.pub")
	must(t, os.WriteFile(keyFile, pem.EncodeToMemory(block), 0o600))
	must(t, os.WriteFile(pubFile, ssh.MarshalAuthorizedKey(signer.PublicKey()), 0o600))
	socket := filepath.Join(dir, "agent")
	serveAgent(t, socket, private)
	ask := func() ([]byte, error) { return []byte("river"), nil }
	for _, path := range []string{keyFile, pubFile} {
		s, closeSigner, err := signed.OpenSigner(path, socket, ask)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		e := mustSign(t, statement(), s)
		if _, err := signed.Verify(e, ledger, signer.PublicKey()); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		must(t, closeSigner())
	}
	stranger, _ := newKey(t)
	if _, _, err := signed.AgentSigner(socket, stranger.PublicKey()); err == nil {
		t.Error("the agent signs with a key that it does not hold")
	}
}

func serveAgent(t *testing.T, socket string, private ed25519.PrivateKey) {
	t.Helper()
	ring := agent.NewKeyring()
	must(t, ring.Add(agent.AddedKey{PrivateKey: &private}))
	listener, err := net.Listen("unix", socket)
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, conn) }()
		}
	}()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What an auditor without our program does: docs/verifying.md has the same commands.
func TestSSHKeygenAgrees(t *testing.T) {
	keygen := thirdparty.Program(t, "ssh-keygen")
	dir := t.TempDir()
	run := func(stdin []byte, args ...string) error {
		cmd := exec.Command(keygen, args...)
		cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		t.Logf("ssh-keygen %s: %s", strings.Join(args, " "), out)
		return err
	}
	must(t, run(nil, "-q", "-t", "ed25519", "-N", "", "-f", "id"))
	line, err := os.ReadFile(filepath.Join(dir, "id.pub"))
	must(t, err)
	public, err := signed.ParseKey(string(line))
	must(t, err)
	ours, _, err := signed.OpenSigner(filepath.Join(dir, "id"), "", nil)
	must(t, err)

	e := mustSign(t, statement(), ours)
	from, until := time.Date(2016, 5, 1, 0, 0, 0, 0, time.UTC), time.Date(2016, 6, 1, 0, 0, 0, 0, time.UTC)
	roster := signed.AllowedSigners(ledger, []signed.Key{{Actor: "north", Public: public, FromTime: from, UntilTime: until}})
	must(t, os.WriteFile(filepath.Join(dir, "allowed_signers"), []byte(roster), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "sig"), []byte(e.Signatures[0]), 0o600))
	check := func(who, namespace, at string, message []byte) error {
		return run(message, "-Y", "verify", "-f", "allowed_signers", "-I", who, "-n", namespace, "-s", "sig", "-Overify-time="+at)
	}
	if err := check("north", signed.Namespace(ledger), "20160504120000Z", e.Signed); err != nil {
		t.Errorf("ssh-keygen refuses our signature: %v", err)
	}
	altered := bytes.Replace(e.Signed, []byte("north"), []byte("south"), 1)
	for name, err := range map[string]error{
		"altered":           check("north", signed.Namespace(ledger), "20160504120000Z", altered),
		"another namespace": check("north", signed.Namespace("x"), "20160504120000Z", e.Signed),
		"another actor":     check("south", signed.Namespace(ledger), "20160504120000Z", e.Signed),
		"after revocation":  check("north", signed.Namespace(ledger), "20160701120000Z", e.Signed),
	} {
		if err == nil {
			t.Errorf("%s: ssh-keygen took it", name)
		}
	}

	must(t, os.WriteFile(filepath.Join(dir, "command.json"), e.Signed, 0o600))
	must(t, run(nil, "-Y", "sign", "-f", "id", "-n", signed.Namespace(ledger), "command.json"))
	theirs, err := os.ReadFile(filepath.Join(dir, "command.json.sig"))
	must(t, err)
	if _, err := signed.Verify(signed.Envelope{Signed: e.Signed, Signatures: []string{string(theirs)}}, ledger, public); err != nil {
		t.Errorf("we refuse a signature of ssh-keygen: %v", err)
	}
}

func FuzzParseEnvelope(f *testing.F) {
	north, _ := newKey(f)
	e, _ := signed.Sign(statement(), north)
	body, _ := e.Marshal()
	f.Add(body)
	stranger, _ := newKey(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := signed.ParseEnvelope(body)
		if err != nil {
			return
		}
		_, _ = e.Claimed()
		if _, err := signed.Verify(e, ledger, stranger.PublicKey()); err == nil {
			t.Error("a signature that nobody made holds")
		}
	})
}

func FuzzParseStatement(f *testing.F) {
	raw, _ := statement().Marshal()
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := signed.ParseStatement(raw)
		if err != nil {
			return
		}
		if words, err := signed.Words(s); err != nil || signed.WordsHash(words) != s.WordsSHA256 {
			t.Error("it was read, and its words are not those of its hash")
		}
	})
}

func FuzzParseKey(f *testing.F) {
	north, _ := newKey(f)
	f.Add(signed.KeyLine(north.PublicKey()))
	f.Fuzz(func(t *testing.T, line string) {
		if k, err := signed.ParseKey(line); err == nil && k.Type() != ssh.KeyAlgoED25519 && k.Type() != ssh.KeyAlgoSKED25519 {
			t.Errorf("a %s key was allowed", k.Type())
		}
	})
}
