package witness_test

import (
	"bufio"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/mod/sumdb/note"

	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/internal/thirdparty"
	"truceledger/eventstore/proof/witness"
)

// Somebody else's witness cosigns our heads, and refuses a rewritten history.
func TestLitewitnessCosignsOurHeads(t *testing.T) {
	program := thirdparty.Install(t, "litewitness", "filippo.io/torchwood/cmd/litewitness@v0.9.0")
	sqlite := thirdparty.Program(t, "sqlite3")
	ledgers := newLedgers(t, 2)
	honest, forger := ledgers[0], ledgers[1]

	url, key := startLitewitness(t, program, sqlite, honest)
	named := witness.Named{Name: "lite", Verifier: key, URL: url}
	c := &witness.Client{Prove: honest.prove, Witnesses: []witness.Named{named}}
	for _, n := range []int{700, 300} {
		h := honest.grow(n, "entry")
		a := c.Submit(t.Context(), h, honest.key)
		if a[0].Err != nil {
			t.Fatalf("at %d: %v", h.Size, a[0].Err)
		}
		merged, err := proof.Merge(h.Note, a[0].Line, honest.key, key)
		if err != nil || len(witness.Cosignatures(merged)) != 1 {
			t.Errorf("at %d: %v", h.Size, err)
		}
	}
	forger.grow(650, "entry")
	forged := forger.grow(450, "forged")
	liar := &witness.Client{Prove: forger.prove, Witnesses: []witness.Named{named}}
	if a := liar.Submit(t.Context(), forged, honest.key); !errors.Is(a[0].Err, witness.ErrProof) {
		t.Errorf("a rewritten history: got %v, want ErrProof", a[0].Err)
	}
}

// startLitewitness runs litewitness with a key in an agent of our own and the ledger's log in its database, which has no
// tool that can be built without its other services.
func startLitewitness(t *testing.T, program, sqlite string, l *ledger) (url string, key note.Verifier) {
	t.Helper()
	dir := t.TempDir()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	sshKey, err := ssh.NewPublicKey(public)
	must(t, err)
	socket := filepath.Join(dir, "agent")
	serveAgent(t, socket, private)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := free.Addr().String()
	must(t, free.Close())

	db := filepath.Join(dir, "db")
	schema := `CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL);
		CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin));`
	empty := "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" // the root of an empty tree
	insert := fmt.Sprintf("INSERT INTO log VALUES ('%s', 0, '%s'); INSERT INTO key VALUES ('%s', '%s');", origin, empty, origin, l.vkey)
	if out, err := exec.Command(sqlite, db, schema+insert).CombinedOutput(); err != nil {
		t.Fatalf("sqlite3: %s", out)
	}
	cmd := exec.Command(program, "-name", "lite.example/w", "-db", db, "-ssh-agent", socket, "-listen", address, "-key", ssh.FingerprintSHA256(sshKey))
	log, err := cmd.StderrPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	return "http://" + address, readVKey(t, log, address)
}

// readVKey waits until the witness has said its key and listens.
func readVKey(t *testing.T, log io.Reader, address string) note.Verifier {
	t.Helper()
	found := make(chan string, 1)
	go func() {
		says := regexp.MustCompile(`vkey=(\S+)`)
		for s := bufio.NewScanner(log); s.Scan(); {
			if m := says.FindStringSubmatch(s.Text()); m != nil {
				found <- m[1]
			}
		}
	}()
	select {
	case vkey := <-found:
		v, err := witness.Verifier(vkey)
		must(t, err)
		for range 100 {
			if conn, err := net.Dial("tcp", address); err == nil {
				_ = conn.Close()
				return v
			}
			time.Sleep(50 * time.Millisecond)
		}
	case <-time.After(20 * time.Second):
	}
	t.Fatal("litewitness did not start")
	return nil
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
