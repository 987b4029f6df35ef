package interchange

import (
	"context"
	"errors"
	"hash/maphash"
	"io"

	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/projections"
)

// A Ledger is where an import puts its commands; *eventstore.Ledger is one.
type Ledger interface {
	Execute(context.Context, eventstore.Request) (eventstore.Result, error)
	Record(context.Context, domain.Ref) (domain.Record, error)
	BeginRehearsal(context.Context) (*eventstore.Rehearsal, error)
}

// An executor takes commands and answers how a record stands after them.
type executor interface {
	Execute(context.Context, eventstore.Request) (eventstore.Result, error)
	Record(context.Context, domain.Ref) (domain.Record, error)
}

// Models are what an import asks of the read models.
type Models interface {
	Version(context.Context, domain.Ref) (uint64, error)
	Resolve(context.Context, projections.Clock) (projections.Point, error)
	Incidents(context.Context, projections.IncidentFilter, projections.Point, projections.Paging) (projections.Page[projections.IncidentView], error)
	Ceasefires(context.Context, projections.CeasefireFilter, projections.Point, projections.Paging) (projections.Page[projections.CeasefireView], error)
	Applied() uint64
	WaitFor(ctx context.Context, sequence uint64) error
}

// An Importer puts one table on the record.
type Importer struct {
	Ledger    Ledger
	Models    Models
	Principal string
	Format    Format
	// RetractMissing retracts the format's records that the table no longer has.
	RetractMissing bool
	// DryRun tells what would be recorded and what would be refused, by the same rules, and records nothing.
	DryRun bool
	// Tell is called with every Report, in the order of the rows, by one goroutine.
	Tell func(Report)

	total Summary
	to    executor            // the ledger, or a rehearsal of it
	known map[domain.Ref]bool // on the register for certain
	seen  map[uint64]struct{} // records of the table, eight bytes a row: the only thing that grows with it
	seed  maphash.Seed
}

// A Report is one thing to tell of an import, and a Summary what became of all of it.
type (
	Report  = wire.ImportReport
	Summary = wire.ImportSummary
)

// waveSize is how many rows are decided at once: enough to share the log's flushes, few enough to hold in memory.
const waveSize = 512

// Run imports the table. An error ends it early; what is recorded stays, and running it again goes on from there.
func (im *Importer) Run(ctx context.Context, in io.Reader) (Summary, error) {
	im.known, im.seen, im.seed = map[domain.Ref]bool{}, map[uint64]struct{}{}, maphash.MakeSeed()
	im.to = im.Ledger
	if im.DryRun {
		r, err := im.Ledger.BeginRehearsal(ctx)
		if err != nil {
			return im.total, err
		}
		im.to = r
	}
	t, err := open(im.Format, in)
	if err != nil {
		return im.total, &domain.FieldError{Field: "table", Problem: err.Error()}
	}
	if err := t.require(im.Format.Columns()); err != nil {
		return im.total, &domain.FieldError{Field: "table", Problem: err.Error()}
	}
	if err := im.rows(ctx, t); err != nil {
		return im.total, err
	}
	if im.RetractMissing {
		if err := im.retractMissing(ctx); err != nil {
			return im.total, err
		}
	}
	total := im.total
	im.Tell(Report{Type: "done", Bytes: t.offset, Summary: &total})
	return im.total, nil
}

// rows reads the table wave by wave.
func (im *Importer) rows(ctx context.Context, t *table) error {
	var wave []*job
	var group []Row
	flush := func() error {
		err := im.carryOut(ctx, t, wave)
		wave = wave[:0]
		return err
	}
	end := func() {
		if len(group) > 0 {
			wave = append(wave, im.translate(group))
			group = nil
		}
	}
	for row, err := range t.rows() {
		if bad := (*Unfit)(nil); errors.As(err, &bad) {
			end()
			wave = append(wave, &job{rows: []Row{row}, bad: bad})
			continue
		}
		if err != nil {
			return &domain.FieldError{Field: "table", Problem: err.Error()}
		}
		if !im.Format.Grouped() || len(group) == 0 || im.Format.Key(group[0]) != im.Format.Key(row) {
			end()
		}
		if len(wave) >= waveSize {
			if err := flush(); err != nil {
				return err
			}
		}
		group = append(group, row)
	}
	end()
	return flush()
}

// adding is what a format is whose rows may say more of a record that another row holds.
type adding interface{ adds(key string) bool }

// translate asks the format what the rows mean. A key that stands twice would be corrected to and fro by every run.
func (im *Importer) translate(rows []Row) *job {
	j := &job{rows: rows, key: im.Format.Key(rows[0])}
	var err error
	j.record = recordOf(im.Format, j.key)
	name := j.record.String()
	if a, ok := im.Format.(adding); ok && a.adds(j.key) {
		j.last, name = true, j.key // the record itself has a row of its own
	}
	hash := maphash.String(im.seed, name)
	_, twice := im.seen[hash]
	switch {
	case j.key == "":
		err = unfit("no-key", "the row has no id of its own")
	case twice:
		err = unfit("duplicate-key", "the id %q stood in the table before", j.key)
	default:
		im.seen[hash] = struct{}{}
		j.item, err = im.Format.Translate(rows)
	}
	if err != nil && !errors.As(err, &j.bad) {
		j.bad = &Unfit{"not-understood", err.Error()}
	}
	return j
}
