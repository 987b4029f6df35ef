package interchange

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"truceledger/domain"
	"truceledger/domain/registry"
	"truceledger/eventstore"
	"truceledger/projections"
)

// A job is one row, or one group of rows, on its way to the record.
type job struct {
	rows    []Row
	key     string
	record  domain.Ref
	item    Item
	bad     *Unfit
	last    bool   // it adds to a record that another row of the wave may begin
	action  string // recorded, corrected, reinstated, or "" for unchanged
	entries int
	plans   []Report // of a dry run
	failed  error    // of the server: the import ends
}

// workers is how many commands are under way at once: the log flushes them together.
const workers = 128

// carryOut registers what the rows name and then records the rows, and tells of them in their order.
func (im *Importer) carryOut(ctx context.Context, t *table, wave []*job) error {
	unfit, err := im.register(ctx, wave)
	if err != nil {
		return err
	}
	for _, j := range wave {
		j.lacks(unfit)
	}
	for _, last := range []bool{false, true} {
		each(wave, func(j *job) {
			if j.bad == nil && j.last == last {
				j.failed = im.record(ctx, j)
			}
		})
	}
	for _, j := range wave {
		if j.failed != nil {
			return fmt.Errorf("row %d: %w", j.rows[0].Number, j.failed)
		}
		im.tell(t, j)
	}
	total := im.total
	im.Tell(Report{Type: "progress", Bytes: t.offset, Summary: &total})
	return ctx.Err()
}

func each[T any](list []T, do func(T)) {
	var running sync.WaitGroup
	next := make(chan T)
	for range min(workers, len(list)) {
		running.Go(func() {
			for x := range next {
				do(x)
			}
		})
	}
	for _, x := range list {
		next <- x
	}
	close(next)
	running.Wait()
}

// tell counts a job and reports it.
func (im *Importer) tell(t *table, j *job) {
	s := &im.total
	s.Rows += len(j.rows)
	s.Entries += j.entries
	if j.bad != nil {
		s.Quarantined += len(j.rows)
		for _, r := range j.rows {
			im.Tell(Report{Type: "quarantined", Row: r.Number, Line: r.Line, Key: j.key, Code: j.bad.Code, Reason: j.bad.Reason, Header: t.header, Raw: r.Raw})
		}
		return
	}
	for _, p := range j.plans {
		im.Tell(p)
	}
	counts := map[string]*int{"recorded": &s.Stored, "corrected": &s.Corrected, "reinstated": &s.Reinstated, "": &s.Unchanged}
	*counts[j.action] += len(j.rows)
}

// lacks sets a row aside that needs what cannot be registered, or is nothing but that.
func (j *job) lacks(unfit map[domain.Ref]*Unfit) {
	for _, c := range j.item.Needs {
		if bad := unfit[c.Target()]; bad != nil && j.bad == nil {
			j.bad = bad
		}
	}
}

// register puts on the register what the rows of a wave name and it lacks: what lies in nothing first, then what lies in
// that. A row that is bad registers nothing. It returns what cannot be registered, with the reason.
func (im *Importer) register(ctx context.Context, wave []*job) (map[domain.Ref]*Unfit, error) {
	if len(im.known) > 200_000 {
		clear(im.known) // a bound on memory; what is forgotten is looked up again
	}
	depth := map[domain.Ref]int{}
	var levels [][]domain.Command
	for _, j := range wave {
		if j.bad != nil {
			continue
		}
		for _, c := range j.item.Needs {
			ref := c.Target()
			if _, planned := depth[ref]; planned || im.known[ref] {
				continue
			}
			d := 0
			for _, above := range rests(c) {
				d = max(d, depth[above]+1)
			}
			depth[ref] = d
			for len(levels) <= d {
				levels = append(levels, nil)
			}
			levels[d] = append(levels[d], c)
		}
	}
	unfit := map[domain.Ref]*Unfit{}
	for _, level := range levels {
		if err := im.registerLevel(ctx, level, unfit); err != nil {
			return nil, err
		}
	}
	return unfit, nil
}

func (im *Importer) registerLevel(ctx context.Context, level []domain.Command, unfit map[domain.Ref]*Unfit) error {
	type outcome struct {
		ref    domain.Ref
		stored bool
		err    error
	}
	outcomes := make(chan outcome, len(level))
	each(level, func(c domain.Command) {
		stored, err := im.registerOne(ctx, c)
		outcomes <- outcome{c.Target(), stored, err}
	})
	close(outcomes)
	for o := range outcomes {
		if bad := refused(o.err); bad != nil {
			unfit[o.ref] = &Unfit{bad.Code, "register " + o.ref.String() + ": " + bad.Reason}
			continue
		}
		if o.err != nil {
			return fmt.Errorf("register %s: %w", o.ref, o.err)
		}
		im.known[o.ref] = true
		if o.stored {
			im.total.Registered++
			im.total.Entries++
		}
	}
	return nil
}

// registerOne registers what is not there. What is there under the same id is used as it is, whoever registered it.
func (im *Importer) registerOne(ctx context.Context, c domain.Command) (stored bool, err error) {
	if known, err := im.exists(ctx, c.Target()); err != nil || known {
		return false, err
	}
	stored, err = im.send(ctx, c, identify("register", c.Target().String(), "").after("", nil))
	if errors.Is(err, domain.ErrExists) || errors.Is(err, eventstore.ErrCommandIDUsed) {
		return false, nil
	}
	return stored, err
}

// exists asks the read models, which hold everything that this import has waited for; where they lag behind, the ledger
// itself refuses what exists.
func (im *Importer) exists(ctx context.Context, ref domain.Ref) (bool, error) {
	n, err := im.Models.Version(ctx, ref)
	if missing := (*domain.NotFound)(nil); errors.As(err, &missing) {
		return false, nil
	}
	return n > 0, err
}

// send executes one command. What says nothing about the command is tried again for a while.
func (im *Importer) send(ctx context.Context, c domain.Command, id string) (stored bool, err error) {
	c.Head().CommandID = id
	for try := 0; ; try++ {
		r, err := im.to.Execute(ctx, eventstore.Request{Command: c, Principal: im.Principal})
		passes := errors.Is(err, eventstore.ErrQueueFull) || errors.Is(err, eventstore.ErrUnavailable) ||
			errors.Is(err, eventstore.ErrConflict) || errors.Is(err, projections.ErrNotReady)
		if !passes || try == 10 {
			return err == nil && !r.Replayed, err
		}
		select {
		case <-time.After(50 * time.Millisecond << min(try, 6)):
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// rests lists what an entry of the register names itself, and so must come after.
func rests(c domain.Command) (refs []domain.Ref) {
	switch c := c.(type) {
	case *registry.RegisterPlace:
		if c.Parent != "" {
			refs = append(refs, domain.Ref{Kind: domain.KindPlace, ID: c.Parent})
		}
	case *registry.RegisterSource:
		for _, id := range c.Cites {
			refs = append(refs, domain.Ref{Kind: domain.KindSource, ID: id})
		}
	}
	return refs
}
