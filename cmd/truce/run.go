package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// A program is one run of truce: what it was given, and where it may write.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            func(string) string

	began      bool   // the verb itself runs: errors before that are bad usage
	server     string // of the flags that verbs share
	tokenFile  string
	dataNamed  string // the data folder of the server that is asked, where a flag names it
	firstToken string // of a server that runs in this process, a file
}

// run is the program: it carries out args and returns the exit code. Tests call it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env func(string) string) int {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr, env: env}
	root := p.root()
	root.SetArgs(args)
	c, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return exitDone
	case !p.began:
		err = usage("%w; %s --help tells more", err, c.CommandPath())
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitFailed // by Ctrl-C: whoever pressed it knows
	}
	fmt.Fprintf(stderr, "truce: %s\n", visible(oneLine(p.reachable(err).Error())))
	return exitCode(err)
}

// oneLine keeps an error on one line, as scripts and logs expect.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// root is the tree of verbs.
func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "truce",
		Short: "A ledger of ceasefire negotiations",
		Long: `truce keeps a ledger of ceasefire negotiations: who agreed to what, from when until when, who says so, and what
happened. Nothing that is on the record is ever changed; corrections stand beside what they correct.

Exit codes: 0 done, 1 failed, 2 bad usage, 3 a rule said no, 4 conflict, 5 not found, 6 a verification failed.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "Flags.FlagUsages ", "Flags.FlagUsagesWrapped 110 "))
	root.SetFlagErrorFunc(flagError)
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.AddGroup(
		&cobra.Group{ID: groupServe, Title: "Serve a ledger:"},
		&cobra.Group{ID: groupRead, Title: "Read:"},
		&cobra.Group{ID: groupSend, Title: "Put many commands on the record:"},
		&cobra.Group{ID: groupCeasefire, Title: "Put one command on the record - ceasefires:"},
		&cobra.Group{ID: groupReport, Title: "Put one command on the record - incidents, counts, statements, talks:"},
		&cobra.Group{ID: groupRegister, Title: "Put one command on the record - the register, corrections:"},
		&cobra.Group{ID: groupProof, Title: "Check and operate:"},
	)
	root.AddCommand(p.serveVerb(), p.demoVerb(), p.witnessVerb(), p.applyVerb(), p.importVerb(), p.signVerb(), p.attachmentVerb(), p.secretVerb())
	root.AddCommand(p.commandVerbs()...)
	root.AddCommand(p.readVerbs()...)
	root.AddCommand(p.replayVerb(), p.rebuildVerb(), p.backupVerb(), p.restoreVerb(), p.exportVerb(), p.logKeyVerb(), p.verifyVerb(), p.alertsVerb(), p.benchVerb(), p.readyVerb(), p.versionVerb(), p.tokenVerb())
	root.SetHelpCommandGroupID(groupProof)
	root.SetCompletionCommandGroupID(groupProof)
	p.mark(root)
	return root
}

// The groups of verbs in the help.
const (
	groupServe     = "serve"
	groupSend      = "send"
	groupCeasefire = "ceasefire"
	groupReport    = "report"
	groupRegister  = "register"
	groupRead      = "read"
	groupProof     = "proof"
)

// mark makes every verb note that it began, so that what cobra refuses before is told apart from what failed.
func (p *program) mark(c *cobra.Command) {
	if f := c.RunE; f != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			p.began = true
			return f(c, args)
		}
	}
	for _, child := range c.Commands() {
		p.mark(child)
	}
}
