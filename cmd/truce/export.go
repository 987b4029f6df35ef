package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

func (p *program) exportVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "export",
		Short:   "Write the log, what was asked for in the formats that people carry away, or a bundle to verify",
		GroupID: groupProof,
		Args:    cobra.NoArgs,
		Long: `Write the log as JSON Lines: the exact stored bytes, an entry a line, from the first to the newest. With --format, write what
the filters keep at the clocks that are asked for; with --release, a folder to publish; with --bundle DIR, a folder that truce
verify checks without the ledger: entries, hashes, signed heads, keys. What is withheld from it is replaced by its hash, so
that all else is still proved.`,
		Example: "  truce export --out ledger.jsonl\n  truce export --format xlsx --place aleppo --out aleppo.xlsx\n  truce export --after 1000 | gzip >rest.jsonl.gz\n  truce export --bundle bundle --receipt 7\n  truce export --bundle redacted --withhold 12 --withhold 13",
	}
	file := c.Flags().String("out", "", "Write to this `FILE` instead of standard output.")
	after := c.Flags().Uint64("after", 0, "Begin after entry `N`.")
	limit := c.Flags().Uint64("limit", 0, "Write at most `N` entries; 0 is all.")
	carry := p.carryFlags(c)
	b := bundleFlags{}
	c.Flags().StringVar(&b.dir, "bundle", "", "Write a bundle into this new `DIR`.")
	c.Flags().Var(sequences{&b.withhold}, "withhold", "Leave entry `SEQ` out of the bundle; may be repeated.")
	c.Flags().Var(sequences{&b.receipts}, "receipt", "Put the receipt of entry `SEQ` into the bundle; may be repeated.")
	p.clientFlags(c)
	c.MarkFlagsMutuallyExclusive("bundle", "out")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if b.dir != "" {
			return p.exportBundle(c.Context(), b)
		}
		if len(b.withhold)+len(b.receipts) > 0 {
			return usage("--withhold and --receipt are for a bundle: give --bundle DIR too")
		}
		if done, err := carry.run(c.Context(), *file); done {
			return err
		}
		if *file == "" {
			return p.export(c.Context(), *after, *limit, p.stdout)
		}
		return p.exportFile(c.Context(), *after, *limit, *file)
	}
	return c
}

func (p *program) export(ctx context.Context, after, limit uint64, to io.Writer) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	out, written := bufio.NewWriter(to), uint64(0)
	for line, err := range client.Entries(ctx, after) {
		if err != nil {
			return fmt.Errorf("the export is not complete: %w", err)
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
		if written++; written == limit {
			break
		}
	}
	return out.Flush()
}

// exportFile writes beside the file and renames at the end: half an export must not look like a whole one.
func (p *program) exportFile(ctx context.Context, after, limit uint64, name string) (err error) {
	part := name + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return usageError{err}
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(part)
		}
	}()
	if err := p.export(ctx, after, limit, f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(part, name)
}

// Sequences is a flag that names entries.
type sequences struct{ list *[]uint64 }

func (s sequences) String() string { return strings.Trim(fmt.Sprint(*s.list), "[]") }
func (s sequences) Type() string   { return "SEQ" }

func (s sequences) Set(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseUint(part, 10, 63)
		if err != nil || n == 0 {
			return fmt.Errorf("%q is not the sequence of an entry", part)
		}
		*s.list = append(*s.list, n)
	}
	return nil
}
