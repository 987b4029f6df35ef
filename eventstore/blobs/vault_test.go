package blobs

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const witness = "Amal Haddad, +963 11 123 4567"

func vault(t *testing.T, dir string) *Vault {
	t.Helper()
	v, err := OpenVault(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sealed(t *testing.T, v *Vault, value, once string) Secret {
	t.Helper()
	s, err := v.Seal([]byte(value), "desk", once)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestASealedValueIsReadAgainAndStandsNowhereInClear(t *testing.T) {
	dir := t.TempDir()
	v := vault(t, dir)
	s := sealed(t, v, witness, "")
	got, err := vault(t, dir).Open(s.Commitment) // after a start
	if err != nil || string(got.Value) != witness || got.By != "desk" || !bytes.Equal(got.Key, s.Key) {
		t.Fatalf("got %v, %v", got, err)
	}
	if !Opens(s.Commitment, got.Key, []byte(witness)) || Opens(s.Commitment, got.Key, []byte("Amal")) {
		t.Error("the commitment does not open to the value, or to another one")
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte("Amal")) || bytes.Contains(data, s.Key) {
			t.Errorf("%s holds it in clear", path)
		}
		if info, _ := d.Info(); info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheSameValueIsCommittedToAnewEachTime(t *testing.T) {
	v := vault(t, t.TempDir())
	if a, b := sealed(t, v, witness, ""), sealed(t, v, witness, ""); a.Commitment == b.Commitment {
		t.Error("two commitments to one name are equal: whoever knows one report of a witness finds the others")
	}
}

func TestLengthsTellLittle(t *testing.T) {
	dir := t.TempDir()
	v := vault(t, dir)
	size := func(value string) int64 {
		info, err := os.Stat(filepath.Join(v.values(), name(sealed(t, v, value, "").Commitment)))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	if short, long := size("Li"), size("Maria-Magdalena von Hohenzollern"); short != long {
		t.Errorf("a short name takes %d bytes, a long one %d", short, long)
	}
}

func TestARepeatedUploadAnswersTheSame(t *testing.T) {
	v := vault(t, t.TempDir())
	first := sealed(t, v, witness, "k1")
	if again := sealed(t, v, witness, "k1"); again.Commitment != first.Commitment {
		t.Error("the repetition left a second copy behind")
	}
	if _, err := v.Seal([]byte("another"), "desk", "k1"); !errors.Is(err, ErrKeyUsed) {
		t.Errorf("got %v", err)
	}
	if other, err := v.Seal([]byte(witness), "somebody", "k1"); err != nil || other.Commitment == first.Commitment {
		t.Errorf("another caller's key is its own: %v", err)
	}
	if err := v.Destroy(first.Commitment); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Seal([]byte(witness), "desk", "k1"); !errors.Is(err, ErrDestroyed) {
		t.Errorf("got %v: a retry must not bring back what was destroyed", err)
	}
}

func TestADestroyedKeyIsGone(t *testing.T) {
	dir := t.TempDir()
	v := vault(t, dir)
	s, other := sealed(t, v, witness, ""), sealed(t, v, "stays", "")
	for range 2 {
		if err := v.Destroy(s.Commitment); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := v.Open(s.Commitment); !errors.Is(err, ErrMissing) || v.HasSecret(s.Commitment) {
		t.Errorf("got %v", err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*", name(s.Commitment)))
	if len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if _, err := v.Open(other.Commitment); err != nil {
		t.Errorf("another secret: %v", err)
	}
	if !Opens(s.Commitment, s.Key, []byte(witness)) {
		t.Error("who holds value and key can no longer show what was committed to")
	}
}

// Whatever byte a disk changes: an error that names the file and holds nothing of the value, or the value itself.
func TestDamageIsFoundAndNamed(t *testing.T) {
	dir := t.TempDir()
	v := vault(t, dir)
	s := sealed(t, v, witness, "")
	for _, path := range []string{filepath.Join(v.keys(), name(s.Commitment)), filepath.Join(v.values(), name(s.Commitment))} {
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(good); i += 7 {
			bad := bytes.Clone(good)
			bad[i] ^= 0x10
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			var damaged *DamagedError
			if got, err := v.Open(s.Commitment); !errors.As(err, &damaged) || damaged.Path != path || strings.Contains(err.Error(), "Amal") {
				t.Fatalf("%s, byte %d: got %q, %v", path, i, got.Value, err)
			}
		}
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(v.values(), name(s.Commitment))); err != nil {
		t.Fatal(err)
	}
	var damaged *DamagedError
	if _, err := v.Open(s.Commitment); !errors.As(err, &damaged) {
		t.Errorf("a missing value passes for a destroyed one: %v", err)
	}
}

func TestALostIdentityIsNotMadeAnew(t *testing.T) {
	dir := t.TempDir()
	sealed(t, vault(t, dir), witness, "")
	if err := os.Remove(filepath.Join(dir, "identity")); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenVault(dir, ""); err == nil || !strings.Contains(err.Error(), "identity") {
		t.Errorf("got %v", err)
	}
}

func TestSweepFinishesWhatACrashInterrupted(t *testing.T) {
	dir := t.TempDir()
	v := vault(t, dir)
	destroyed, kept, keyless := sealed(t, v, "a", ""), sealed(t, v, "b", ""), sealed(t, v, "c", "")
	if err := os.Remove(filepath.Join(v.keys(), name(keyless.Commitment))); err != nil {
		t.Fatal(err)
	}
	if err := v.Sweep(func(c string) bool { return c == destroyed.Commitment }); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*s", "*"))
	if len(left) != 2 || v.HasSecret(destroyed.Commitment) || !v.HasSecret(kept.Commitment) {
		t.Errorf("left: %v", left)
	}
}

// What a disk has changed is named without anybody having asked for it, and nothing that is sound is.
func TestAnInspectionNamesWhatIsDamaged(t *testing.T) {
	dir := t.TempDir()
	v := vault(t, dir)
	sealed(t, v, witness, "first")
	sealed(t, v, "another", "second")
	files, err := OpenFiles(filepath.Join(dir, "files"), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one text", "another text"} {
		if _, err := files.Put(strings.NewReader(text), "text/plain"); err != nil {
			t.Fatal(err)
		}
	}
	inspect := func() (found []string) {
		report := func(err error) { found = append(found, err.Error()) }
		files.Inspect(t.Context(), report)
		v.Inspect(t.Context(), report)
		return found
	}
	if found := inspect(); len(found) != 0 {
		t.Fatalf("nothing is damaged, and it says %v", found)
	}
	for _, pattern := range []string{"keys/*", "values/*", "uploads/*", "files/sha256/*/*/*"} {
		all, _ := filepath.Glob(filepath.Join(dir, pattern))
		if len(all) != 2 {
			t.Fatalf("%s: got %v, want two files", pattern, all)
		}
		sound, err := os.ReadFile(all[0])
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(sound); at += 11 {
			damaged := bytes.Clone(sound)
			damaged[at] ^= 1
			if err := os.WriteFile(all[0], damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			if found := inspect(); len(found) != 1 || !strings.Contains(found[0], filepath.Base(all[0])) {
				t.Fatalf("%s, byte %d: got %v, want the one file that is damaged", all[0], at, found)
			}
		}
		if err := os.WriteFile(all[0], sound, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Another commitment in the place of the one that was kept would look like a secret that was destroyed.
func TestADamagedUploadIsNoDestroyedSecret(t *testing.T) {
	dir := t.TempDir()
	v := vault(t, dir)
	s := sealed(t, v, witness, "once")
	all, _ := filepath.Glob(filepath.Join(dir, "uploads", "*"))
	content, err := os.ReadFile(all[0])
	if err != nil {
		t.Fatal(err)
	}
	content[len("hmac-sha256:")] ^= 1
	if err := os.WriteFile(all[0], content, 0o600); err != nil {
		t.Fatal(err)
	}
	var damaged *DamagedError
	if _, err := v.Seal([]byte(witness), "desk", "once"); !errors.As(err, &damaged) || damaged.Path != all[0] {
		t.Errorf("got %v, want a DamagedError that names %s", err, all[0])
	}
	if err := os.WriteFile(all[0], []byte(s.Commitment), 0o600); err != nil { // as it was written once
		t.Fatal(err)
	}
	if again := sealed(t, v, witness, "once"); again.Commitment != s.Commitment {
		t.Errorf("got %s, want %s", again.Commitment, s.Commitment)
	}
}
