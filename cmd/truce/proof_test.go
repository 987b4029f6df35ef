package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"truceledger/eventstore/proof/signed"
)

// signed SIZE: waits until the server has signed a head over so many entries.
func awaitSigned(ts *testscript.TestScript, _ bool, args []string) {
	awaitText(ts, "/log/checkpoint", "\n"+args[0]+"\n")
}

// serves PATH TEXT: waits until the server's answer holds a text.
func awaitServes(ts *testscript.TestScript, _ bool, args []string) { awaitText(ts, args[0], args[1]) }

func awaitText(ts *testscript.TestScript, path, want string) {
	var got string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		answer, err := (&http.Client{Transport: asOperator{ts.Getenv, http.DefaultTransport}}).Get(ts.Getenv("TRUCE_SERVER") + path)
		ts.Check(err)
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		ts.Check(err)
		if got = string(body); strings.Contains(got, want) {
			return
		}
	}
	ts.Fatalf("%s never says %q; it says %s", path, want, got)
}

// flip FILE LINE: flips one bit in the middle of a line.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	raw, err := os.ReadFile(path)
	ts.Check(err)
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	lines := bytes.SplitAfter(raw, []byte("\n"))
	line := lines[n-1]
	line[len(line)/2] ^= 1
	ts.Check(os.WriteFile(path, bytes.Join(lines, nil), 0o600))
}

// witness FLAGS: runs a witness on a free port, and sets WITNESS to the line that it prints for the operator.
func startWitness(ts *testscript.TestScript, _ bool, args []string) {
	p, err := launch(ts.MkAbs("."), scriptEnv(ts), append([]string{"witness", "--listen", "127.0.0.1:0"}, args...)...)
	ts.Check(err)
	stageOf(ts).witness = p
	line, err := p.stdout.await(`^(\S+\+\S+ http://\S+)$`)
	ts.Check(err)
	ts.Setenv("WITNESS", line[1])
}

func stopWitness(ts *testscript.TestScript, _ bool, _ []string) { ts.Check(stageOf(ts).witness.stop()) }

// says PATTERN: waits until the server has said so on standard error.
func says(ts *testscript.TestScript, _ bool, args []string) {
	_, err := stageOf(ts).server.stderr.await(args[0])
	ts.Check(err)
}

// cpfetch PATH FILE: keeps what the server answers.
func fetchTo(ts *testscript.TestScript, _ bool, args []string) {
	answer, err := (&http.Client{Transport: asOperator{ts.Getenv, http.DefaultTransport}}).Get(ts.Getenv("TRUCE_SERVER") + args[0])
	ts.Check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), body, 0o600))
}

// keyfile NAME FILE: writes the command that registers a key for the actor of the same name.
func keyFile(ts *testscript.TestScript, _ bool, args []string) {
	public := strings.Join(strings.Fields(ts.ReadFile(args[0] + ".pub"))[:2], " ")
	text := "command: register-key\nactor: " + args[0] + "\nkey: " + public + "\n"
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// sshsign KEY FILE: signs a statement with ssh-keygen, for the ledger that it names.
func sshSign(ts *testscript.TestScript, _ bool, args []string) {
	s, err := signed.ParseStatement([]byte(ts.ReadFile(args[1])))
	ts.Check(err)
	ts.Check(ts.Exec("ssh-keygen", "-Y", "sign", "-n", signed.Namespace(s.Ledger), "-f", args[0], args[1]))
}

// agent KEY: runs an SSH agent that holds a key, until the story ends.
func startAgent(ts *testscript.TestScript, _ bool, args []string) {
	key, err := ssh.ParseRawPrivateKey([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	ring := agent.NewKeyring()
	ts.Check(ring.Add(agent.AddedKey{PrivateKey: key}))
	dir, err := os.MkdirTemp("", "agent") // the name of a socket must be short
	ts.Check(err)
	listener, err := net.Listen("unix", filepath.Join(dir, "s"))
	ts.Check(err)
	ts.Defer(func() { _ = listener.Close(); _ = os.RemoveAll(dir) })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, conn) }()
		}
	}()
	ts.Setenv("SSH_AUTH_SOCK", filepath.Join(dir, "s"))
}

// checksign ENTRY SIGNERS ACTOR: has ssh-keygen check a signed entry, and refuse it once it is altered.
func checkSign(ts *testscript.TestScript, _ bool, args []string) {
	var e struct {
		Time time.Time `json:"time"`
		Data struct {
			Command signed.Envelope `json:"command"`
		} `json:"data"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &e))
	s, err := signed.ParseStatement(e.Data.Command.Signed)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("check.sig"), []byte(e.Data.Command.Signatures[0]), 0o600))
	check := func(bytes []byte) error {
		cmd := exec.Command("ssh-keygen", "-Y", "verify", "-f", args[1], "-I", args[2], "-n", signed.Namespace(s.Ledger), "-s", "check.sig",
			"-Overify-time="+e.Time.UTC().Add(time.Second).Format("20060102150405Z"))
		cmd.Dir, cmd.Stdin = ts.MkAbs("."), strings.NewReader(string(bytes))
		said, err := cmd.CombinedOutput()
		ts.Logf("%s", said)
		return err
	}
	ts.Check(check(e.Data.Command.Signed))
	if check(append([]byte(" "), e.Data.Command.Signed...)) == nil {
		ts.Fatalf("ssh-keygen takes what was altered")
	}
}

// paste KEY VERB FILE: has the server state a command, signs the bytes with ssh-keygen, and sends what it printed with the
// line ends of another system, as a person pastes it into the page.
func pasteSign(ts *testscript.TestScript, _ bool, args []string) {
	var s struct{ Signed []byte }
	ts.Check(json.Unmarshal(post(ts, "/v1/statements/"+args[1], "application/json", []byte(ts.ReadFile(args[2]))), &s))
	ts.Check(os.WriteFile(ts.MkAbs("pasted"), s.Signed, 0o600))
	sshSign(ts, false, []string{args[0], "pasted"})
	e, err := signed.Assemble(s.Signed, "  "+strings.ReplaceAll(ts.ReadFile("pasted.sig"), "\n", "\r\n"))
	ts.Check(err)
	raw, err := e.Marshal()
	ts.Check(err)
	post(ts, "/v1/commands/"+args[1], signed.MediaType, raw)
}

func post(ts *testscript.TestScript, path, kind string, body []byte) []byte {
	answer, err := http.Post(ts.Getenv("TRUCE_SERVER")+path, kind, bytes.NewReader(body))
	ts.Check(err)
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	ts.Check(err)
	if answer.StatusCode/100 != 2 {
		ts.Fatalf("%s: %s %s", path, answer.Status, said)
	}
	return said
}
