package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"truceledger/domain"
	"truceledger/eventstore/blobs"
)

func (p *program) secretVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "secret",
		Short:   "Seal a witness's name or another value that must not stand in the log, read one, check one",
		GroupID: groupSend,
		Long: `A sealed value is kept encrypted in the server's vault. A command holds its commitment (--witness, --contact,
--exact-place), from which nobody can guess it. Each reading is put on the record; truce destroy-secret destroys the key. Whoever
keeps the value and the key that sealing answers can show for ever what was committed to: truce secret check.`,
		Example: "  truce secret put <name.txt\n  truce secret read hmac-sha256:... --record incident/hospital-strike --reason \"to arrange an interview\"",
	}
	c.AddCommand(p.secretPut(), p.secretRead(), p.secretCheck())
	return c
}

func (p *program) secretPut() *cobra.Command {
	c := &cobra.Command{
		Use:   "put [FILE]",
		Short: "Seal what a file or standard input holds, and print its commitment and key",
		Args:  cobra.MaximumNArgs(1),
		Long: `Seal what a file or standard input holds, without the line's end that closes it. There is no flag for the value: what stands on a
command line is kept in histories and seen by other users of the machine. The key is shown this once.

With --point and --within-km an exact place is sealed, and the square of the grid that everybody may know is printed, for
--near-point and --near-within-km of a command.`,
		Example: "  truce secret put <name.txt\n  truce secret put --point --within-km 10 <place.json",
	}
	point := c.Flags().Bool("point", false, "The input is a point, [longitude, latitude] in degrees.")
	within := c.Flags().Float64("within-km", 0, "With --point: how coarsely the place may be known, the side of a square in `km`, from 1 to 500.")
	out := p.outputFlag(c)
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		value, err := p.secretInput(args)
		if err != nil {
			return err
		}
		body, err := sealBody(value, *point, *within)
		if err != nil {
			return err
		}
		asked, err := p.client()
		if err != nil {
			return err
		}
		s, err := asked.Seal(c.Context(), body)
		switch {
		case err != nil:
			return err
		case *out == outputJSON:
			return p.printJSON(s)
		}
		fmt.Fprintf(p.stdout, "commitment  %s\nkey         %s\n", s.Commitment, s.Key)
		if s.Near != nil {
			fmt.Fprintf(p.stdout, "near        --near-point %v,%v --near-within-km %v\n", s.Near.Point[0], s.Near.Point[1], s.Near.WithinKm)
		}
		return nil
	}
	return c
}

// sealBody is the request. Its errors repeat nothing of the value.
func sealBody(value []byte, isPoint bool, within float64) (any, error) {
	if !isPoint {
		if within != 0 {
			return nil, usage("--within-km goes with --point")
		}
		return map[string]any{"value": string(value)}, nil
	}
	var point []float64
	if json.Unmarshal(value, &point) != nil || len(point) != 2 {
		return nil, usage("--point: the input must be [longitude, latitude] in degrees")
	}
	if within == 0 {
		return nil, usage("--point needs --within-km: how coarsely may everybody know the place?")
	}
	return map[string]any{"point": point, "within_km": within}, nil
}

// secretInput reads a value from a file, or from standard input.
func (p *program) secretInput(args []string) (value []byte, err error) {
	if len(args) == 0 || args[0] == "-" {
		value, err = io.ReadAll(io.LimitReader(p.stdin, blobs.MostSecretBytes+2))
	} else {
		value, err = os.ReadFile(args[0])
	}
	if err != nil {
		return nil, usageError{err}
	}
	value = bytes.TrimSuffix(bytes.TrimSuffix(value, []byte("\n")), []byte("\r"))
	if len(value) == 0 {
		return nil, usage("there is nothing to read: give the value in a file or on standard input")
	}
	return value, nil
}

func (p *program) secretRead() *cobra.Command {
	c := &cobra.Command{
		Use:     "read COMMITMENT",
		Short:   "Read a sealed value; that you did is put on the record first",
		Args:    cobra.ExactArgs(1),
		Example: "  truce secret read hmac-sha256:... --record incident/hospital-strike --reason \"to arrange an interview\"",
	}
	record := c.Flags().String("record", "", "The record that holds it, `KIND/ID`. Required.")
	reason := c.Flags().String("reason", "", "What for. Required.")
	by := c.Flags().String("by", "", "The `actor` that you speak for, if any.")
	out := p.outputFlag(c)
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if *record == "" || *reason == "" {
			return usage("--record and --reason are required: both stand on the record")
		}
		asked, err := p.client()
		if err != nil {
			return err
		}
		s, err := asked.ReadSecret(c.Context(), args[0], *record, *reason, *by)
		switch {
		case err != nil:
			return err
		case *out == outputJSON:
			return p.printJSON(s)
		}
		_, err = fmt.Fprintln(p.stdout, visible(s.Value))
		return err
	}
	return c
}

func (p *program) secretCheck() *cobra.Command {
	c := &cobra.Command{
		Use:   "check COMMITMENT [FILE]",
		Short: "Check, without any server, that a commitment is to a value",
		Args:  cobra.RangeArgs(1, 2),
		Long: `Check that a commitment is to what a file or standard input holds, under a key: HMAC-SHA-256 of the value. Exit code 0 when it is,
6 when it is not.`,
		Example: "  truce secret check hmac-sha256:... --key-file key.txt <name.txt",
	}
	file := c.Flags().String("key-file", "", "The `FILE` with the key in hex, as sealing or reading answered it. Required.")
	c.RunE = func(_ *cobra.Command, args []string) error {
		if !domain.IsCommitment(args[0]) {
			return usage("the commitment must be hmac-sha256: and 64 hexadecimal digits")
		}
		text, err := os.ReadFile(*file)
		if err != nil {
			return usage("--key-file: %w", err)
		}
		key, err := hex.DecodeString(string(bytes.TrimSpace(text)))
		if err != nil || len(key) != 32 {
			return usage("--key-file: the key must be 64 hexadecimal digits")
		}
		value, err := p.secretInput(args[1:])
		if err != nil {
			return err
		}
		if !blobs.Opens(args[0], key, value) {
			return unverifiedError{errors.New("the commitment is not to this value under this key")}
		}
		_, err = fmt.Fprintln(p.stdout, "the commitment is to this value")
		return err
	}
	return c
}
