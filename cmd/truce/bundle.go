package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/note"

	"truceledger/api/client"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/bundle"
	"truceledger/eventstore/proof/witness"
)

// bundleFlags say what goes into a bundle.
type bundleFlags struct {
	dir      string
	withhold []uint64
	receipts []uint64
}

// exportBundle puts a running ledger into a folder. The key that it is made with is the server's word: whoever verifies the
// bundle brings their own.
func (p *program) exportBundle(ctx context.Context, f bundleFlags) error {
	asked, err := p.client()
	if err != nil {
		return err
	}
	known, err := client.Get[publicKeys](ctx, asked, "/v1/keys", client.Query{})
	if err != nil {
		return err
	}
	key, err := proof.Verifier(known.LogKey)
	if err != nil {
		return fmt.Errorf("the server's log key: %w", err)
	}
	source, err := p.bundleSource(ctx, asked, key, f)
	if err != nil {
		return err
	}
	bar := p.progress("entries exported")
	source.Progress = bar.told
	err = bundle.Write(ctx, f.dir, source)
	bar.end()
	switch {
	case errors.Is(err, bundle.ErrNotEmpty):
		return usageError{err}
	case errors.Is(err, bundle.ErrNotSigned), errors.Is(err, proof.ErrHead), errors.As(err, new(*bundle.Failure)):
		return unverifiedError{err}
	case err != nil:
		return err
	}
	head, err := proof.OpenHead(source.Head, key)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%d entries in %s; check them with: truce verify --log-key KEY %s\n", head.Size, f.dir, f.dir)
	return err
}

// bundleSource gathers what the server has besides its entries.
func (p *program) bundleSource(ctx context.Context, asked *client.Client, key note.Verifier, f bundleFlags) (s bundle.Source, err error) {
	remote, err := p.remote(p.server)
	if err != nil {
		return s, err
	}
	files := &namedFiles{log: remote, named: map[string]bool{}}
	s = bundle.Source{Log: files, LogKey: key, Attachments: files.attachments(ctx, remote), Receipts: map[uint64][]byte{}}
	if s.Head, err = asked.Raw(ctx, "/log/checkpoint", client.Query{}); err != nil {
		return s, err
	}
	signers, err := asked.Raw(ctx, "/v1/keys", client.Query{Filter: map[string]string{"format": "allowed_signers"}})
	if err != nil {
		return s, err
	}
	s.AllowedSigners = string(signers)
	if s.Policy, err = asked.Raw(ctx, "/log/policy", client.Query{}); isNotFound(err) {
		s.Policy, err = nil, nil
	}
	if err != nil {
		return s, err
	}
	for _, n := range f.receipts {
		if s.Receipts[n], err = asked.Raw(ctx, "/v1/entries/"+strconv.FormatUint(n, 10)+"/receipt", client.Query{}); err != nil {
			return s, fmt.Errorf("the receipt of entry %d: %w", n, err)
		}
	}
	if s.Head, err = cosigned(ctx, asked, s.Head, s.Policy); err != nil {
		return s, err
	}
	head, err := proof.OpenHead(s.Head, key)
	if err != nil {
		return s, err
	}
	s.Heads = remote.Earlier(ctx, key, head.Size)
	if len(f.withhold) > 0 {
		files.withheld = f.withhold
		s.Withhold = func(n uint64) bool { return slices.Contains(f.withhold, n) }
	}
	return s, nil
}

// cosigned waits a little for the newest head to have the quorum that the operator asks for: witnesses take their time, and a
// bundle whose head lacks it satisfies no auditor who asks for it too. One that is away holds nobody up.
func cosigned(ctx context.Context, asked *client.Client, head, policy []byte) ([]byte, error) {
	p, err := witness.ParsePolicy(policy)
	if err != nil || len(policy) == 0 {
		return head, nil // it is the server's word, and copied as it stands
	}
	for end := time.Now().Add(2 * time.Second); !p.Reached(head) && time.Now().Before(end); {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if head, err = asked.Raw(ctx, "/log/checkpoint", client.Query{}); err != nil {
			return nil, err
		}
	}
	return head, nil
}

func isNotFound(err error) bool {
	var no *client.Problem
	return errors.As(err, &no) && no.Status == http.StatusNotFound
}

// remote reads a server as an auditor does.
func (p *program) remote(url string) (bundle.Remote, error) {
	token, found, err := p.token(url)
	if err != nil {
		return bundle.Remote{}, err
	}
	return bundle.Remote{URL: url, HTTP: &http.Client{
		Transport:     bearer{token: token, found: found, next: http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token is for this server alone
	}}, nil
}
