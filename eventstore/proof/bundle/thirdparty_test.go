package bundle_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"truceledger/eventstore/proof/internal/thirdparty"
)

// Tessera's fsck reads the bundle as what it is: a tlog-tiles folder. Its exit code is 0 on failure (v1.0.4), and it may
// hang, so that its line of success is required within a time.
func TestFsckTakesABundleAndNoAlteredOne(t *testing.T) {
	fsck := thirdparty.Install(t, "fsck", "github.com/transparency-dev/tessera/cmd/fsck@v1.0.4")
	f := story(t)
	whole := f.write(nil)
	key := filepath.Join(t.TempDir(), "log.vkey")
	must(t, os.WriteFile(key, []byte(f.key.VerifierKey()+"\n"), 0o600))
	check := func(dir string, limit time.Duration) bool {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		cmd := exec.CommandContext(ctx, fsck, "-storage_url=file://"+dir+"/", "-public_key="+key, "-origin="+f.key.Origin(), "-N=16", "--ui=false")
		out, _ := cmd.CombinedOutput()
		t.Logf("%s", bytes.TrimSpace(out))
		return bytes.Contains(out, []byte("Successfully fsck'd"))
	}
	if !check(whole, time.Minute) {
		t.Error("fsck refuses an honest bundle")
	}
	for name, change := range map[string]func(*testing.T, string){
		"an entry altered": edit("tile/entries/000", flip(50)),
		"a tile altered":   edit("tile/0/000", flip(50)),
		"a head altered":   edit("checkpoint", replace("\n308\n", "\n307\n")),
	} {
		dir := filepath.Join(t.TempDir(), "b")
		must(t, os.CopyFS(dir, os.DirFS(whole)))
		change(t, dir)
		if check(dir, 10*time.Second) {
			t.Errorf("%s: fsck took it", name)
		}
	}
}

// What an auditor without our program does: docs/verifying.md has the same command.
func TestOpensslVerifiesAHead(t *testing.T) {
	openssl := thirdparty.Program(t, "openssl")
	f := story(t)
	text, rest, _ := strings.Cut(string(f.signed[2]), "\n\n")
	line, _, _ := strings.Cut(rest, "\n")
	fields := strings.Fields(line)
	signature, err := base64.StdEncoding.DecodeString(fields[len(fields)-1])
	must(t, err)
	keyFields := strings.SplitN(f.key.VerifierKey(), "+", 3)
	public, err := base64.StdEncoding.DecodeString(keyFields[2])
	must(t, err)
	dir := t.TempDir()
	spki := append([]byte{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00}, public[1:]...)
	for name, data := range map[string][]byte{"key": spki, "sig": signature[4:], "text": []byte(text + "\n"), "forged": []byte(strings.Replace(text, "308", "309", 1) + "\n")} {
		must(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	verify := func(file string) error {
		cmd := exec.Command(openssl, "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-keyform", "DER", "-rawin", "-in", file, "-sigfile", "sig")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		t.Logf("%s", out)
		return err
	}
	if err := verify("text"); err != nil {
		t.Errorf("openssl refuses an honest head: %v", err)
	}
	if verify("forged") == nil {
		t.Error("openssl took a forged head")
	}
}
