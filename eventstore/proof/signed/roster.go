package signed

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// A Key is a public key as the record has it, for one actor. It is judged by sequences, not by clocks: From is the entry
// that registered it, Until the one that revoked it or put another in its place, 0 while it stands.
type Key struct {
	Actor  string
	Public ssh.PublicKey
	From   uint64
	Until  uint64
	// The times of those entries, by the running maximum of recorded_at: for allowed_signers only.
	FromTime, UntilTime time.Time
	// CompromisedSince is the sequence from which on what the key signed is disputed, 0 for none.
	CompromisedSince uint64
}

// Stands reports whether the key may sign an entry that has read the log up to readTo.
func (k Key) Stands(readTo uint64) bool {
	return k.From <= readTo && (k.Until == 0 || k.Until > readTo)
}

// AllowedSigners writes the keys as an OpenSSH allowed_signers file, so that ssh-keygen -Y verify can check each signed
// command with -Overify-time. It is derived: the record is what counts. In it a validity is a span of time, so that what
// happened within one second cannot be told apart.
func AllowedSigners(ledger string, keys []Key) string {
	var b strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&b, "%s namespaces=\"%s\"", k.Actor, Namespace(ledger))
		if !k.FromTime.IsZero() {
			fmt.Fprintf(&b, ",valid-after=\"%s\"", stamp(k.FromTime))
		}
		if !k.UntilTime.IsZero() {
			fmt.Fprintf(&b, ",valid-before=\"%s\"", stamp(k.UntilTime))
		}
		fmt.Fprintf(&b, " %s\n", KeyLine(k.Public))
	}
	return b.String()
}

// stamp is a time as OpenSSH reads it, in UTC.
func stamp(t time.Time) string { return t.UTC().Format("20060102150405Z") }
