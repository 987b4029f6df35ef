package projections

import (
	"fmt"

	"truceledger/domain"
)

// materialPhrases tell of a record's files, sealed values and readers.
var materialPhrases = map[string]phrase{
	"attach-evidence": say(func(t *teller, c *domain.AttachEvidence, events []domain.Event) string {
		text := fmt.Sprintf("received the file %s…, %d bytes of %s", c.SHA256[:min(12, len(c.SHA256))], c.Bytes, c.MediaType)
		if c.Name != "" {
			text += ", called “" + c.Name + "”"
		}
		if c.Collector != "" {
			text += ", from " + c.Collector
		}
		return t.actorName(c.By) + " " + text + on(c, events) + because(c.Method)
	}),
	"transfer-evidence": say(func(t *teller, c *domain.TransferEvidence, events []domain.Event) string {
		file := " the file " + c.SHA256[:min(12, len(c.SHA256))] + "…"
		did := map[domain.CustodyAct]string{
			domain.Handover: "handed" + file + " over to ", "copy": "gave a copy of" + file + " to ", "examination": "let" + file + " be examined by ",
		}[c.Act]
		return t.actorName(c.By) + " " + did + t.actorName(c.To) + on(c, events) + because(c.Reason)
	}),
	"read-secret": say(func(t *teller, c *domain.ReadSecret, events []domain.Event) string {
		return t.did(c.By, "read", "Somebody read") + " the sealed value " + shortly(c.Secret) + on(c, events) + because(c.Reason)
	}),
	"destroy-secret": say(func(t *teller, c *domain.DestroySecret, events []domain.Event) string {
		return t.did(c.By, "had", "Somebody had") + " the key of the sealed value " + shortly(c.Secret) + " destroyed" + on(c, events) +
			", by " + within(c.LegalBasis) + because(c.Reason)
	}),
	"share": say(func(t *teller, c *domain.Share, events []domain.Event) string {
		added, _ := domain.AddedBy(events) // not who is named and knew of it already
		return t.did(c.By, "shared", "Somebody shared") + " " + t.this(c.Target()) + " with " + t.actorNames(added) + on(c, events) + because(c.Reason)
	}),
}

// shortly is enough of a commitment to find it again.
func shortly(c domain.Sealed) string { return string(c[:min(24, len(c))]) + "…" }
