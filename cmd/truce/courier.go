package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"strings"
	"sync"
	"time"

	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/witness"
)

// A courier carries heads to the witnesses and their cosignatures back. It is beside everything: a witness that is away, or
// that takes its time, holds up no head and no command.
type courier struct {
	n      *notarised
	client *witness.Client
	heads  chan proof.Head // the newest that has not been carried yet
	away   map[string]string
	logger *slog.Logger

	mu       sync.Mutex
	cosigned map[string]time.Time // when each witness last did; zero where it has not since the start
}

func newCourier(n *notarised, tree proof.Source) *courier {
	prove := func(size int64, head proof.Head) (text []byte, err error) {
		err = tree.ViewTree(func(t proof.Tree) error {
			text, err = proof.ConsistencyText(t, size, head)
			return err
		})
		return text, err
	}
	var asked []witness.Named
	cosigned := map[string]time.Time{}
	for _, w := range n.policy.Witnesses {
		if w.URL != "" { // others are asked by somebody else
			asked = append(asked, w)
			cosigned[w.Name] = time.Time{}
		}
	}
	return &courier{
		n: n, client: &witness.Client{Witnesses: asked, Prove: prove}, heads: make(chan proof.Head, 1), away: map[string]string{}, logger: n.logger, cosigned: cosigned,
	}
}

// witnesses are those who are asked, by name, with when each last cosigned.
func (c *courier) witnesses() map[string]time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.cosigned)
}

// take notes the newest head and returns at once. One that was not carried yet is passed over: the newer covers it.
func (c *courier) take(_ context.Context, h proof.Head) {
	for {
		select {
		case c.heads <- h:
			return
		default:
		}
		select {
		case <-c.heads:
		default:
		}
	}
}

// run carries heads until ctx ends, and the last one again where a witness was away.
func (c *courier) run(ctx context.Context) {
	const again = 10 * time.Second
	var last proof.Head
	for {
		select {
		case last = <-c.heads:
		case <-time.After(again):
			if len(c.away) == 0 || last.Size == 0 {
				continue
			}
		case <-ctx.Done():
			return
		}
		began := time.Now()
		c.carry(ctx, last)
		select { // heads gather meanwhile, and the newest is enough
		case <-time.After(min(20*time.Since(began), 2*time.Second)):
		case <-ctx.Done():
			return
		}
	}
}

func (c *courier) carry(ctx context.Context, h proof.Head) {
	answers := c.client.Submit(ctx, h, c.n.keeper.Verifier())
	if ctx.Err() != nil {
		return
	}
	for _, a := range answers {
		c.report(a)
	}
	lines := witness.Lines(answers)
	if len(lines) == 0 {
		return
	}
	if _, err := c.n.heads.AddCosignatures(h.Size, c.n.keeper.Verifier(), lines, c.n.policy.Verifiers()...); err != nil {
		c.logger.Warn("cosignatures could not be kept", "size", h.Size, "err", err)
	}
}

// report says what a witness does not sign, once for each reason: it is asked several times a second.
func (c *courier) report(a witness.Answer) {
	if a.Err == nil {
		delete(c.away, a.Witness)
		c.mu.Lock()
		c.cosigned[a.Witness] = time.Now()
		c.mu.Unlock()
		return
	}
	if c.away[a.Witness] == a.Err.Error() {
		return
	}
	c.away[a.Witness] = a.Err.Error()
	if errors.Is(a.Err, witness.ErrFork) || errors.Is(a.Err, witness.ErrProof) {
		c.logger.Error("a witness refuses this log's history: it, or this log, has lost its memory, or somebody lies; keep everything", "witness", a.Witness, "err", a.Err)
		return
	}
	c.logger.Warn("a witness has not cosigned; it is asked again", "witness", a.Witness, "err", a.Err)
}

// witnessPolicy is whose cosignatures the operator asks for: the policy of a file, or all of those named one by one.
func (s *settings) witnessPolicy(logKey string) ([]byte, *witness.Policy, error) {
	text := []byte(policyOf(logKey, s.witnesses))
	if s.policy != "" {
		var err error
		if text, err = os.ReadFile(s.policy); err != nil {
			return nil, nil, usage("--policy: %w", err)
		}
	}
	if len(text) == 0 {
		return nil, nil, nil
	}
	p, err := witness.ParsePolicy(text)
	if err != nil {
		return nil, nil, usage("--witness or --policy: %w", err)
	}
	return text, &p, nil
}

// policyOf writes the policy that asks all witnesses, each given as "KEY URL".
func policyOf(logKey string, witnesses []string) string {
	if len(witnesses) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "log %s\n", logKey)
	members := ""
	for i, w := range witnesses {
		fmt.Fprintf(&b, "witness w%d %s\n", i+1, w)
		members += fmt.Sprintf(" w%d", i+1)
	}
	fmt.Fprintf(&b, "group all-of-them all%s\nquorum all-of-them\n", members)
	return b.String()
}
