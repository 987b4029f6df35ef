package eventstore

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"truceledger/domain"
	"truceledger/eventstore/proof/signed"
)

// A storedCommand is a command as it stands in an entry: its fields, or, where a party has signed it, the very bytes that
// were signed. Those hold the command; there is no decoded copy beside them that could say something else.
type storedCommand struct {
	command domain.Command
	signed  *signed.Envelope
	ledger  string // for which it was signed
}

func readStored(d *jsontext.Decoder, c *storedCommand) (err error) {
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(raw, []byte(`{"signed":`)) {
		c.command, err = decodeCommand("", raw)
		return err
	}
	envelope, err := signed.ParseEnvelope(raw)
	if err != nil {
		return err
	}
	s, err := signed.ParseStatement(envelope.Signed)
	if err != nil {
		return err
	}
	c.signed, c.ledger = &envelope, s.Ledger
	c.command, err = decodeCommand("", s.Command)
	return err
}

func writeStored(e *jsontext.Encoder, c storedCommand) error {
	if c.signed != nil {
		return json.MarshalEncode(e, c.signed)
	}
	return json.MarshalEncode(e, &c.command)
}
