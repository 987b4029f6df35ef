package bundle

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"truceledger/eventstore"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/witness"
)

// cacheBytes bounds the records that are kept because the rules ask for them when they decide others.
const cacheBytes = 64 << 20

// Trust is what the auditor brings. Nothing of it is ever taken from the bundle.
type Trust struct {
	LogKey note.Verifier
	Policy *witness.Policy // whose cosignatures suffice; nil asks for none
	Kept   [][]byte        // signed heads that the auditor has kept from earlier: they must belong to this history
}

// Options say how a bundle is verified.
type Options struct {
	Trust
	// SkipRules leaves out deciding every entry again, which takes most of the time.
	SkipRules bool
	// Progress is told now and then how far it is.
	Progress func(done, of int64)
	// Entry, where it is not nil, is told what can be said of when each entry was made.
	Entry func(sequence uint64, t Times)
}

// Verify checks a bundle in a folder and says what holds. The error is a *Failure for a bundle that does not hold, with
// the first entry that is bad; the report then says what was found until there. Anything that is not understood fails.
func Verify(ctx context.Context, dir string, o Options) (*Report, error) {
	if o.LogKey == nil {
		return nil, errors.New("the log's verifier key is needed; get it from somebody you trust, not from the bundle")
	}
	v := &verifier{Options: o, ctx: ctx, dir: os.DirFS(dir), report: &Report{}, counts: map[string]uint64{}}
	v.report.Replayed = !o.SkipRules
	return v.report, v.run()
}

type verifier struct {
	Options
	ctx      context.Context
	dir      fs.FS
	report   *Report
	head     proof.Head
	all      []mark // the heads by size, ascending
	marks    []mark // those of them that are still to be compared
	index    *index
	shelves  *shelves
	edge     *proof.Edge
	tiles    *tileFiles
	replay   *eventstore.Replay
	pool     *pool
	counts   map[string]uint64 // by key: the number of the newest statement that it has signed
	spare    sync.Pool         // of *batch
	hidden   uint64            // the sequence of the first withheld entry, 0 for none
	progress progress

	signed, decided, hiddenCases, firstHidden atomic.Uint64 // what the pool has found; see Report
}

func (v *verifier) run() (err error) {
	if err = v.survey(); err != nil {
		return err
	}
	if v.head, v.marks, err = v.readHeads(); err != nil {
		return err
	}
	v.all = v.marks
	v.report.Origin, v.report.Size, v.report.Root = v.head.Origin, v.head.Size, v.head.Root.String()
	v.report.Ledger, v.report.Bounds = proof.LedgerOf(v.head.Origin), bounds(v.marks)
	if v.index, err = newIndex(v.dir); err != nil {
		return err
	}
	defer v.index.close()
	if v.shelves, err = v.newShelves(); err != nil {
		return err
	}
	defer v.shelves.close()
	v.tiles = &tileFiles{dir: v.dir, size: v.head.Size}
	v.edge = proof.NewEdge(v.fullTile)
	v.replay = eventstore.NewReplay(v.index, cacheBytes)
	v.progress.begin(v)
	if err = v.check(); err != nil {
		return err
	}
	v.report.EntriesRead = v.report.Withheld == 0
	if err := v.attachments(); err != nil {
		return err
	}
	if err := v.receipts(); err != nil {
		return err
	}
	return v.strangers()
}

// check goes through all entries: once in the order of the log, and once record by record for the rules.
func (v *verifier) check() error {
	v.pool = newPool(runtime.GOMAXPROCS(0))
	err := v.pool.wait(v.entries())
	if failed := v.index.finish(); err == nil {
		err = failed
	}
	if !v.SkipRules {
		err = v.rules(err)
	}
	v.report.Signed, v.report.Decided = v.signed.Load(), v.decided.Load()
	v.report.Undecided, v.report.FirstUndecided = v.hiddenCases.Load(), v.firstHidden.Load()
	return err
}

func (v *verifier) newShelves() (*shelves, error) {
	info, err := fs.Stat(v.dir, "events.jsonl")
	if err != nil {
		return nil, err
	}
	return newShelves(info.Size()), nil
}

// earlier reports whether failure a names an entry before the one that b names.
func earlier(a, b error) bool {
	var fa, fb *Failure
	if !errors.As(a, &fa) {
		return a != nil && b == nil
	}
	return !errors.As(b, &fb) && b == nil || fb != nil && fa.Sequence < fb.Sequence
}

// entries goes through all entries once, in the order of the log.
func (v *verifier) entries() error {
	if err := v.passMarks(); err != nil { // heads of an empty log
		return err
	}
	if err := v.lines(v.batch); err != nil {
		return err
	}
	if v.edge.Size() != v.head.Size {
		return failed(0, "root", "the bundle has %d entries, its head covers %d", v.edge.Size(), v.head.Size)
	}
	return v.lastTiles()
}

// batch checks what can be said of lines only with those before them: the tree, the heads that end with one of them, and
// what the entries say.
func (v *verifier) batch(b *batch) error {
	if err := v.ctx.Err(); err != nil {
		return err
	}
	if v.pool.failed.Load() {
		return errElsewhere
	}
	from := v.edge.Size()
	whole := len(b.tile) > 0 && !b.bad && (len(v.marks) == 0 || v.marks[0].size >= from+batchSize)
	if whole {
		if err := v.edge.AppendTile(b.tile, b.root); err != nil {
			return err
		}
	}
	for i := range b.lines {
		l := &b.lines[i]
		if l.err != nil {
			return l.err
		}
		if !whole {
			if err := v.edge.Append(l.leaf); err != nil {
				return err
			}
			if err := v.passMarks(); err != nil {
				return err
			}
		}
		if err := v.says(l); err != nil {
			return err
		}
	}
	v.progress.add(len(b.lines))
	return v.passMarks()
}

// passMarks compares the root with the heads that end here.
func (v *verifier) passMarks() error {
	for len(v.marks) > 0 && v.marks[0].size == v.edge.Size() {
		m := v.marks[0]
		v.marks = v.marks[1:]
		root, err := v.edge.Root()
		if err != nil {
			return err
		}
		switch {
		case root == m.root:
		case m.kept:
			return failed(uint64(m.size), "history", "the entries up to here are not those of the head that you kept: the log's history was rewritten, and both heads are signed by its key")
		case m.size == v.head.Size && m.root == v.head.Root:
			return failed(uint64(m.size), "root", "the entries up to here are not those of the newest head; one since the head before it was altered, added or left out")
		default:
			return failed(uint64(m.size), "root", "the entries up to here are not those of the signed head of this size")
		}
	}
	return nil
}

// times says what is known of when an entry was made.
func (v *verifier) times(l *line) Times {
	var t Times
	if b, ok := v.report.NotAfter(l.sequence); ok {
		t.NotAfter, t.NotAfterBy = b.NotAfter, b.By
	}
	t.ClaimedByUs = l.heading.RecordedAt
	if l.statement != nil {
		if at, by := v.seenAt(l.statement.Seen.Size); !at.After(l.heading.RecordedAt) { // or the head was cosigned only after it was seen
			t.NotBefore, t.BeforeBy = at, by
		}
	}
	return t
}

// seenAt returns when a witness first cosigned the head of exactly this size. Who had seen it cosigned, as our program waits for,
// cannot have signed before that.
func (v *verifier) seenAt(size int64) (time.Time, string) {
	i, found := slices.BinarySearchFunc(v.all, size, func(m mark, size int64) int { return cmp.Compare(m.size, size) })
	for ; found && i < len(v.all) && v.all[i].size == size; i++ {
		if !v.all[i].at.IsZero() {
			return v.all[i].at, v.all[i].by
		}
	}
	return time.Time{}, ""
}
