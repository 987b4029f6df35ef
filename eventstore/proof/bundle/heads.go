package bundle

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/witness"
)

// A mark is a head, reduced to what is compared: at this size the tree must have this root.
type mark struct {
	size int64
	root tlog.Hash
	kept bool // by the caller, not from the bundle
	at   time.Time
	by   string // who cosigned it first
}

// readHeads checks the newest head, every earlier one and those that the caller has kept, and returns their marks by size.
func (v *verifier) readHeads() (proof.Head, []mark, error) {
	text, err := readFile(v.dir, "checkpoint", mostHead)
	if isMissing(err) {
		return proof.Head{}, nil, failed(0, "head", "the bundle has no checkpoint; perhaps its export was cut short")
	}
	if err != nil {
		return proof.Head{}, nil, unread(err)
	}
	head, err := v.open(text)
	if err != nil {
		return proof.Head{}, nil, failed(0, "head", "%v", err)
	}
	if head.Size == 0 {
		return proof.Head{}, nil, failed(0, "head", "it covers no entry, and every ledger has a first one, which opens it")
	}
	marks, err := v.earlier()
	if err != nil {
		return proof.Head{}, nil, err
	}
	for _, m := range marks {
		if m.size > head.Size {
			return proof.Head{}, nil, failed(0, "history", "checkpoints.txt holds a signed head of %d entries, and the bundle has %d", m.size, head.Size)
		}
	}
	v.report.Heads = len(marks)
	for _, text := range v.Kept {
		h, err := v.open(text)
		if err != nil {
			return proof.Head{}, nil, failed(0, "head", "a head that you kept: %v", err)
		}
		m := markOf(h)
		m.kept = true
		if marks = append(marks, m); h.Size > head.Size {
			return proof.Head{}, nil, failed(0, "history", "you kept a head of %d entries, and the bundle has %d", h.Size, head.Size)
		}
		v.report.Kept++
	}
	marks = append(marks, markOf(head))
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(a.size, b.size) })
	return head, marks, v.askPolicy(head)
}

func (v *verifier) open(text []byte) (proof.Head, error) {
	return proof.OpenHead(text, v.LogKey, v.witnesses()...)
}

func (v *verifier) witnesses() []note.Verifier {
	if v.Policy == nil {
		return nil
	}
	return v.Policy.Verifiers()
}

// askPolicy asks the caller's policy. The bundle's own is not looked at.
func (v *verifier) askPolicy(head proof.Head) error {
	for _, c := range witness.Cosignatures(head) {
		v.report.Cosigned = append(v.report.Cosigned, c.Witness)
	}
	switch {
	case v.Policy == nil:
		v.report.Quorum = "no policy given"
	case v.Policy.NeedsNone():
		v.report.Quorum = "none asked for"
	case v.Policy.Reached(head.Note):
		v.report.Quorum = "reached"
	default:
		v.report.Quorum = "not reached"
		return failed(0, "policy", "the newest head is cosigned by %v, which is not the quorum of your policy", v.report.Cosigned)
	}
	return nil
}

func markOf(h proof.Head) mark {
	m := mark{size: h.Size, root: h.Root}
	for _, c := range witness.Cosignatures(h) {
		if m.at.IsZero() || c.At.Before(m.at) {
			m.at, m.by = c.At, c.Witness
		}
	}
	return m
}

// earlier reads checkpoints.txt; the signatures are checked on all cores.
func (v *verifier) earlier() ([]mark, error) {
	f, err := v.dir.Open("checkpoints.txt")
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, unread(err)
	}
	defer func() { _ = f.Close() }()
	var marks []mark
	in := bufio.NewReader(f)
	for done := false; !done; {
		var page [][]byte
		page, done, err = readPage(in)
		if errors.Is(err, errHeadForm) {
			return nil, failed(0, "head", "checkpoints.txt: %v", err)
		}
		if err != nil {
			return nil, unread(err)
		}
		some, err := v.openAll(page)
		if err != nil {
			return nil, err
		}
		marks = append(marks, some...)
	}
	return marks, nil
}

// readPage reads some hundred heads: each is its text, an empty line, its signatures, an empty line.
func readPage(in *bufio.Reader) (page [][]byte, done bool, err error) {
	const most = 512
	for len(page) < most {
		text, err := readHead(in)
		if err == io.EOF && len(text) == 0 {
			return page, true, nil
		}
		if err != nil {
			return nil, false, err
		}
		page = append(page, text)
	}
	return page, false, nil
}

// mostHead bounds a head in bytes.
const mostHead = 64 << 10

func readHead(in *bufio.Reader) (text []byte, err error) {
	for blank := 0; blank < 2; {
		line, err := in.ReadSlice('\n')
		switch {
		case err == io.EOF && len(line) == 0 && len(text) == 0:
			return nil, io.EOF
		case err == io.EOF, errors.Is(err, bufio.ErrBufferFull):
			return nil, errHeadForm
		case err != nil:
			return nil, err
		case len(line) == 1:
			blank++
		}
		if blank < 2 {
			text = append(text, line...)
		}
		if len(text) > mostHead {
			return nil, errHeadForm
		}
	}
	return text, nil
}

var errHeadForm = errors.New("a head is cut short or too long")

func (v *verifier) openAll(page [][]byte) ([]mark, error) {
	marks, errs := make([]mark, len(page)), make([]error, len(page))
	var wg sync.WaitGroup
	for w := range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := w; i < len(page); i += runtime.GOMAXPROCS(0) {
				h, err := v.open(page[i])
				marks[i], errs[i] = markOf(h), err
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, failed(0, "head", "checkpoints.txt: %v", err)
		}
	}
	return marks, nil
}

// bounds condenses the cosignatures: for each entry the earliest moment at which a witness saw a head that covers it.
func bounds(marks []mark) []Bound {
	var all []Bound
	for _, m := range slices.Backward(marks) {
		if m.at.IsZero() || len(all) > 0 && !m.at.Before(all[len(all)-1].NotAfter) {
			continue
		}
		all = append(all, Bound{UpTo: m.size, NotAfter: m.at, By: m.by})
	}
	slices.Reverse(all)
	return all
}
