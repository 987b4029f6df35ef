package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"truceledger/domain"
	"truceledger/eventstore"
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
	c.RunE = func(c *cobra.Command, files []string) error {
		client, err := p.client()
		if err != nil {
			return err
		}
		a := &application{program: p, send: store(client)}
		err = a.files(c.Context(), files)
		switch {
		case c.Context().Err() != nil:
			return fmt.Errorf("interrupted; %s; run the same again to go on", a.summary())
		case err != nil:
			return fmt.Errorf("%w; %s; %s", err, a.summary(), advice(err))
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
	stored, already int
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
		c, err := d.command("")
		if err != nil {
			return err
		}
		if err := identify(c, equal); err != nil {
			return d.at(err)
		}
		already, err := a.send(ctx, c)
		switch {
		case errors.Is(err, context.Canceled):
			return err
		case err != nil:
			return d.at(a.program.reachable(err))
		case already:
			a.already++
		default:
			a.stored++
		}
	}
	return nil
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
