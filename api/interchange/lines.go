package interchange

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"

	"github.com/go-json-experiment/json"

	"truceledger/domain"
	"truceledger/domain/registry"
	"truceledger/eventstore"
	"truceledger/projections"
)

// WriteIncidentLines writes incidents as JSON Lines, each after the places, actors and sources that it names and that have
// not been written yet: the format truce reads them into an empty ledger.
func WriteIncidentLines(ctx context.Context, w io.Writer, q Answers, at projections.Point, incidents iter.Seq2[projections.IncidentView, error]) error {
	b := &bearer{ctx: ctx, q: q, at: at, w: w, written: map[domain.Ref]bool{}, second: map[string]bool{}}
	for v, err := range incidents {
		if err == nil {
			err = b.incident(&v)
		}
		if err != nil {
			return err
		}
	}
	return b.merges()
}

// merges writes which of the incidents are second reports of which: in the end, when both are there.
func (b *bearer) merges() error {
	for _, m := range b.merged {
		if !b.second[m.Incident] {
			continue // not in the file
		}
		if err := errors.Join(b.actor(m.By), b.line(Line{Kind: domain.KindIncident, Merged: &m})); err != nil {
			return err
		}
	}
	return nil
}

// note keeps what is said of an incident's other reports.
func (b *bearer) note(v *projections.IncidentView) {
	if v.DuplicateOf != "" {
		b.second[v.ID] = true
	}
	for _, d := range v.Duplicates {
		b.merged = append(b.merged, Merged{Incident: d.ID, Of: v.ID, By: d.MarkedBy, At: d.MarkedAt, Reason: d.Reason})
	}
}

// A bearer carries records along with what they rest on.
type bearer struct {
	ctx     context.Context
	q       Answers
	at      projections.Point
	w       io.Writer
	written map[domain.Ref]bool // grows with the register, not with the incidents
	merged  []Merged            // with what was merged
	second  map[string]bool     // the second reports that are written
}

func (b *bearer) incident(v *projections.IncidentView) error {
	steps := []error{b.place(v.Place), b.actor(v.By)}
	for _, id := range v.Accused {
		steps = append(steps, b.actor(id))
	}
	for _, a := range v.Accounts {
		steps = append(steps, b.actor(a.By), b.actor(a.Actor))
	}
	for _, i := range v.Inquiries {
		steps = append(steps, b.actor(i.By))
	}
	for _, s := range v.Sources {
		steps = append(steps, b.source(s.Source))
	}
	for _, err := range steps {
		if err != nil {
			return err
		}
	}
	b.note(v)
	return b.line(Line{Kind: domain.KindIncident, Incident: v})
}

// first reports whether a record is yet to be written.
func (b *bearer) first(kind domain.Kind, id string) bool {
	ref := domain.Ref{Kind: kind, ID: id}
	if id == "" || b.written[ref] {
		return false
	}
	b.written[ref] = true
	return true
}

func (b *bearer) place(id string) error {
	if !b.first(domain.KindPlace, id) {
		return nil
	}
	v, err := b.q.Place(b.ctx, id, b.at)
	if err == nil {
		err = b.place(v.Parent)
	}
	if err != nil {
		return err
	}
	return b.line(Line{Kind: domain.KindPlace, Place: &v})
}

func (b *bearer) actor(id string) error {
	if !b.first(domain.KindActor, id) {
		return nil
	}
	v, err := b.q.Actor(b.ctx, id, b.at)
	if err != nil {
		return err
	}
	return b.line(Line{Kind: domain.KindActor, Actor: &v})
}

func (b *bearer) source(id string) error {
	if !b.first(domain.KindSource, id) {
		return nil
	}
	v, err := b.q.Source(b.ctx, id, b.at)
	for _, cited := range v.Cites {
		if err == nil {
			err = b.source(cited)
		}
	}
	if err != nil {
		return err
	}
	return b.line(Line{Kind: domain.KindSource, Source: &v})
}

func (b *bearer) line(l Line) error {
	raw, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = b.w.Write(append(raw, '\n'))
	return err
}

// WriteCommands writes the commands of the log up to an entry, each with its defaults and its id, in their order: truce
// apply puts them on an empty ledger, which then gives the same answers. Corrections name what they correct by its
// command_id, because sequences are each ledger's own. Signatures and keys stay behind: what was signed names the ledger that
// it was signed for, and another ledger has to be given keys of its own. A bundle carries those, to be checked and not applied.
func WriteCommands(ctx context.Context, w io.Writer, log eventstore.Log, upTo uint64) error {
	for m, err := range log.Read(ctx, 0) {
		if err != nil {
			return err
		}
		if m.Sequence > upTo {
			return nil
		}
		if eventstore.SubjectRef(m.Subject).Restricted() {
			continue // an export goes from hand to hand; a bundle or a backup is for who may know
		}
		line, err := portable(ctx, log, m)
		if err != nil {
			return err
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// portable is the command of an entry in a form that another ledger can take; nothing for the ledger's own.
func portable(ctx context.Context, log eventstore.Log, m eventstore.Message) ([]byte, error) {
	e, err := eventstore.Decode(m)
	if err != nil {
		return nil, err
	}
	switch e.Command.(type) {
	case *domain.AttachEvidence, *domain.TransferEvidence, *domain.ReadSecret, *domain.DestroySecret:
		return nil, nil // what lies beside this log stays with it, and so does who held it
	}
	if _, sendable := eventstore.NewCommand(e.Command.Verb()); !sendable {
		return nil, nil
	}
	raw, err := eventstore.EncodeCommand(e.Command)
	if err != nil {
		return nil, err
	}
	c, err := eventstore.DecodeCommand("", raw) // a copy: the entry's own is shared
	if err != nil {
		return nil, err
	}
	switch c.(type) {
	case *registry.RegisterKey, *registry.RotateKey, *registry.RevokeKey:
		return nil, nil
	}
	c.Head().Expect = nil
	domain.Unseal(c)
	var target *domain.CorrectionTarget
	switch c := c.(type) {
	case *domain.Correct:
		target = &c.CorrectionTarget
	case *domain.Retract:
		target = &c.CorrectionTarget
	}
	if target != nil && target.Sequence != 0 {
		if target.Corrects, err = commandID(ctx, log, target.Sequence); err != nil {
			return nil, err
		}
		target.Sequence = 0
	}
	if raw, err = eventstore.EncodeCommand(c); err != nil {
		return nil, err
	}
	return append(bytes.TrimSpace(raw), '\n'), nil
}

func commandID(ctx context.Context, log eventstore.Log, sequence uint64) (string, error) {
	for m, err := range log.Read(ctx, sequence-1) {
		if err != nil {
			return "", err
		}
		e, err := eventstore.Decode(m)
		if err != nil {
			return "", err
		}
		return e.Command.Head().CommandID, nil
	}
	return "", eventstore.ErrNotAnEntry
}
