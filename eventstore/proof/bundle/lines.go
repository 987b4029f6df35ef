package bundle

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/signed"
)

// A line is one line of events.jsonl: an entry, or the hash of one that is withheld.
type line struct {
	sequence  uint64
	offset    int64  // where it begins in events.jsonl
	end       int64  // and where the next one does
	payload   []byte // nil where it is withheld
	leaf      tlog.Hash
	heading   eventstore.Heading
	entry     *eventstore.Entry // decoded, where others depend on it
	statement *signed.Statement // what a party has signed
	err       error
}

// withheldLine stands where an entry is withheld.
type withheldLine struct {
	Withheld uint64 `json:"withheld"`
	Leaf     []byte `json:"leaf"`
}

var withheldBegins = []byte(`{"withheld":`)

// parse reads one line without its end.
func (l *line) parse(raw []byte) error {
	if !bytes.HasPrefix(raw, withheldBegins) {
		l.payload, l.leaf = raw, tlog.RecordHash(raw)
		return nil
	}
	var w withheldLine
	err := json.Unmarshal(raw, &w, json.RejectUnknownMembers(true))
	if err != nil || w.Withheld != l.sequence || len(w.Leaf) != tlog.HashSize ||
		string(raw) != fmt.Sprintf(`{"withheld":%d,"leaf":"%s"}`, l.sequence, base64.StdEncoding.EncodeToString(w.Leaf)) {
		return failed(l.sequence, "line", "it is no entry and no withheld one")
	}
	l.payload, l.leaf = nil, tlog.Hash(w.Leaf)
	return nil
}

// batchSize is as many lines as a tile has leaves, so that a batch is compared with one tile and one file of entries.
const batchSize = 256

// A batch is a run of lines that is worked on by one core. It is used again once it was visited.
type batch struct {
	memory []byte // of the payloads
	lines  []line
	bad    bool      // one of them has an error
	tile   []byte    // the leaves of a full batch without an error
	root   tlog.Hash // of that tile
	done   chan struct{}
}

// lines reads events.jsonl ahead on all cores and calls visit for each batch in order.
func (v *verifier) lines(visit func(*batch) error) error {
	f, err := v.dir.Open("events.jsonl")
	if err != nil {
		return unread(err)
	}
	defer func() { _ = f.Close() }()
	workers := runtime.GOMAXPROCS(0)
	todo, ordered, stop := make(chan *batch, workers), make(chan *batch, workers+1), make(chan struct{})
	readError := make(chan error, 1)
	go func() { readError <- v.readAhead(f, todo, ordered, stop) }()
	for range workers {
		go func() {
			w := worker{verifier: v}
			for b := range todo {
				w.work(b)
				close(b.done)
			}
		}()
	}
	err = v.consume(ordered, visit)
	close(stop)
	if failed := <-readError; err == nil {
		err = failed
	}
	return err
}

func (v *verifier) consume(ordered chan *batch, visit func(*batch) error) error {
	for b := range ordered {
		<-b.done
		if err := visit(b); err != nil {
			return err
		}
		v.spare.Put(b)
	}
	return nil
}

// A worker checks batches on one core: all that can be said of a line without those before it.
type worker struct {
	*verifier
	files entryFile
	tile  buffer

	root     tlog.Hash // of the first entries, rootSize of them; see rootAt
	rootSize int64
}

func (w *worker) work(b *batch) {
	first := int64(b.lines[0].sequence) - 1
	leaves, tileErr := w.tile.leaves(w.dir, first/batchSize, w.head.Size)
	filesErr := w.files.open(w.dir, first/batchSize, w.head.Size)
	for i := range b.lines {
		l := &b.lines[i]
		if l.err = w.check(l, leaves, tileErr, filesErr); l.err != nil {
			b.bad = true
			return // nothing behind it is looked at
		}
	}
	if len(b.lines) == batchSize && len(leaves) == batchSize*tlog.HashSize {
		b.tile = append(b.tile, leaves...)
		if b.root, b.lines[batchSize-1].err = proof.TileRoot(first/batchSize, b.tile); b.lines[batchSize-1].err != nil {
			b.bad = true
		}
	}
}

// check compares a line with the tile and with the file of entries, and reads what is needed of it.
func (w *worker) check(l *line, leaves []byte, tileErr, filesErr error) error {
	if int64(l.sequence) > w.head.Size {
		return failed(l.sequence, "line", "there are more entries than the head covers")
	}
	if err := l.parse(l.payload); err != nil {
		return err
	}
	if tileErr != nil {
		return tileErr
	}
	if filesErr != nil {
		return filesErr
	}
	if err := w.files.compare(l); err != nil {
		return err
	}
	at := (int64(l.sequence) - 1) % batchSize * tlog.HashSize
	if tlog.Hash(leaves[at:at+tlog.HashSize]) != l.leaf {
		return failed(l.sequence, "tile", "its bytes are not those that the tree was built over")
	}
	return w.read(l)
}

// read reads the heading of an entry, and all of one on which others depend.
func (w *worker) read(l *line) (err error) {
	if l.payload == nil {
		return nil
	}
	if l.heading, err = w.replay.Heading(l.sequence, l.payload); err != nil {
		return failed(l.sequence, "entry", "%v", err)
	}
	if !l.heading.Followed {
		return nil
	}
	e, err := eventstore.ReadPayload(l.sequence, l.payload)
	if err != nil {
		return failed(l.sequence, "entry", "%v", err)
	}
	l.entry = &e
	l.statement, err = w.statement(l.entry)
	return err
}

// readAhead splits the file into batches until it ends or stop is closed.
func (v *verifier) readAhead(f io.Reader, todo, ordered chan *batch, stop chan struct{}) error {
	defer close(ordered)
	defer close(todo)
	in := bufio.NewReaderSize(f, 1<<20)
	sequence, offset := uint64(0), int64(0)
	for {
		b, again := v.spare.Get().(*batch)
		if !again {
			b = &batch{}
		}
		b.bad, b.tile, b.done = false, b.tile[:0], make(chan struct{})
		err := v.fill(b, in, &sequence, &offset)
		if len(b.lines) > 0 && !send(b, todo, ordered, stop) {
			return nil
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func send(b *batch, todo, ordered chan *batch, stop chan struct{}) bool {
	for _, c := range []chan *batch{todo, ordered} {
		select {
		case c <- b:
		case <-stop:
			return false
		}
	}
	return true
}

// fill reads up to one batch; what comes before an error is in it. Its lines share one piece of memory.
func (v *verifier) fill(b *batch, in *bufio.Reader, sequence *uint64, offset *int64) error {
	memory, ends := b.memory[:0], make([]int, 0, batchSize)
	var stopped error
	start := *offset
	for len(ends) < batchSize {
		raw, err := in.ReadSlice('\n')
		if stopped = endOfLine(*sequence+1, raw, err); stopped != nil {
			break
		}
		*sequence++
		*offset += int64(len(raw))
		memory = append(memory, raw...)
		ends = append(ends, len(memory))
	}
	b.memory = memory
	if b.lines == nil {
		b.lines = make([]line, batchSize)
	}
	b.lines = b.lines[:len(ends)]
	from := 0
	for i, to := range ends {
		b.lines[i] = line{sequence: *sequence - uint64(len(ends)-i-1), offset: start + int64(from), end: start + int64(to), payload: memory[from : to-1 : to-1]}
		from = to
	}
	return stopped
}

// endOfLine says why a line cannot be taken: io.EOF where there is none.
func endOfLine(sequence uint64, raw []byte, err error) error {
	switch {
	case err == io.EOF && len(raw) == 0:
		return io.EOF
	case err == io.EOF:
		return failed(sequence, "line", "the file ends within it")
	case errors.Is(err, bufio.ErrBufferFull) || len(raw) > eventstore.MaxPayload+1:
		return failed(sequence, "line", "it is longer than an entry can be")
	case err != nil:
		return unread(err)
	}
	return nil
}
