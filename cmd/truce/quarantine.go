package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"truceledger/api/wire"
)

func quarantineName(table string) string {
	if table == "-" {
		table = "import"
	}
	return strings.TrimSuffix(table, ".csv") + ".quarantine.csv"
}

// A quarantined is the file of the rows that could not be taken: why, and the row itself, so that it can be mended and
// imported. It is made with the first such row; a run without one leaves an older file alone.
type quarantined struct {
	name string
	rows int
	file *os.File
	out  *csv.Writer
	err  error
}

func (q *quarantined) add(r wire.ImportReport) {
	q.rows++
	if q.file == nil && q.err == nil {
		if q.file, q.err = os.Create(q.name); q.err != nil {
			return
		}
		q.out = csv.NewWriter(q.file)
		q.write(append([]string{"quarantine_row", "quarantine_line", "quarantine_code", "quarantine_reason"}, r.Header...))
	}
	q.write(append([]string{strconv.Itoa(r.Row), strconv.Itoa(r.Line), r.Code, r.Reason}, r.Raw...))
}

func (q *quarantined) write(row []string) {
	if q.err == nil {
		q.err = q.out.Write(row)
	}
}

func (q *quarantined) close() error {
	if q.file == nil {
		return q.err
	}
	q.out.Flush()
	for _, err := range []error{q.out.Error(), q.file.Close()} {
		if q.err == nil {
			q.err = err
		}
	}
	if q.err != nil {
		return fmt.Errorf("the quarantine file is not complete: %w", q.err)
	}
	return nil
}

// A bar shows how far a table has come, on a terminal only: a log file must not fill with it.
type bar struct {
	to    io.Writer
	size  int64 // 0 where it is not known
	began time.Time
	shown bool
}

func newBar(to io.Writer, size int64) *bar {
	b := &bar{size: size, began: time.Now()}
	if f, ok := to.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			b.to = to
		}
	}
	return b
}

func (b *bar) show(read int64, rows int) {
	if b.to != nil {
		b.shown = true
		fmt.Fprint(b.to, "\r\x1b[K"+b.line(read, rows, time.Since(b.began)))
	}
}

// line is the bar, the rows, their rate and the time left.
func (b *bar) line(read int64, rows int, took time.Duration) string {
	rate := float64(rows) / max(took.Seconds(), 0.001)
	if b.size <= 0 {
		return fmt.Sprintf("%d rows, %.0f/s", rows, rate)
	}
	const width = 30
	part := min(1, float64(read)/float64(b.size))
	done := int(part * width)
	left := time.Duration((1 - part) / max(part, 0.001) * float64(took)).Round(time.Second)
	return fmt.Sprintf("[%s%s] %3.0f%%  %d rows, %.0f/s, %s left", strings.Repeat("#", done), strings.Repeat(".", width-done), part*100, rows, rate, left)
}

func (b *bar) clear() {
	if b.shown {
		fmt.Fprint(b.to, "\r\x1b[K")
		b.shown = false
	}
}
