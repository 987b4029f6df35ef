package interchange

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// A Style is how a table is written.
type Style struct {
	BOM bool // for spreadsheets that take UTF-8 for something else without it
	HXL bool // a second header row of hashtags
}

// WriteCSV writes rows as they come. What it has written when a row fails must not pass for a whole table: the caller cuts
// it off.
func WriteCSV[V any](w io.Writer, columns []Column[V], rows iter.Seq2[V, error], s Style) error {
	if s.BOM {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return err
		}
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true // RFC 4180
	for _, header := range headers(columns, s) {
		if err := out.Write(header); err != nil {
			return err
		}
	}
	cells := make([]string, len(columns))
	for v, err := range rows {
		if err != nil {
			return err
		}
		for i, c := range columns {
			cells[i] = cell(c.Value(v))
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func headers[V any](columns []Column[V], s Style) [][]string {
	rows := [][]string{{}, {}}
	for _, c := range columns {
		rows[0], rows[1] = append(rows[0], c.Name), append(rows[1], c.HXL)
	}
	if s.HXL {
		return rows
	}
	return rows[:1]
}

// cell writes a value. A text that a spreadsheet would take for a formula gets an apostrophe before it: whoever reports an
// incident must not run programs on the machine of whoever reads the table. Numbers are ours and stay numbers.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return harmless(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func harmless(s string) string {
	if rest := strings.TrimLeft(s, " \u00a0\u3000"); rest != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠|%", []rune(rest)[0]) {
		return "'" + s
	}
	return s
}

// mostRows is what a sheet holds.
const mostRows = 1_048_576

// WriteXLSX writes rows as a sheet. It is put together in temporary files, so that its size does not matter either.
func WriteXLSX[V any](w io.Writer, sheet string, columns []Column[V], rows iter.Seq2[V, error], s Style) (err error) {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	out, err := f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	n := 0
	put := func(values []any) error {
		if n++; n > mostRows {
			return fmt.Errorf("more than %d rows: a sheet cannot hold them; take CSV, or filter", mostRows)
		}
		return out.SetRow("A"+strconv.Itoa(n), values)
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	for _, header := range headers(columns, s) {
		values := make([]any, len(header))
		for i, name := range header {
			values[i] = excelize.Cell{StyleID: bold, Value: name}
		}
		if err := put(values); err != nil {
			return err
		}
	}
	if err := fillSheet(columns, rows, put); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return f.Write(w)
}

// fillSheet writes every text as a text: a cell of type text is never a formula, whatever it begins with.
func fillSheet[V any](columns []Column[V], rows iter.Seq2[V, error], put func([]any) error) error {
	for v, err := range rows {
		if err != nil {
			return err
		}
		values := make([]any, len(columns))
		for i, c := range columns {
			values[i] = c.Value(v)
			if text, ok := values[i].(string); ok && len(text) > excelize.TotalCellChars {
				values[i] = strings.ToValidUTF8(text[:excelize.TotalCellChars-3], "") + "…"
			}
		}
		if err := put(values); err != nil {
			return err
		}
	}
	return nil
}
