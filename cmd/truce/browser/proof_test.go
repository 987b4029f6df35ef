package browser

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A reader has the page of a proposal open while the last consent comes, and sees the agreement's proof grow on it, without a
// reload: logged by the ledger, cosigned by a witness that runs elsewhere, the quorum reached. A witness that is away leaves it
// at logged, and the page goes on when it is back.
func TestAnAgreementsProofGrowsOnThePage(t *testing.T) {
	t.Parallel()
	s := start(t, "serve")
	key, err := exec.Command(shared.binary, "log-key", "--data", s.dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	s.command(t, "register-actor", `{"actor":"north","name":"North","kind":"state"}`)
	s.command(t, "register-actor", `{"actor":"south","name":"South","kind":"armed_group"}`)
	s.command(t, "propose", `{"ceasefire":"ford","title":"Truce at the Ford","by":"north","parties":["north","south"],"from":"2016-05-05T00:00Z","lasting":"PT48H","occurred":"2016-05-01T00:00Z"}`)
	s.command(t, "agree", `{"ceasefire":"ford","by":"north","occurred":"2016-05-02T00:00Z"}`)
	s.down()
	folder := filepath.Join(t.TempDir(), "witness")
	line, stop := startWitness(t, "127.0.0.1:0", folder, strings.TrimSpace(string(key)))
	s.flags = []string{"--witness", line}
	if err := s.up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.down)

	p := open(t, desk)
	p.signIn(s)
	p.mu.Lock()
	p.bad = nil // the page to sign in on asks for the stream, which is refused
	p.mu.Unlock()
	p.visit(s.url("/ceasefires/ford?lang=en"))
	p.sees(".history .proof", "quorum reached")
	if said := p.text(".agreement-proof"); said != "" {
		t.Errorf("nothing is agreed, and its proof is shown: %s", said)
	}
	js[bool](p, `window.unmoved = true`)
	s.command(t, "agree", `{"ceasefire":"ford","by":"south","occurred":"2016-05-03T00:00Z"}`)
	p.sees(".agreement-proof", "quorum reached")
	p.sees(".agreement-proof", "cosigned by delegation.example/witness")
	p.axe("the page of an agreement with its proof")
	if js[bool](p, `Boolean(document.querySelector("[data-proof=growing]"))`) {
		t.Error("the page goes on asking for what has come")
	}

	stop()
	s.command(t, "extend", `{"ceasefire":"ford","by":"north","lasting":"PT24H","occurred":"2016-05-05T12:00Z"}`)
	p.await(`[...document.querySelectorAll(".history .proof")].at(-1)?.innerText.startsWith("logged · proof")`)
	address := strings.TrimSuffix(strings.TrimPrefix(strings.Fields(line)[1], "http://"), "/")
	startWitness(t, address, folder, strings.TrimSpace(string(key)))
	p.await(`[...document.querySelectorAll(".history .proof")].every((e) => e.innerText.includes("quorum reached"))`)
	if !js[bool](p, `window.unmoved === true`) {
		t.Error("the page was loaded again")
	}
	for lang, words := range map[string][]string{
		"ar": {"إثبات هذا الاتفاق", "اكتمل النصاب"}, "fr": {"Preuve de cet accord", "quorum atteint"}, "ru": {"Доказательство этого соглашения", "кворум достигнут"},
	} {
		p.visit(s.url("/ceasefires/ford?lang=" + lang))
		for _, w := range words {
			p.sees(".agreement-proof", w)
		}
		p.axe("the proof of an agreement in " + lang)
	}
	p.quiet()
}

// startWitness runs truce witness, and returns the line that it prints for the operator.
func startWitness(t *testing.T, listen, folder, key string) (line string, stop func()) {
	t.Helper()
	cmd := exec.Command(shared.binary, "witness", "--log-key", key, "--data", folder, "--listen", listen, "--name", "delegation.example/witness")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			_ = cmd.Process.Signal(os.Interrupt)
			_ = cmd.Wait()
		}
	}
	t.Cleanup(stop)
	if line, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("the witness says nothing: %v", err)
	}
	return strings.TrimSpace(line), stop
}
