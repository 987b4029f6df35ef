package signed

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// A Key is a public key of an actor, with the times from and until which it stood on the record. Those are the ledger's
// word; the record itself judges keys by sequence.
type Key struct {
	Actor               string
	Public              ssh.PublicKey
	FromTime, UntilTime time.Time
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
