package browser

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A negotiator signs with ssh-keygen and nothing of ours: takes the bytes from the form, and pastes the signature.
func TestSigningWithOnesOwnKey(t *testing.T) {
	t.Parallel()
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("no ssh-keygen here: install openssh-client to sign as a negotiator does")
	}
	s := start(t, "demo", "--signatures", "when-registered")
	dir := t.TempDir()
	key := filepath.Join(dir, "id_ed25519")
	if out, err := exec.Command(keygen, "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	sign := func(p *tab, name string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(js[string](p, `document.querySelector('[name="statement"]').value`)), 0o600); err != nil {
			t.Fatal(err)
		}
		command := strings.Fields(p.text(".command-line"))
		if len(command) < 8 || command[0] != "ssh-keygen" {
			t.Fatalf("the page says to run %q", command)
		}
		if out, err := exec.Command(keygen, "-Y", "sign", "-n", command[4], "-f", key, file).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		signature, err := os.ReadFile(file + ".sig")
		if err != nil {
			t.Fatal(err)
		}
		return string(signature)
	}

	p := open(t, desk)
	p.signIn(s)
	p.visit(s.url("/act/register-key?lang=en"))
	p.fill("actor", "russia")
	p.fill("key", strings.Join(strings.Fields(string(public))[:2], " "))
	p.click(".command .send-row button")
	p.sees(".reads", "key")
	p.click(`button[value="state"]`)
	p.sees(".words", "To ledger")
	p.fill("signature", sign(p, "register.json"))
	p.click(".sign .send")
	p.sees(".recorded", "On the record as entry")

	p.visit(s.url("/act/reaffirm?lang=en&ceasefire=syria-cessation&by=russia"))
	p.click(".command .send-row button")
	p.sees(".preview .hint", "has a key on the record")
	p.click(`button[value="send"]`)
	p.sees("#f-sign-wrong", "spoken for by its keys only")
	p.sees(".reads", "Russia reaffirmed")
	p.click(`button[value="state"]`)
	p.sees(".words", "Number 2 signed with this key")
	p.axe("the page to sign on")
	p.fill("signature", "-----BEGIN SSH SIGNATURE-----\nbm9uc2Vuc2U=\n-----END SSH SIGNATURE-----\n")
	p.click(".sign .send")
	p.await(`document.querySelector("#f-signature-wrong")?.textContent.length > 10`)
	p.fill("signature", sign(p, "reaffirm.json"))
	p.click(".sign .send")
	p.sees(".recorded", "On the record as entry")
	p.sees(".history .meta", "signed with its author’s key")
	p.sees(".history .proof", "logged")
}

// Who is still to sign in is not told that the connection was lost, only because it may not follow the ledger yet.
func TestTheSignInPageIsQuiet(t *testing.T) {
	t.Parallel()
	s := start(t, "serve")
	p := open(t, desk)
	p.visit(s.url("/login?lang=en"))
	for range 3 { // whatever the page has asked for meanwhile is answered before
		js[bool](p, `fetch("/readyz").then(() => true)`)
	}
	if shown := js[string](p, `[...document.querySelectorAll(".banner")].filter((b) => !b.hidden).map((b) => b.textContent).join()`); shown != "" {
		t.Errorf("it says %q", shown)
	}
	p.quiet()
	p.signIn(s)
	p.await(`document.getElementById("live").classList.contains("on")`) // from then on it follows
	p.quiet()
}
