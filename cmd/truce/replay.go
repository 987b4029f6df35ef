package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"truceledger/api/client"
	"truceledger/eventstore"
	"truceledger/projections"
)

func (p *program) replayVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "replay",
		Short:   "Fold the log again and compare with what is served",
		GroupID: groupProof,
		Args:    cobra.NoArgs,
		Long: `Read the whole log from a running server, fold it again from the start with nothing but the log, and compare the digest of
every projection with the serving one's. Exit code 6 where one differs: then truce rebuild makes them anew. With --data DIR
the folder of a server that does not run is taken instead.`,
		Example: "  truce replay\n  truce replay --data /var/lib/truce",
	}
	data := c.Flags().String("data", "", "The `folder` of a ledger whose server does not run.")
	out := p.outputFlag(c)
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		rows, err := p.replay(c.Context(), *data)
		if err != nil {
			return err
		}
		return p.reportReplay(rows, *out)
	}
	return c
}

func (p *program) replay(ctx context.Context, data string) ([]projections.Comparison, error) {
	if data != "" {
		return p.replayFolder(ctx, data)
	}
	client, err := p.client()
	if err != nil {
		return nil, err
	}
	return p.replayServer(ctx, client)
}

// replayServer folds what a server gives out as its log, on this side.
func (p *program) replayServer(ctx context.Context, c *client.Client) ([]projections.Comparison, error) {
	serving, err := c.Digests(ctx, 0)
	if err != nil {
		return nil, err
	}
	if len(serving) == 0 {
		return nil, errors.New("the server names no projections")
	}
	dir, err := os.MkdirTemp("", "truce-replay-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	log := remoteLog{client: c}
	ledger, zone, err := opening(ctx, log)
	if err != nil {
		return nil, err
	}
	options := projections.Options{Dir: dir, Log: log, LedgerID: ledger, Zone: zone, Logger: slog.New(slog.DiscardHandler)}
	replayed, err := projections.Replay(ctx, options, serving[0].Sequence, nil)
	switch {
	case errors.Is(err, errWithheld):
		return nil, err // nothing was found to be wrong
	case err != nil:
		return nil, unverifiedError{err}
	}
	return compare(serving, replayed), nil
}

// compare puts the digests side by side, by the projections' names.
func compare(serving, replayed []projections.ProjectionState) []projections.Comparison {
	again := map[string]projections.ProjectionState{}
	for _, r := range replayed {
		again[r.Name] = r
	}
	var rows []projections.Comparison
	for _, s := range serving {
		rows = append(rows, projections.Comparison{
			Name: s.Name, Sequence: s.Sequence, Serving: s.Digest, Replayed: again[s.Name].Digest, Equal: s == again[s.Name],
		})
	}
	return rows
}

// replayFolder opens the ledger of a folder by itself, without serving it.
func (p *program) replayFolder(ctx context.Context, data string) ([]projections.Comparison, error) {
	if _, err := os.Stat(filepath.Join(data, "jetstream")); err != nil {
		return nil, usage("--data %s holds no ledger: name the folder that truce serve was given", data)
	}
	n, err := openNode(ctx, &settings{data: data, zone: "UTC", mirror: mirrorSettings{readOnly: true}}, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer n.close()
	if err := p.awaitReady(ctx, n); err != nil {
		return nil, err
	}
	return n.models.Replay(ctx, nil)
}

func (p *program) reportReplay(rows []projections.Comparison, out string) error {
	different := 0
	var cells [][]string
	for _, r := range rows {
		word := "equal"
		if !r.Equal {
			word = "DIFFERENT"
			different++
		}
		cells = append(cells, []string{r.Name, number(r.Sequence), word, short(r.Serving), short(r.Replayed)})
	}
	print := func() error {
		return p.printTable([]column{{"projection", 20}, {"entries", 10}, {"", 10}, {"serving", 20}, {"replayed", 20}}, cells)
	}
	if out == outputJSON {
		print = func() error { return p.printJSON(map[string]any{"projections": rows, "equal": different == 0}) }
	}
	if err := print(); err != nil || different == 0 {
		return err
	}
	return unverifiedError{fmt.Errorf("%d of %d projections differ from what the log amounts to: keep a copy of the views folder, then run truce rebuild", different, len(rows))}
}

// short is enough of a digest to compare by eye.
func short(digest string) string { return digest[:min(16, len(digest))] }

// A remoteLog is the log as a server gives it out. It can only be read from front to back.
type remoteLog struct{ client *client.Client }

// Read yields the entries after the given sequence.
func (l remoteLog) Read(ctx context.Context, after uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		for line, err := range l.client.Entries(ctx, after) {
			after++
			m := eventstore.Message{Sequence: after, Payload: line}
			switch {
			case err != nil:
			case bytes.HasPrefix(line, []byte(`{"withheld":`)):
				err = fmt.Errorf("entry %d %w", after, errWithheld)
			default:
				m.Subject, err = eventstore.SubjectOf(line)
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// opening reads the ledger's id and zone from its first entry.
func opening(ctx context.Context, log eventstore.Log) (ledger, zone string, err error) {
	for m, err := range log.Read(ctx, 0) {
		if err != nil {
			return "", "", err
		}
		e, err := eventstore.Decode(m)
		if err != nil {
			return "", "", unverifiedError{err}
		}
		if opened, ok := e.Events[0].(eventstore.LedgerOpened); ok {
			return opened.Ledger, opened.Zone, nil
		}
		break
	}
	return "", "", unverifiedError{eventstore.ErrNotALedger}
}

var errWithheld = errors.New("is withheld from who asks: all of the log is needed, ask with an auditor's token")

var errFrontToBack = errors.New("a server's log is read from front to back")

func (remoteLog) Append(context.Context, string, uint64, []byte) (uint64, error) {
	return 0, errFrontToBack
}

func (remoteLog) Load(context.Context, string, uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) { yield(eventstore.Message{}, errFrontToBack) }
}

func (remoteLog) Follow(context.Context, uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) { yield(eventstore.Message{}, errFrontToBack) }
}

func (remoteLog) Last(context.Context) (uint64, error) { return 0, errFrontToBack }
