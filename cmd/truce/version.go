package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"truceledger/eventstore"
)

// release is set by the linker when a release is built.
var release = ""

// version is the program's own: the release, else what the Go toolchain noted of the sources.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "0.0.0-devel"
	}
	return info.Main.Version
}

// commit is the commit of the sources, with a plus sign where they were changed since; "unknown" where nobody noted it.
func commit() string {
	info, _ := debug.ReadBuildInfo()
	found, changed := "unknown", ""
	for i := 0; info != nil && i < len(info.Settings); i++ {
		switch s := info.Settings[i]; {
		case s.Key == "vcs.revision":
			found = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+"
		}
	}
	return found + changed
}

func (p *program) versionVerb() *cobra.Command {
	c := &cobra.Command{
		Use: "version", Short: "Print the program's version", Example: "  truce version", Args: cobra.NoArgs, GroupID: groupProof,
		Long: "Print the program's version, the commit and the toolchain that it was built from, and the versions of the rules and of the entries' form that it knows.",
	}
	out := p.outputFlag(c)
	c.RunE = func(*cobra.Command, []string) error {
		if *out == outputJSON {
			return p.printJSON(map[string]any{"version": version(), "commit": commit(), "platform": runtime.GOOS + "/" + runtime.GOARCH, "rules": eventstore.Rules, "format": eventstore.Format, "go": runtime.Version()})
		}
		_, err := fmt.Fprintf(p.stdout, "truce %s (commit %s, rules %d, format %d, %s %s/%s)\n", version(), commit(), eventstore.Rules, eventstore.Format, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return err
	}
	return c
}
