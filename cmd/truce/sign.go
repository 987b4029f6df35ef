package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"truceledger/domain"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/signed"
)

// signFlags say with which keys a command is signed, and on what terms.
type signFlags struct {
	keys      []string
	logKey    string
	validFor  time.Duration
	partySeq  uint64
	yes       bool
	statement string // the bytes to sign elsewhere, a file
	signature []string
}

// register declares the flags. name is that of the key flag: sign signs anyway, apply only where a key is given.
func (f *signFlags) register(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.keys, "sign-key", nil, "Sign with the key in this `FILE`: a private key, or a .pub file whose other half the SSH agent holds. May be repeated: a new key is registered by itself and an old one.")
	c.Flags().StringVar(&f.logKey, "log-key", "", "Check the head that is signed as seen with this `KEY`, or a file with it, instead of what the server says.")
	c.Flags().DurationVar(&f.validFor, "valid-for", 24*time.Hour, "How long the ledger may take the signed command.")
	c.Flags().Uint64Var(&f.partySeq, "party-seq", 0, "The `number` of the command among those that the key has signed; by default counted on this machine.")
	c.Flags().BoolVarP(&f.yes, "yes", "y", false, "Sign without asking, once the words are shown.")
}

func (p *program) signVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "sign FILE",
		Short:   "Sign a command with one's own SSH key",
		GroupID: groupSend,
		Args:    cobra.ExactArgs(1),
		Long: `Sign the one command in a file, and print it as truce apply sends it. What is signed is first shown in words, with the hash
of the text that is agreed to. The key is a private key file or, as a .pub file, one that the SSH agent holds, hardware keys
too. With --statement the bytes are only written, to be signed by ssh-keygen; --signature puts its signature to them:

  truce sign agree.yaml --statement agree.json
  ssh-keygen -Y sign -n truce-command-v1@LEDGER -f ~/.ssh/id_ed25519 agree.json
  truce sign agree.json --signature agree.json.sig >signed.json`,
		Example: "  truce sign agree.yaml --sign-key ~/.ssh/id_ed25519 >signed.json && truce apply signed.json\n  truce sign agree.yaml --sign-key ~/.ssh/id_ed25519_sk.pub --log-key ledger.vkey",
	}
	f := signFlags{}
	f.register(c)
	c.Flags().StringVar(&f.statement, "statement", "", "Write the bytes to sign to this `FILE`, and sign nothing.")
	c.Flags().StringArrayVar(&f.signature, "signature", nil, "Put the signature in this `FILE` to the statement; may be repeated.")
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(f.signature) > 0 {
			return p.assemble(args[0], f.signature)
		}
		if len(f.keys) == 0 && f.statement == "" {
			return usage("--sign-key is missing: name the key to sign with, or --statement for the bytes alone")
		}
		return p.signFile(c.Context(), f, args[0])
	}
	return c
}

// signFile signs the one command of a file.
func (p *program) signFile(ctx context.Context, f signFlags, file string) error {
	var commands []domain.Command
	for d, err := range p.documents(file) {
		if err != nil {
			return err
		}
		c, err := d.command("")
		if err == nil {
			err = identify(c, map[string]int{})
		}
		if err != nil {
			return err
		}
		commands = append(commands, c)
	}
	if len(commands) != 1 {
		return usage("%s holds %d commands: sign one at a time, so that each is read; truce apply --sign-key takes many", file, len(commands))
	}
	s, err := p.openSigning(ctx, f)
	if err != nil {
		return err
	}
	defer s.close()
	if f.statement != "" {
		return s.write(ctx, commands[0], f.statement)
	}
	e, err := s.sign(ctx, commands[0])
	if err != nil {
		return err
	}
	return p.printEnvelope(e)
}

func (p *program) printEnvelope(e signed.Envelope) error {
	raw, err := e.Marshal()
	if err != nil {
		return err
	}
	return p.printRaw(raw)
}

// assemble joins a statement and what ssh-keygen made of it.
func (p *program) assemble(statement string, signatures []string) error {
	raw, err := os.ReadFile(statement)
	if err != nil {
		return usageError{err}
	}
	var texts []string
	for _, name := range signatures {
		text, err := os.ReadFile(name)
		if err != nil {
			return usage("--signature: %w", err)
		}
		texts = append(texts, string(text))
	}
	e, err := signed.Assemble(raw, texts...)
	if err != nil {
		return usage("%s: %w", statement, err)
	}
	return p.printEnvelope(e)
}

// write puts the statement into a file and says how to sign it.
func (s *signing) write(ctx context.Context, c domain.Command, file string) error {
	statement, err := s.statement(ctx, c, max(1, s.partySeq))
	if err != nil {
		return err
	}
	raw, words, err := signed.Bytes(statement)
	if err != nil {
		return err
	}
	fmt.Fprint(s.p.stderr, words)
	fmt.Fprintf(s.p.stderr, "Sign it with: ssh-keygen -Y sign -n %s -f KEY %s\n", signed.Namespace(s.ledger), file)
	return proof.WriteFile(file, raw, 0o600)
}

// consent shows the words and asks. What nobody has read nobody should sign.
func (s *signing) consent(words string) error {
	fmt.Fprint(s.p.stderr, words)
	if s.yes {
		return nil
	}
	fmt.Fprint(s.p.stderr, "Sign this? [y/N] ")
	answer, _ := s.answers.ReadString('\n')
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return usage("nothing was signed: answer y, or give --yes")
	}
	return nil
}
