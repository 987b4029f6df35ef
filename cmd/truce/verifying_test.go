package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"truceledger/eventstore/proof/signed"
)

// auditorBlock is a block of docs/verifying.md that a reader is to run; those marked fsck need that program.
var auditorBlock = regexp.MustCompile("(?ms)^```sh( fsck)?\n(.*?)^```$")

// TestTheAuditorsGuideRuns runs every block of docs/verifying.md in one shell, as somebody with no program of ours would: against a
// ledger that runs, with a witness and a party that signs with her own key. Each line must succeed; then the same blocks must
// fail on what was altered.
func TestTheAuditorsGuideRuns(t *testing.T) {
	for _, tool := range []string{"ssh-keygen", "openssl", "curl", "jq", "xxd", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("TRUCE_THIRD_PARTY") == "1" {
				t.Fatalf("TRUCE_THIRD_PARTY=1 requires it: %v", err)
			}
			t.Skipf("the guide is for who has %s: %v; set TRUCE_THIRD_PARTY=1 to require it", tool, err)
		}
	}
	g := newGuide(t)
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "verifying.md"))
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	blocks := map[string]string{}
	for _, m := range auditorBlock.FindAllStringSubmatch(string(text), -1) {
		block := strings.ReplaceAll(m[2], "LEDGER=https://ledger.example ", "LEDGER="+g.server+" ")
		if m[1] != "" && !g.fsck() {
			continue
		}
		script.WriteString(block)
		for _, name := range []string{"-in text -sigfile", "-in cosigned", "stands in the log", "ssh-keygen -Y verify", "belongs kept", "sha256sum -c"} {
			if strings.Contains(block, name) {
				blocks[name] = block
			}
		}
	}
	said, err := g.shell(script.String())
	if err != nil {
		t.Fatalf("the guide does not run: %v\n%s", err, said)
	}
	for _, want := range []string{
		"Signature Verified Successfully", "entry 5: register-key by north\nentry 6: register-key by south\nentry 7: agree by north", "entry 3 stands in the log", "kept belongs to this history\nbundle/checkpoint belongs to this history", `signature for north`, "Cosigned by north.example/witness. Quorum: reached", "follows by the rules", `"record":"ceasefire/ford"`, ": OK",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("the guide never shows %q:\n%s", want, said)
		}
	}
	if strings.Count(said, "Signature Verified Successfully") != 2 {
		t.Errorf("openssl is to check the log's signature and the witness's:\n%s", said)
	}

	for _, kept := range []string{"rm kept", ": >kept", "echo nothing >kept", "printf '\\n\\n\\n' >kept"} {
		said, err := g.shell("cp kept kept.sound\n" + blocks["stands in the log"] + kept + "\nset +eu\n" + blocks["belongs kept"] + "mv kept.sound kept\n")
		if err != nil || strings.Contains(said, "kept belongs") || !strings.Contains(said, "bundle/checkpoint belongs") {
			t.Errorf("%s: a head that nobody kept belongs to this history, or the newest does not: %v\n%s", kept, err, said)
		}
	}
	without := "rm -rf bundle && cp -r bundle.sound bundle && rm -rf bundle/attachments bundle/receipts\n"
	if said, err := g.shell(without + "set +eu\n" + blocks["stands in the log"]); err == nil || strings.Contains(said, "stands in the log") {
		t.Errorf("a receipt that is not in the bundle is taken: %s", said)
	}
	if said, err := g.shell(without + blocks["sha256sum -c"]); err != nil {
		t.Errorf("a bundle without attachments: %v\n%s", err, said)
	}

	begin := blocksBefore(string(text), g.server)
	for name, alter := range map[string]string{
		"-in text -sigfile":    `sed -i '2s/.*/99/' bundle/checkpoint`,
		"-in cosigned":         `sed -i '2s/.*/99/' text`,
		"stands in the log":    `sed -i '3s/North/Nurth/; 3s/Ford/Fjord/; 3s/South/Sauth/' bundle/events.jsonl`,
		"belongs kept":         `sed -i '3s/South/Sauth/' bundle/events.jsonl`,
		"ssh-keygen -Y verify": `sed -i '7s/"signed":"..../"signed":"eyJz/' bundle/events.jsonl`,
	} {
		restore := `rm -rf bundle && cp -r bundle.sound bundle && `
		if said, err := g.shell(restore + begin + blocks["stands in the log"] + blocks["-in text -sigfile"] + blocks[name] + "\necho SOUND\n"); err != nil || !strings.Contains(said, "SOUND") {
			t.Errorf("%s: does not stand alone: %v\n%s", name, err, said)
		}
		before := blocks["stands in the log"] + blocks["-in text -sigfile"]
		if name == "-in text -sigfile" {
			before = ""
		}
		said, err := g.shell(restore + begin + before + "echo ALTERED\n" + alter + "\n" + blocks[name] + "\necho TAKEN\n")
		_, said, altered := strings.Cut(said, "ALTERED\n")
		if by := regexp.MustCompile("stands in the log|belongs to this history|Verified Successfully|Good"); !altered || err == nil && by.MatchString(said) {
			t.Errorf("%s: what was altered is taken:\n%s", name, said)
		}
	}
}

// blocksBefore are the names that the guide begins with.
func blocksBefore(text, server string) string {
	return strings.ReplaceAll(auditorBlock.FindStringSubmatch(text)[2], "LEDGER=https://ledger.example ", "LEDGER="+server+" ")
}

// fsck finds tessera's fsck, or installs it as the guide says where other people's programs are required.
func (g *guide) fsck() bool {
	dir := os.Getenv("TRUCE_TOOLS")
	if _, err := os.Stat(filepath.Join(dir, "fsck")); dir != "" && err == nil {
		g.env = append(g.env, "PATH="+dir+":"+g.path)
		return true
	}
	if os.Getenv("TRUCE_THIRD_PARTY") != "1" {
		return false
	}
	bin := g.t.TempDir()
	install := exec.Command("go", "install", "github.com/transparency-dev/tessera/cmd/fsck@v1.0.4")
	install.Env, install.Dir = append(os.Environ(), "GOBIN="+bin), os.TempDir()
	if out, err := install.CombinedOutput(); err != nil {
		g.t.Fatalf("fsck is required by TRUCE_THIRD_PARTY=1: %v\n%s", err, out)
	}
	g.env = append(g.env, "PATH="+bin+":"+g.path)
	return true
}

// A guide is a folder in which an auditor works, and the ledger that is checked.
type guide struct {
	t      *testing.T
	dir    string
	server string
	env    []string
	path   string // where programs are found, ours first
}

func (g *guide) shell(script string) (string, error) {
	cmd := exec.Command("sh", "-eu", "-c", script)
	cmd.Dir, cmd.Env = g.dir, g.env
	said, err := cmd.CombinedOutput()
	return string(said), err
}

// newGuide runs a ledger with a witness, has north sign the seventh entry, and gives the auditor a bundle and the keys.
func newGuide(t *testing.T) *guide {
	t.Helper()
	g := &guide{t: t, dir: t.TempDir()}
	data, watch := t.TempDir(), t.TempDir()
	env := append(os.Environ(), "GORACE="+atExit)
	serve := func(flags ...string) *process {
		p, err := launch(t.TempDir(), env, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data, "--origin", "ledger.example"}, flags...)...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.kill)
		if g.server, err = p.awaitAddress(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := serve()
	key := strings.TrimSpace(said(t, g.server, exitDone, "log-key"))
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	w, err := launch(t.TempDir(), env, "witness", "--log-key", key, "--data", watch, "--listen", "127.0.0.1:0", "--name", "north.example/witness")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.kill)
	line, err := w.stdout.await(`^((\S+\+\S+) http://\S+)$`)
	if err != nil {
		t.Fatal(err)
	}
	serve("--witness", line[1])

	token, err := os.ReadFile(filepath.Join(data, "operator.token"))
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("truce")
	if err != nil {
		t.Fatal(err)
	}
	g.path = filepath.Dir(program) + ":" + os.Getenv("PATH")
	g.env = append(env, "TOKEN="+strings.TrimSpace(string(token)), "TRUCE_SERVER="+g.server, "PATH="+g.path)
	g.write("ledger.vkey", key+"\n")
	g.write("witness.vkey", line[2]+"\n")
	g.record()
	return g
}

func (g *guide) write(name, text string) {
	g.t.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, name), []byte(text), 0o600); err != nil {
		g.t.Fatal(err)
	}
}

// record puts on the record what the guide speaks of, and exports it.
func (g *guide) record() {
	g.t.Helper()
	for _, name := range []string{"north", "south"} {
		if said, err := g.shell("ssh-keygen -q -t ed25519 -N '' -C " + name + " -f " + name); err != nil {
			g.t.Fatalf("%v: %s", err, said)
		}
	}
	g.write("terms.txt", "No shot is fired.\n")
	keys := map[string]string{}
	for _, name := range []string{"north", "south"} {
		raw, err := os.ReadFile(filepath.Join(g.dir, name+".pub"))
		if err != nil {
			g.t.Fatal(err)
		}
		public, err := signed.ParseKey(string(raw))
		if err != nil {
			g.t.Fatal(err)
		}
		keys[name] = signed.KeyLine(public)
	}
	g.write("begin.yaml", "command: register-actor\nactor: north\nname: North\nkind: state\n---\ncommand: register-actor\nactor: south\nname: South\nkind: armed_group\n---\n"+
		"command: propose\nceasefire: ford\nby: north\nparties: [north, south]\nfrom: 2030-01-02\nlasting: PT48H\nterms: No shot is fired.\noccurred: 2016-05-01T00:00Z\n")
	for _, name := range []string{"north", "south"} {
		g.write(name+".yaml", fmt.Sprintf("command: register-key\nactor: %s\nkey: %s\n", name, keys[name]))
	}
	g.write("agree.yaml", "command: agree\nceasefire: ford\nby: north\noccurred: 2016-05-02T00:00Z\n")
	if said, err := g.shell("truce apply begin.yaml"); err != nil {
		g.t.Fatalf("%v: %s", err, said)
	}
	g.write("kept", awaitHead(g.t, g.server, 4))
	said, err := g.shell(`truce apply --yes --sign-key north north.yaml && truce apply --yes --sign-key south south.yaml
		sleep 1.1 # allowed_signers counts in whole seconds
		truce apply --yes --sign-key north agree.yaml
		truce register-actor observer --name Observer --kind organisation
		SUM=$(truce attachment put terms.txt | cut -d' ' -f1)
		truce attach-evidence ceasefire/ford --by observer --sha256 $SUM --bytes 18 --media-type text/plain --name terms.txt`)
	if err != nil {
		g.t.Fatalf("%v: %s", err, said)
	}
	awaitText := func(path, want string) {
		g.t.Helper()
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			if _, body := fetch(g.t, g.server+path); strings.Contains(body, want) {
				return
			}
		}
		g.t.Fatalf("%s never says %s", path, want)
	}
	awaitText("/v1/entries/9/proof", `"quorum":"reached"`)
	if said, err := g.shell("truce export --bundle bundle --receipt 3 --receipt 7 && cp -r bundle bundle.sound"); err != nil {
		g.t.Fatalf("%v: %s", err, said)
	}
}
