package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"truceledger/api/client"
	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/proof/signed"
)

func (p *program) applyVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "apply FILE...",
		Short:   "Send the commands of files in order",
		GroupID: groupSend,
		Args:    cobra.MinimumNArgs(1),
		Long: `Send the commands of files in order: YAML with "---" between documents (.yaml, .yml), one JSON object, a list of them or
one a line (.json, .jsonl); - reads standard input. It stops at the first no and says where and why; what came before
stays stored. Mend the file and run it again: nothing is stored twice. A document without command_id gets one that follows
from its content and from how many equal documents of the file stand before it.`,
		Example: "  truce apply record.yaml\n  truce apply actors.yaml places.yaml - <reports.jsonl",
	}
	p.clientFlags(c)
	f := signFlags{}
	f.register(c)
	c.RunE = func(c *cobra.Command, files []string) error {
		client, err := p.client()
		if err != nil {
			return err
		}
		a := &application{program: p, send: store(client), sendSigned: client.SendSigned}
		if len(f.keys) > 0 {
			s, err := p.openSigning(c.Context(), f)
			if err != nil {
				return err
			}
			defer s.close()
			a.sign = s.sign
		}
		err = a.files(c.Context(), files)
		a.hints.tellZones(p)
		switch {
		case c.Context().Err() != nil:
			return fmt.Errorf("interrupted; %s; run the same again to go on", a.summary())
		case err != nil:
			return fmt.Errorf("%w; %s; %s", err, a.summary(), advice(err))
		}
		if a.stored+a.already == 0 {
			fmt.Fprintf(p.stderr, "truce: no command in %s\n", strings.Join(files, ", "))
		}
		_, err = fmt.Fprintln(p.stdout, a.summary())
		return err
	}
	return c
}

// An application is one run over files.
type application struct {
	program *program
	// send puts one command on the record; already says that it was there before.
	send            func(context.Context, domain.Command) (already bool, err error)
	sendSigned      func(ctx context.Context, verb string, e signed.Envelope) (client.Accepted, error)
	sign            func(context.Context, domain.Command) (signed.Envelope, error) // nil where nothing is signed here
	stored, already int
	hints           fileHints
}

// advice is what to do after err stopped a file.
func advice(err error) string {
	if exitCode(err) == exitFailed {
		return "run the same again to go on"
	}
	return "mend it and run the same again"
}

func (a *application) summary() string {
	s := fmt.Sprintf("%d stored", a.stored)
	if a.already > 0 {
		s += ", " + strconv.Itoa(a.already) + " there already"
	}
	return s
}

func (a *application) files(ctx context.Context, files []string) error {
	for _, file := range files {
		if err := a.documents(ctx, a.program.documents(file)); err != nil {
			return err
		}
	}
	return nil
}

// documents sends the commands of one file. What is equal to an earlier document of the same file is another command, by
// its count; the same document in another file, or in another run, is the same command.
func (a *application) documents(ctx context.Context, documents func(func(document, error) bool)) error {
	equal := map[string]int{}
	for d, err := range documents {
		if err != nil {
			return err
		}
		already, err := a.document(ctx, d, equal)
		switch {
		case errors.Is(err, context.Canceled):
			return err
		case err != nil:
			return err
		case already:
			a.already++
		default:
			a.stored++
			a.hints.note(a.program, d)
		}
	}
	return nil
}

// document sends one document: a command as it is or signed here, or one that was signed before.
func (a *application) document(ctx context.Context, d document, equal map[string]int) (already bool, err error) {
	if e, err := signed.ParseEnvelope(d.body); err == nil {
		already, err = a.envelope(ctx, e)
		return already, a.at(d, err)
	}
	c, err := d.command("")
	if err != nil {
		return false, err
	}
	derived := c.Head().CommandID == ""
	if err := identify(c, equal); err != nil {
		return false, d.at(err)
	}
	if a.sign == nil {
		already, err = a.send(ctx, c)
		return already, a.at(d, err)
	}
	e, err := a.sign(ctx, c)
	if err == nil {
		already, err = a.envelope(ctx, e)
	}
	var no *client.Problem
	if derived && errors.As(err, &no) && no.Code == eventstore.ErrCommandIDUsed.Code() {
		return true, nil // the id follows from the content: it was signed and stored in an earlier run, at another hour
	}
	return already, a.at(d, err)
}

// at says where a document stands whose command was not stored.
func (a *application) at(d document, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return d.at(a.program.reachable(err))
}

// envelope sends a signed command under the verb that was signed.
func (a *application) envelope(ctx context.Context, e signed.Envelope) (already bool, err error) {
	s, err := signed.ParseStatement(e.Signed)
	if err != nil {
		return false, usageError{err}
	}
	c, err := eventstore.DecodeCommand("", s.Command)
	if err != nil {
		return false, usageError{err}
	}
	answer, err := a.sendSigned(ctx, c.Verb(), e)
	return answer.Replayed, err
}

// applySpace is the name space of the ids that documents without one get. Changing it would store every file again.
var applySpace = uuid.MustParse("3f6d1c4e-9f5e-5b1b-8a44-6d2f2b1d7c90")

// identify gives a command without an id one that follows from its content and from how many equal ones came before. The
// version that the caller has seen is no part of the content: a file may be mended there.
func identify(c domain.Command, equal map[string]int) error {
	h := c.Head()
	if h.CommandID != "" {
		return nil
	}
	expect := h.Expect
	h.Expect = nil
	content, err := eventstore.EncodeCommand(c)
	h.Expect = expect
	if err != nil {
		return err
	}
	equal[string(content)]++
	name := strconv.Itoa(equal[string(content)]) + "\x00" + string(content)
	h.CommandID = uuid.NewSHA1(applySpace, []byte(name)).String()
	return nil
}
