package bundle

import (
	"bufio"
	"errors"
	"io/fs"
	"testing"
	"testing/iotest"
)

// A brokenDisk has all files and reads none.
type brokenDisk struct{}

var errDisk = errors.New("input/output error")

func (brokenDisk) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: errDisk}
}

// What the auditor's own system does not read is nobody's lie: it must not look as if the bundle were bad.
func TestWhatCannotBeReadProvesNothing(t *testing.T) {
	disk := brokenDisk{}
	v := &verifier{dir: disk, report: &Report{}}
	tiles := tileFiles{dir: disk, size: 300}
	for name, read := range map[string]func() error{
		"the newest head": func() error { _, _, err := v.readHeads(); return err },
		"earlier heads":   func() error { _, err := v.earlier(); return err },
		"the entries":     func() error { _, err := newIndex(disk); return err },
		"a tile":          func() error { _, err := tiles.read(tileAt(0, 0, 300)); return err },
		"leaves":          func() error { _, err := new(buffer).leaves(disk, 0, 300); return err },
		"a file of entries": func() error {
			return new(entryFile).open(disk, 0, 300)
		},
		"a line": func() error {
			_, err := bufio.NewReader(iotest.ErrReader(errDisk)).ReadSlice('\n')
			return endOfLine(7, nil, err)
		},
		"the folder": func() error { return v.survey() },
	} {
		var failure *Failure
		if err := read(); !errors.Is(err, errDisk) || errors.As(err, &failure) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
