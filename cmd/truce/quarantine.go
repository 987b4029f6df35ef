package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"

	"truceledger/api/wire"
)

// quarantineName is where a table's refused rows go. The table's whole name stands in it: t.csv and t.jsonl have one each.
func quarantineName(table string) string {
	if table == "-" {
		table = "import"
	}
	return table + ".quarantine.csv"
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
