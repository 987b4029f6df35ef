package interchange

import (
	"context"
	"errors"

	"truceledger/domain"
	"truceledger/eventstore"
)

// record puts one job on the record. It returns only the server's failures: a rule's no is the row's.
func (im *Importer) record(ctx context.Context, j *job) error {
	exists, err := im.exists(ctx, j.record)
	if err != nil {
		return err
	}
	defer im.forget(j.record)
	for _, p := range j.item.Parts {
		if err := im.part(ctx, j, p, exists); err != nil {
			return im.blame(j, err)
		}
	}
	return nil
}

// forget keeps a rehearsal from holding every row. Where later rows may add to the record, it has to.
func (im *Importer) forget(ref domain.Ref) {
	_, adds := im.Format.(adding)
	if r, rehearsed := im.to.(*eventstore.Rehearsal); rehearsed && !adds {
		r.Forget(ref)
	}
}

// blame makes a no the row's own fault, and leaves the rest to the caller.
func (im *Importer) blame(j *job, err error) error {
	if j.bad = refused(err); j.bad == nil {
		return err
	}
	return nil
}

// refused says why a row cannot be taken, nil where err says nothing about the row. An import must go on behind such a
// row, whatever it is: run again it would stop there for ever.
func refused(err error) *Unfit {
	var (
		field    *domain.FieldError
		refusal  *domain.Refusal
		no       domain.Rejection
		notFound *domain.NotFound
	)
	switch {
	case errors.As(err, &field):
		return &Unfit{"invalid-field", field.Error()}
	case errors.As(err, &refusal):
		return &Unfit{refusal.Code(), refusal.Error()}
	case errors.As(err, &no):
		return &Unfit{no.Code(), no.Error()}
	case errors.As(err, &notFound):
		return &Unfit{"not-found", notFound.Error() + ": the row says something of it, and no row before could record it"}
	case errors.Is(err, eventstore.ErrTooLarge):
		return &Unfit{"entry-too-large", err.Error()}
	}
	return nil
}

// part records one command of a job, or what brings the record to say the same.
func (im *Importer) part(ctx context.Context, j *job, p Part, exists bool) error {
	k := identify(im.Format.Name(), j.record.ID, p.Name)
	said, err := content(p.Command)
	if err != nil {
		return err
	}
	if !exists {
		err := im.store(ctx, j, p.Command, k.after("", said), "recorded")
		if !errors.Is(err, domain.ErrExists) && !errors.Is(err, eventstore.ErrCommandIDUsed) {
			return err
		}
	}
	r, err := im.to.Record(ctx, j.record)
	if err != nil {
		return err
	}
	switch was := k.past(r); {
	case was.last == "" && p.Name == "":
		return domain.Refuse(domain.ErrExists, "%s was recorded by somebody else, not by this import", j.record)
	case was.last == "":
		return im.store(ctx, j, p.Command, k.after("", said), "corrected")
	case k.says(was, said):
		return nil
	case was.retracted != 0:
		return im.reinstate(ctx, j, p, k, was, said)
	default:
		return im.correct(ctx, j, p, k, was, said)
	}
}

// store sends a command; in a dry run it also notes that it would be sent.
func (im *Importer) store(ctx context.Context, j *job, c domain.Command, id, action string) error {
	stored, err := im.send(ctx, c, id)
	if err != nil || !stored {
		return err
	}
	j.entries++
	j.did(action)
	if !im.DryRun {
		return nil
	}
	plan, err := eventstore.EncodeCommand(c)
	j.plans = append(j.plans, Report{Type: "would", Row: j.rows[0].Number, Line: j.rows[0].Line, Key: j.key, Record: j.record.String(), Action: action, Command: plan})
	return err
}

// did notes the weightiest thing that a job did: a new record before a correction of it.
func (j *job) did(action string) {
	if j.action == "" || action == "recorded" {
		j.action = action
	}
}

func (im *Importer) correct(ctx context.Context, j *job, p Part, k identity, was past, said []byte) error {
	return im.store(ctx, j, &domain.Correct{
		Header:           domain.Header{By: p.Command.Head().By},
		CorrectionTarget: domain.CorrectionTarget{Record: j.record.String(), Corrects: was.first},
		Reason:           changed, Replacement: p.Command,
	}, k.after(was.last, said), "corrected")
}

// reinstate takes the retraction back, and then says what the row says now where that is something else.
func (im *Importer) reinstate(ctx context.Context, j *job, p Part, k identity, was past, said []byte) error {
	back := k.after(was.last, []byte("reinstated"))
	err := im.store(ctx, j, &domain.Retract{
		Header:           domain.Header{By: p.Command.Head().By},
		CorrectionTarget: domain.CorrectionTarget{Record: j.record.String(), Sequence: was.retracted},
		Reason:           returned,
	}, back, "reinstated")
	if err != nil {
		return err
	}
	was.last = back
	return im.correct(ctx, j, p, k, was, said)
}
