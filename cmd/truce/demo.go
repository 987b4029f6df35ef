package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"truceledger/cmd/truce/demo"
	"truceledger/domain"
	"truceledger/eventstore"
)

func (p *program) demoVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "demo",
		Short:   "Serve the Aleppo record of April-May 2016, to look around",
		GroupID: groupServe,
		Args:    cobra.NoArgs,
		Long: `Serve a throw-away ledger that holds the Aleppo record of April-May 2016, until Ctrl-C. It takes the flags of serve. With
--data DIR the ledger is kept there; the record is loaded into it once. Everybody on this machine may read it; to write,
truce finds the token by itself where the same user calls it, and the page asks for it.`,
		Example: "  truce demo\n  truce demo --data ./aleppo --listen 127.0.0.1:0",
	}
	s := p.settingsFlags(c, "")
	s.access.open = true
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := p.fromEnvironment(c); err != nil {
			return err
		}
		if !isLoopback(s.listen) {
			return usage("--listen %s: the demonstration is for this machine only: use 127.0.0.1, [::1] or localhost", s.listen)
		}
		if err := s.check(); err != nil {
			return err
		}
		return p.demo(c.Context(), s, c.Flags().Changed("listen"))
	}
	return c
}

// demo serves the demonstration. Where the default port is taken, and no other was asked for, it takes a free one.
func (p *program) demo(ctx context.Context, s *settings, listenGiven bool) error {
	if s.data == "" {
		dir, err := os.MkdirTemp("", "truce-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		s.data = dir
	}
	s.built = [][]byte{demo.Governorates}
	how := service{load: p.loadRecord, ready: p.invite}
	err := p.serve(ctx, s, how)
	if taken := takenError(""); errors.As(err, &taken) && !listenGiven {
		s.listen = "127.0.0.1:0"
		err = p.serve(ctx, s, how)
	}
	return err
}

// loadRecord puts the record on a ledger that does not hold it yet, on the way of truce apply. A load that was cut off
// goes on where it stopped; a ledger that holds something else is left alone.
func (p *program) loadRecord(ctx context.Context, n *node) error {
	commands, err := p.recordCommands()
	if err != nil {
		return err
	}
	last, err := n.log.Last(ctx)
	switch {
	case err != nil:
		return err
	case last > uint64(len(commands)):
		return nil // loaded before
	case last > 1:
		if err := n.models.WaitFor(ctx, last); err != nil {
			return err
		}
		if _, ours := n.models.FindCommand(ctx, localPrincipal, commands[0].Head().CommandID); !ours {
			return fmt.Errorf("the ledger holds another record than the demonstration's: take an empty folder with --data")
		}
	}
	for i, c := range commands {
		if _, err := n.ledger.Execute(ctx, eventstore.Request{Command: c, Principal: localPrincipal}); err != nil {
			return fmt.Errorf("load the record, command %d (%s): %w", i+1, c.Verb(), err)
		}
	}
	return nil
}

// recordCommands reads the record, each command with the id that truce apply would give it.
func (p *program) recordCommands() ([]domain.Command, error) {
	files, err := fs.Glob(demo.Record, "*.yaml") // in lexical order
	if err != nil {
		return nil, err
	}
	var commands []domain.Command
	for _, file := range files {
		text, err := demo.Record.ReadFile(file)
		if err != nil {
			return nil, err
		}
		equal := map[string]int{}
		for d, err := range yamlDocuments(file, text) {
			if err != nil {
				return nil, err
			}
			c, err := d.command("")
			if err == nil {
				err = identify(c, equal)
			}
			if err != nil {
				return nil, err
			}
			commands = append(commands, c)
		}
	}
	return commands, nil
}

// invite says where to look.
func (p *program) invite(url string) {
	server := ""
	if url != defaultServer {
		server = " --server " + url
	}
	fmt.Fprintf(p.stdout, `The Aleppo record of April-May 2016 is served at %s/ until you press Ctrl-C.
Reading needs no token. To write from its page, sign in with the token in
  %s
Three things to try in another terminal:

  %[3]s list --effective-at 2016-05-04T12:00:00+03:00%[4]s
  %[3]s history ceasefire/aleppo-silence%[4]s
  %[3]s agree aleppo-silence --by nusra-front%[4]s
`, url, p.firstToken, calledAs(os.Args[0]), server)
}

// calledAs is how a reader starts this program again in the same folder. What go run made has a name that is gone or that
// nobody would type.
func calledAs(name string) string {
	if strings.Contains(filepath.ToSlash(name), "/go-build") {
		return "go run ./cmd/truce"
	}
	return name
}
