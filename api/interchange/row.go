package interchange

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"truceledger/domain"
	"truceledger/eventstore"
)

// A Row is one record of a table.
type Row struct {
	Number int      // from 1, the header not counted
	Line   int      // of the file, where it begins
	Raw    []string // as it stands in the file
	header map[string]int
}

// Get is the trimmed value of a column, "" where the table lacks it: the formats' older and newer releases differ in columns.
func (r Row) Get(column string) string {
	i, ok := r.header[column]
	if !ok || i >= len(r.Raw) {
		return ""
	}
	return strings.TrimSpace(r.Raw[i])
}

// First is the value of the first of the columns that has one.
func (r Row) First(columns ...string) string {
	for _, c := range columns {
		if v := r.Get(c); v != "" {
			return v
		}
	}
	return ""
}

// A table reads a file row by row, so that its size does not matter.
type table struct {
	next   func() (raw []string, line int, err error)
	header []string
	index  map[string]int
	offset int64                    // bytes read so far
	holds  func(raw []string) error // what is in a row that no record takes
}

// open reads the table as its format has it.
func open(f Format, r io.Reader) (*table, error) {
	if own, ok := f.(interface{ lines() bool }); ok && own.lines() {
		return openLines(r), nil
	}
	return openTable(r)
}

// openLines reads lines of at most a megabyte: many times the largest entry.
func openLines(r io.Reader) *table {
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	t := &table{header: []string{"json"}, index: map[string]int{"json": 0}}
	t.holds = func(raw []string) error { return eventstore.CheckControls([]byte(raw[0])) }
	line := 0
	t.next = func() ([]string, int, error) {
		for in.Scan() {
			line++
			t.offset += int64(len(in.Bytes())) + 1
			if text := in.Text(); strings.TrimSpace(text) != "" {
				return []string{text}, line, nil
			}
		}
		if in.Err() != nil {
			return nil, line, in.Err()
		}
		return nil, line, io.EOF
	}
	return t
}

// openTable reads the header. Whoever saved the file decided between comma, semicolon and tab; the header shows which.
func openTable(r io.Reader) (*table, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	if mark, _ := buffered.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = buffered.Discard(3)
	}
	head, _ := buffered.Peek(16 << 10)
	in := csv.NewReader(buffered)
	in.FieldsPerRecord = -1 // a row that is too short is quarantined with its number; the reader's own error would lose it
	in.Comma = separator(head)
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("the table has no header row: %w", err)
	}
	t := &table{header: slices.Clone(header), index: map[string]int{}}
	t.next = func() (raw []string, line int, err error) {
		raw, err = in.Read()
		t.offset = in.InputOffset()
		if len(raw) > 0 {
			line, _ = in.FieldPos(0)
		}
		return raw, line, err
	}
	t.holds = func(raw []string) error {
		for i, cell := range raw {
			if err := eventstore.CheckControlsIn(t.header[i], cell); err != nil {
				return err
			}
		}
		return nil
	}
	for i, name := range t.header {
		t.header[i] = strings.TrimSpace(name)
		if _, twice := t.index[t.header[i]]; twice && t.header[i] != "" {
			return nil, fmt.Errorf("the column %q stands twice in the header", t.header[i])
		}
		t.index[t.header[i]] = i
	}
	return t, nil
}

func separator(head []byte) rune {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := ',', bytes.Count(line, []byte(","))
	for _, c := range []rune{';', '\t'} {
		if n := bytes.Count(line, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

// require refuses a table that is not of the format, before a single row is taken for bad.
func (t *table) require(columns []string) error {
	var missing []string
	for _, c := range columns {
		if _, ok := t.index[c]; !ok {
			missing = append(missing, c)
		}
	}
	if missing != nil {
		return fmt.Errorf("the table lacks the columns %s: it has %s", strings.Join(missing, ", "), strings.Join(t.header, ", "))
	}
	return nil
}

// rows yields every row. An *Unfit stands for a row that cannot be read as one, and reading goes on after it; any other
// error ends the table.
func (t *table) rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for n := 1; ; n++ {
			raw, line, err := t.next()
			if errors.Is(err, io.EOF) {
				return
			}
			row := Row{Number: n, Line: line, Raw: raw, header: t.index}
			if err = t.readable(&row, err); !yield(row, err) {
				return
			}
			if unfit := (*Unfit)(nil); err != nil && !errors.As(err, &unfit) {
				return
			}
		}
	}
}

// readable turns what the CSV reader and the row's length say into a reason.
func (t *table) readable(row *Row, err error) error {
	var broken *csv.ParseError
	switch {
	case errors.As(err, &broken):
		row.Line = broken.StartLine
		return unfit("not-csv", "the row cannot be read as CSV: %s", broken.Err)
	case err != nil:
		return fmt.Errorf("read the table after row %d: %w", row.Number-1, err)
	case len(row.Raw) != len(t.header):
		return unfit("wrong-width", "the row has %d fields, the header has %d", len(row.Raw), len(t.header))
	}
	// A name in it would else be refused when it is registered, and all of the table with it.
	if field := (*domain.FieldError)(nil); errors.As(t.holds(row.Raw), &field) {
		return unfit("invalid-field", "%s: is the file in UTF-8?", field)
	}
	return nil
}
