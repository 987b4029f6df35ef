package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"truceledger/api/access"
	"truceledger/cmd/truce/bench"
	"truceledger/eventstore/jetstream"
)

func (p *program) benchVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "bench",
		Short:   "Measure this ledger beside the raw engine",
		GroupID: groupProof,
		Args:    cobra.NoArgs,
		Long: `Measure what this ledger does on this machine and this disk, beside what the raw engine does in the same run, and print
both with their ratios. Ledgers of its own are filled for it in the folder for temporary files and removed afterwards; the
full sizes take several minutes and about 4 GB there. Figures mean nothing while the machine does much else.`,
		Example: "  truce bench --quick\n  truce bench --only durable_256 --only get --output json",
	}
	config := bench.Full
	var quick bool
	f := c.Flags()
	f.SortFlags = false
	f.BoolVar(&quick, "quick", false, "Small sizes: less than 40 s.")
	f.StringSliceVar(&config.Only, "only", nil, "Only the row of this `name`; may be given several times.")
	f.IntVar(&config.Entries, "entries", config.Entries, "How many entries the large ledger has.")
	f.IntVar(&config.Records, "records", config.Records, "How many records they are spread over.")
	f.Float64Var(&config.Seconds, "seconds", config.Seconds, "How long each measure lasts.")
	f.IntVar(&config.Rounds, "rounds", config.Rounds, "How often each is repeated; the median counts.")
	f.StringVar(&config.Dir, "dir", "", "The `folder` on whose disk to measure; by default that for temporary files.")
	f.StringVar(&config.Profile, "profile", "", "A `folder` for processor profiles of the rows, for go tool pprof.")
	out := p.outputFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if quick {
			config = shrunk(config, func(name string) bool { return f.Changed(name) })
		}
		for _, name := range config.Only {
			if !slices.Contains(bench.Names(), name) {
				return usage("--only %q: there are %s", name, strings.Join(bench.Names(), ", "))
			}
		}
		return p.bench(c.Context(), config, *out)
	}
	c.AddCommand(p.benchChild())
	return c
}

// shrunk takes the quick sizes for what was not given.
func shrunk(c bench.Config, given func(flag string) bool) bench.Config {
	q := bench.Quick
	for flag, take := range map[string]func(){
		"entries": func() { c.Entries = q.Entries }, "records": func() { c.Records = q.Records },
		"seconds": func() { c.Seconds = q.Seconds }, "rounds": func() { c.Rounds = q.Rounds },
	} {
		if !given(flag) {
			take()
		}
	}
	return c
}

// benchChild is what bench runs in other processes: those that send, and those whose start and memory are measured.
func (p *program) benchChild() *cobra.Command {
	return &cobra.Command{
		Use: "child", Hidden: true, Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			return bench.Child(c.Context(), bench.Config{Open: p.openForBench}, args)
		},
	}
}

func (p *program) openForBench(ctx context.Context, dir string) (*bench.Node, error) {
	logger := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	n, err := openNode(ctx, &settings{data: dir, zone: "UTC", stream: jetstream.DefaultStream}, logger)
	if err != nil {
		return nil, err
	}
	if err := p.awaitReady(ctx, n); err != nil { // as truce serve does: before that it takes no command over HTTP, and signs nothing
		n.close()
		return nil, err
	}
	return &bench.Node{Conn: n.conn, Log: n.log, Ledger: n.ledger, Models: n.models, Handler: asBench(n.api), Rest: n.rest, Close: n.close}, nil
}

// asBench lets every request in: what is measured is the ledger, and nobody else is served.
func asBench(h http.Handler) http.Handler {
	caller := access.Caller{Name: "bench", Roles: []access.Role{access.Recorder, access.Operator}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(access.With(r.Context(), caller)))
	})
}

func (p *program) bench(ctx context.Context, c bench.Config, out string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	began := time.Now()
	c.Open, c.OpenProved, c.Child = p.openForBench, p.openProved, []string{self, "bench", "child"}
	c.Progress = func(line string) { fmt.Fprintf(p.stderr, "%4.0f s  %s\n", time.Since(began).Seconds(), line) }
	rows, err := bench.Run(ctx, c, nil)
	switch {
	case err != nil && len(rows) == 0:
		return err
	case out == outputJSON:
		return errors.Join(err, p.printJSON(map[string]any{"rows": rows})) // what was measured before a row failed took its minutes
	}
	return errors.Join(err, p.printBench(rows))
}

func (p *program) printBench(rows []bench.Row) error {
	var table [][]string
	for _, r := range rows {
		holds := "no"
		if r.Holds {
			holds = "yes"
		}
		table = append(table, []string{r.Name, figure(r.Value), r.Unit, figure(r.Raw), figure(r.Ratio), figure(r.Bar), figure(r.Aim), holds})
	}
	return p.printTable([]column{
		{"measure", 12}, {"value", 10}, {"unit", 12}, {"raw", 10}, {"ratio", 8}, {"bar", 6}, {"aim", 6}, {"holds", 5},
	}, table)
}

// figure has three digits that count; nothing where there is no figure.
func figure(x float64) string {
	switch {
	case x == 0:
		return ""
	case x >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}
