package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/bundle"
	"truceledger/eventstore/proof/witness"
)

// verifyFlags are what an auditor brings. Nothing that is trusted comes from what is checked.
type verifyFlags struct {
	logKey, policy  string
	kept            []string
	skipRules, each bool
	output          *string
}

func (p *program) verifyVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "verify --log-key KEY DIR|URL",
		Short:   "Check a bundle or a server without trusting it",
		GroupID: groupProof,
		Args:    cobra.ExactArgs(1),
		Long: `Check a bundle in a folder, or a server's whole log, and say what holds: that nothing was altered, dropped, reordered or
slipped in, that whoever is said to have signed has signed, and that every entry follows by the rules from its command and
what stood before it. What is trusted comes from the command line alone: bring the log's key from somebody you trust, and
the heads that you have kept. Exit code 6 names the first entry that is bad. docs/verifying.md says what no check can see.
While the rules are checked, the folder for temporary files must have room for as much again as the entries take.`,
		Example: "  truce verify --log-key \"$(cat ledger.vkey)\" bundle\n  truce verify --log-key ledger.vkey --policy witnesses.policy --kept last-month.checkpoint https://ledger.example",
	}
	f := verifyFlags{}
	c.Flags().StringVar(&f.logKey, "log-key", "", "The log's verifier `KEY`, or a file with it. Required.")
	c.Flags().StringVar(&f.policy, "policy", "", "Whose cosignatures suffice (C2SP tlog-policy), a `FILE`.")
	c.Flags().StringArrayVar(&f.kept, "kept", nil, "A signed head that you have kept, a `FILE`; may be repeated. It must belong to this history.")
	c.Flags().BoolVar(&f.each, "entries", false, "Say of each entry when it was made: not before, not after, attested by whom.")
	c.Flags().BoolVar(&f.skipRules, "skip-rules", false, "Leave out deciding every entry again.")
	f.output = p.outputFlag(c)
	p.tokenFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		trust, err := f.trust()
		if err != nil {
			return err
		}
		return p.verify(c.Context(), f, trust, args[0])
	}
	return c
}

// trust reads what the auditor brings.
func (f verifyFlags) trust() (t bundle.Trust, err error) {
	if f.logKey == "" {
		return t, usage("--log-key is missing: bring the log's key from somebody you trust, not from what you check")
	}
	if t.LogKey, err = logKeyOf(f.logKey); err != nil {
		return t, err
	}
	if f.policy != "" {
		text, err := os.ReadFile(f.policy)
		if err != nil {
			return t, usage("--policy: %w", err)
		}
		p, err := witness.ParsePolicy(text)
		if err != nil {
			return t, usage("--policy: %w", err)
		}
		t.Policy = &p
	}
	for _, name := range f.kept {
		text, err := os.ReadFile(name)
		if err != nil {
			return t, usage("--kept: %w", err)
		}
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) // kept on Windows, or in a letter; no head has a \r of its own
		if _, err := proof.OpenHead(text, t.LogKey); err != nil {
			return t, usage("--kept %s: %w", name, err)
		}
		t.Kept = append(t.Kept, text)
	}
	return t, nil
}

// vkeyOf is a verifier key in one line, of which the file may have been named.
func vkeyOf(given string) string {
	if raw, err := os.ReadFile(given); err == nil {
		given = string(raw)
	}
	return strings.TrimSpace(given)
}

// logKeyOf reads a verifier key, or the file that holds it. A key never looks like the name of a file that is there.
func logKeyOf(given string) (note.Verifier, error) {
	v, err := proof.Verifier(vkeyOf(given))
	if err != nil {
		return nil, usage("--log-key: neither a verifier key nor a file with one; truce log-key prints it: %w", err)
	}
	return v, nil
}

// verify checks a folder, or what a server gives out, which is fetched into a folder of its own first.
func (p *program) verify(ctx context.Context, f verifyFlags, trust bundle.Trust, what string) error {
	dir := what
	if strings.Contains(what, "://") {
		if u, err := url.Parse(what); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return usage("%s: a server's address begins with http or https and names a host, such as https://ledger.example", what)
		}
		tmp, err := os.MkdirTemp("", "truce-verify-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		dir = filepath.Join(tmp, "bundle")
		if err := p.fetch(ctx, dir, what, trust); err != nil {
			return p.reportFetch(err, what, *f.output)
		}
	} else if info, err := os.Stat(what); err != nil {
		return usageError{err}
	} else if !info.IsDir() {
		return usage("%s is a file: name the folder of a bundle, or a server's address", what)
	}
	defer bundle.Room()()
	bar := p.progress("entries verified")
	o := bundle.Options{Trust: trust, SkipRules: f.skipRules, Progress: bar.told}
	var times []entryTimes
	if f.each {
		o.Entry = func(n uint64, t bundle.Times) { times = p.entryTimes(times, n, t, *f.output == outputJSON) }
	}
	report, err := bundle.Verify(ctx, dir, o)
	bar.end()
	return p.reportVerify(report, times, err, *f.output)
}

// fetch reads a server's log.
func (p *program) fetch(ctx context.Context, dir, url string, trust bundle.Trust) error {
	remote, err := p.remote(url)
	if err != nil {
		return err
	}
	bar := p.progress("entries fetched")
	err = bundle.Fetch(ctx, dir, remote, trust, bar.told)
	bar.end()
	return err
}

// reportFetch tells a server that contradicts itself, or its head, from one that could not be asked: that proves nothing against
// anybody.
func (p *program) reportFetch(err error, url, out string) error {
	var failure *bundle.Failure
	var slip usageError
	switch {
	case errors.As(err, &failure):
		return p.reportVerify(&bundle.Report{}, nil, err, out)
	case errors.As(err, &slip):
		return err
	}
	hint := ""
	var refused *bundle.StatusError
	if errors.As(err, &refused) {
		switch refused.Status {
		case http.StatusUnauthorized, http.StatusForbidden:
			hint = "; its entries are not for everybody: bring a token with --token-file or TRUCE_TOKEN, or ask for a bundle"
		case http.StatusNotFound:
			hint = "; it proves nothing: ask the server that signs the log"
		}
	}
	return fmt.Errorf("%s could not be read to its end, so that nothing was verified: %v%s", url, err, hint)
}

// reportVerify says what holds, and names the first entry that does not.
func (p *program) reportVerify(r *bundle.Report, times []entryTimes, err error, out string) error {
	var failure *bundle.Failure
	if err != nil && !errors.As(err, &failure) {
		return err
	}
	if out == outputJSON {
		answer := map[string]any{"holds": failure == nil, "report": r}
		if times != nil {
			answer["entries"] = times
		}
		if failure != nil {
			answer["failure"] = map[string]any{"sequence": failure.Sequence, "check": failure.Check, "words": failure.Words}
		}
		if err := p.printJSON(answer); err != nil {
			return err
		}
	} else if failure == nil {
		if _, err := fmt.Fprint(p.stdout, visibleLines(r.Words())); err != nil {
			return err
		}
	}
	if failure != nil {
		return unverifiedError{fmt.Errorf("it does not hold: %w", failure)}
	}
	return nil
}

// entryTimes says of one entry when it was made, by whose word.
type entryTimes struct {
	Sequence    uint64    `json:"sequence"`
	NotBefore   time.Time `json:"not_before,omitzero"`
	NotBeforeBy string    `json:"not_before_by,omitempty"`
	NotAfter    time.Time `json:"not_after,omitzero"`
	NotAfterBy  string    `json:"not_after_by,omitempty"`
	Claimed     time.Time `json:"recorded_at"`
}

// entryTimes gathers what is to be printed as one JSON object, and prints at once what is for people.
func (p *program) entryTimes(all []entryTimes, n uint64, t bundle.Times, gather bool) []entryTimes {
	if gather {
		return append(all, entryTimes{n, t.NotBefore, t.BeforeBy, t.NotAfter, t.NotAfterBy, t.ClaimedByUs})
	}
	bound := func(t time.Time, by string) string {
		if t.IsZero() {
			return "nobody says"
		}
		return t.UTC().Format(time.RFC3339) + " by " + by
	}
	fmt.Fprintf(p.stdout, "entry %d: not before %s; not after %s; the ledger itself says %s\n",
		n, bound(t.NotBefore, t.BeforeBy), bound(t.NotAfter, t.NotAfterBy), t.ClaimedByUs.UTC().Format(time.RFC3339))
	return nil
}
