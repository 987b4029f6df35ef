package bundle

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/witness"
)

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
	ctx        context.Context
	dir        fs.FS
	report     *Report
	head       proof.Head
	all        []mark // the heads by size, ascending
	marks      []mark // those of them that are still to be compared
	index      *index
	edge       *proof.Edge
	tiles      *tileFiles
	files      *entryFiles
	replay     *eventstore.Replay
	pool       *pool
	cases      []ruling          // of the batch that is being read
	known      time.Time         // the running maximum of recorded_at
	counts     map[string]uint64 // by key: the number of the newest statement that it has signed
	batchBytes int               // of the reader that runs ahead
	hidden     uint64            // the sequence of the first withheld entry, 0 for none

	signed, decided, hiddenCases, unruled atomic.Uint64 // what the pool has found; see Report
}

func (v *verifier) run() (err error) {
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
	v.files = &entryFiles{dir: v.dir, size: v.head.Size}
	v.tiles = &tileFiles{dir: v.dir, size: v.head.Size}
	v.edge = proof.NewEdge(v.fullTile)
	v.replay = eventstore.NewReplay(v.index.payload, 0)
	v.pool = newPool(runtime.GOMAXPROCS(0))
	err = v.pool.wait(v.entries())
	v.report.Signed, v.report.Decided = v.signed.Load(), v.decided.Load()
	v.report.Undecided, v.report.Unruled = v.hiddenCases.Load(), v.unruled.Load()
	if err != nil {
		return err
	}
	v.report.EntriesRead = v.report.Withheld == 0
	if err := v.attachments(); err != nil {
		return err
	}
	return v.receipts()
}

// earlier reports whether failure a names an entry before the one that b names.
func earlier(a, b error) bool {
	var fa, fb *Failure
	if !errors.As(a, &fa) {
		return a != nil && b == nil
	}
	return !errors.As(b, &fb) && b == nil || fb != nil && fa.Sequence < fb.Sequence
}

// entries goes through all entries once.
func (v *verifier) entries() error {
	if err := v.passMarks(); err != nil { // heads of an empty log
		return err
	}
	// Without the rules, only what is signed is read, and the records of actors, on which the keys stand.
	decode := func(payload []byte) bool {
		return !v.SkipRules || isSigned(payload) || isOfActor(payload) || isOfLedger(payload)
	}
	if err := v.lines(decode, v.line, v.judge); err != nil {
		return err
	}
	if v.edge.Size() != v.head.Size {
		return failed(0, "root", "the bundle has %d entries, its head covers %d", v.edge.Size(), v.head.Size)
	}
	return v.lastTiles()
}

// line checks one entry against everything that speaks of it, from the bytes up: the entry file, the tile, the heads
// that end with it, and then what it says.
func (v *verifier) line(l *line) error {
	if err := v.ctx.Err(); err != nil {
		return err
	}
	if v.pool.failed.Load() {
		return errElsewhere
	}
	if v.edge.Size() >= v.head.Size {
		return failed(l.sequence, "line", "there are more entries than the head covers")
	}
	if err := v.bytes(l); err != nil {
		return err
	}
	if err := v.edge.Append(l.leaf); err != nil {
		return err
	}
	if err := v.passMarks(); err != nil {
		return err
	}
	if v.Progress != nil && v.edge.Size()%8192 == 0 {
		v.Progress(v.edge.Size(), v.head.Size)
	}
	if err := v.says(l); err != nil {
		return err
	}
	if v.Entry != nil {
		v.Entry(l.sequence, v.times(l))
	}
	return nil
}

// bytes compares a line with the entry file and with the tile of the lowest level.
func (v *verifier) bytes(l *line) error {
	if l.err != nil && l.leaf == (tlog.Hash{}) {
		return l.err
	}
	want, err := v.tiles.leaf(int64(l.sequence) - 1)
	if err != nil {
		return err
	}
	if err := v.files.compare(l); err != nil {
		return err
	}
	if want != l.leaf {
		return failed(l.sequence, "tile", "its bytes are not those that the tree was built over")
	}
	return l.err
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
	if l.decoded {
		t.ClaimedByUs = l.entry.RecordedAt
		if s, err := statementOf(&l.entry); err == nil && s != nil {
			t.NotBefore, t.BeforeBy = v.seenAt(s.Seen.Size)
		}
	}
	return t
}

// seenAt returns when a witness first cosigned the head of exactly this size. A signer who takes only cosigned heads for
// seen, as our program does, cannot have signed before that.
func (v *verifier) seenAt(size int64) (time.Time, string) {
	i, found := slices.BinarySearchFunc(v.all, size, func(m mark, size int64) int { return cmp.Compare(m.size, size) })
	for ; found && i < len(v.all) && v.all[i].size == size; i++ {
		if !v.all[i].at.IsZero() {
			return v.all[i].at, v.all[i].by
		}
	}
	return time.Time{}, ""
}
