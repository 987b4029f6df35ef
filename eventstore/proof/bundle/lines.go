package bundle

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"sync"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore"
)

// A line is one line of events.jsonl: an entry, or the hash of one that is withheld.
type line struct {
	sequence uint64
	payload  []byte // nil where it is withheld
	leaf     tlog.Hash
	entry    eventstore.Entry // decoded, where that was asked for
	decoded  bool
	err      error
}

// withheldLine stands where an entry is withheld.
type withheldLine struct {
	Withheld uint64 `json:"withheld"`
	Leaf     []byte `json:"leaf"`
}

var withheldBegins = []byte(`{"withheld":`)

// parseLine reads one line without its end.
func parseLine(sequence uint64, raw []byte) line {
	l := line{sequence: sequence}
	if !bytes.HasPrefix(raw, withheldBegins) {
		l.payload, l.leaf = raw, tlog.RecordHash(raw)
		return l
	}
	var w withheldLine
	err := json.Unmarshal(raw, &w, json.RejectUnknownMembers(true))
	if err != nil || w.Withheld != sequence || len(w.Leaf) != tlog.HashSize ||
		string(raw) != fmt.Sprintf(`{"withheld":%d,"leaf":"%s"}`, sequence, base64.StdEncoding.EncodeToString(w.Leaf)) {
		l.err = failed(sequence, "line", "it is no entry and no withheld one")
		return l
	}
	l.leaf = tlog.Hash(w.Leaf)
	return l
}

const batchSize = 256

// A batch is a run of lines that is worked on by one core.
type batch struct {
	lines []line
	done  chan struct{}
}

// lines reads events.jsonl ahead on all cores and calls visit for each line in order, and pause now and then, and at the end
// of what could be visited. decode says which entries are decoded on the way.
func (v *verifier) lines(decode func(payload []byte) bool, visit func(*line) error, pause func()) error {
	f, err := v.dir.Open("events.jsonl")
	if err != nil {
		return failed(0, "layout", "the bundle has no events.jsonl")
	}
	defer func() { _ = f.Close() }()
	workers := runtime.GOMAXPROCS(0)
	todo, ordered, stop := make(chan *batch, workers), make(chan *batch, 2*workers), make(chan struct{})
	readError := make(chan error, 1)
	go func() { readError <- v.readAhead(f, todo, ordered, stop) }()
	for range workers {
		go func() {
			for b := range todo {
				work(b, decode)
			}
		}()
	}
	err = consume(ordered, visit, pause)
	close(stop)
	if failed := <-readError; err == nil {
		err = failed
	}
	return err
}

func consume(ordered chan *batch, visit func(*line) error, pause func()) error {
	defer pause()
	for b := range ordered {
		<-b.done
		pause()
		for i := range b.lines {
			if err := visit(&b.lines[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func work(b *batch, decode func([]byte) bool) {
	defer close(b.done)
	for i := range b.lines {
		l := &b.lines[i]
		*l = parseLine(l.sequence, l.payload)
		if l.err == nil && l.payload != nil && decode(l.payload) {
			l.decoded = true
			if l.entry, l.err = eventstore.ReadPayload(l.sequence, l.payload); l.err != nil {
				l.err = failed(l.sequence, "entry", "%v", l.err)
			}
		}
	}
}

// readAhead splits the file into batches until it ends or stop is closed.
func (v *verifier) readAhead(f io.Reader, todo, ordered chan *batch, stop chan struct{}) error {
	defer close(ordered)
	defer close(todo)
	in := bufio.NewReaderSize(f, 1<<20)
	sequence, offset := uint64(0), int64(0)
	for {
		b := &batch{done: make(chan struct{})}
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
	const most = 4 << 20
	memory, ends := make([]byte, 0, v.batchBytes), make([]int, 0, batchSize)
	var stopped error
	for len(ends) < batchSize && len(memory) < most {
		raw, err := in.ReadSlice('\n')
		if stopped = endOfLine(*sequence+1, raw, err); stopped != nil {
			break
		}
		*sequence++
		if stopped = v.index.put(*offset); stopped != nil {
			break
		}
		*offset += int64(len(raw))
		memory = append(memory, raw[:len(raw)-1]...)
		ends = append(ends, len(memory))
	}
	v.batchBytes = len(memory) + len(memory)/8 // what the next one will need
	b.lines = make([]line, 0, len(ends))
	first, from := *sequence-uint64(len(ends))+1, 0
	for i, to := range ends {
		b.lines = append(b.lines, line{sequence: first + uint64(i), payload: memory[from:to:to]})
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
	}
	return err
}

// An index holds where each line of events.jsonl begins: eight bytes each in a temporary file, so that an entry can be
// read again.
type index struct {
	mu      sync.Mutex
	f       *os.File
	pending []byte
	written int64
	lines   io.ReaderAt // events.jsonl
}

func newIndex(dir fs.FS) (*index, error) {
	in, err := dir.Open("events.jsonl")
	if err != nil {
		return nil, failed(0, "layout", "the bundle has no events.jsonl")
	}
	at, ok := in.(io.ReaderAt)
	if !ok {
		return nil, errors.Join(errors.New("the bundle is not in a folder"), in.Close())
	}
	f, err := os.CreateTemp("", "truce-verify-*")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(f.Name()) // gone when it is closed, however this ends; some systems remove no open file, see close
	return &index{f: f, lines: at}, nil
}

func (x *index) close() {
	_ = x.f.Close()
	_ = os.Remove(x.f.Name())
	if c, ok := x.lines.(io.Closer); ok {
		_ = c.Close()
	}
}

func (x *index) put(offset int64) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.pending = binary.BigEndian.AppendUint64(x.pending, uint64(offset))
	if len(x.pending) < 64<<10 {
		return nil
	}
	return x.flush()
}

func (x *index) flush() error {
	_, err := x.f.WriteAt(x.pending, x.written)
	x.written += int64(len(x.pending))
	x.pending = x.pending[:0]
	return err
}

// payload reads an earlier entry again. A withheld one is an error.
func (x *index) payload(sequence uint64) ([]byte, error) {
	offset, err := x.offset(sequence)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(io.NewSectionReader(x.lines, offset, eventstore.MaxPayload+1), 2048)
	raw, err := in.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(raw, withheldBegins) {
		return nil, errWithheld
	}
	return raw[:len(raw)-1], nil
}

func (x *index) offset(sequence uint64) (int64, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.flush(); err != nil {
		return 0, err
	}
	var at [8]byte
	if _, err := x.f.ReadAt(at[:], int64(sequence-1)*8); err != nil {
		return 0, fmt.Errorf("there is no entry %d: %w", sequence, err)
	}
	return int64(binary.BigEndian.Uint64(at[:])), nil
}

var errWithheld = errors.New("the entry is withheld")
