package proof

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// publicPart derives the verifier key from a private key of package note, which has no function for it: the private key
// is PRIVATE+KEY+<name>+<hash>+<base64 of algorithm and seed>.
func publicPart(skey string) (string, error) {
	fields := strings.SplitN(skey, "+", 5)
	if len(fields) != 5 {
		return "", fmt.Errorf("%w: it is cut short", ErrKeyFile)
	}
	raw, err := base64.StdEncoding.DecodeString(fields[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return "", fmt.Errorf("%w: it is cut short", ErrKeyFile)
	}
	public := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	text, err := note.NewEd25519VerifierKey(fields[2], public)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrKeyFile, err)
	}
	return text, nil
}
