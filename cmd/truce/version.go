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

// commit is the commit of the sources, and whether they were changed since; "unknown" where nobody noted it.
func commit() (revision string, modified bool) {
	info, _ := debug.ReadBuildInfo()
	revision = "unknown"
	for i := 0; info != nil && i < len(info.Settings); i++ {
		switch s := info.Settings[i]; s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.modified":
			modified = s.Value == "true"
		}
	}
	return revision, modified
}

func (p *program) versionVerb() *cobra.Command {
	c := &cobra.Command{
		Use: "version", Short: "Print the program's version", Example: "  truce version", Args: cobra.NoArgs, GroupID: groupProof,
		Long: "Print the program's version, the commit and the toolchain that it was built from, whether the sources had changes that no commit holds, and the versions of the rules and of the entries' form that it knows.",
	}
	out := p.outputFlag(c)
	c.RunE = func(*cobra.Command, []string) error {
		revision, modified := commit()
		if *out == outputJSON {
			return p.printJSON(map[string]any{"version": version(), "commit": revision, "modified": modified, "platform": runtime.GOOS + "/" + runtime.GOARCH, "rules": eventstore.Rules, "format": eventstore.Format, "go": runtime.Version()})
		}
		if modified {
			revision += " with changes that no commit holds"
		}
		_, err := fmt.Fprintf(p.stdout, "truce %s (commit %s, rules %d, format %d, %s %s/%s)\n", version(), revision, eventstore.Rules, eventstore.Format, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return err
	}
	return c
}
