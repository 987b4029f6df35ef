package wire

import "encoding/json"

// An ImportReport is one line of the answer to an import. Type is progress, quarantined, retracted, would (of a dry run),
// done or failed.
type ImportReport struct {
	Type    string          `json:"type"`
	Row     int             `json:"row,omitempty"` // of the table, from 1
	Line    int             `json:"line,omitempty"`
	Key     string          `json:"key,omitempty"` // the row's own id
	Record  string          `json:"record,omitempty"`
	Code    string          `json:"code,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	Header  []string        `json:"header,omitempty"`
	Raw     []string        `json:"raw,omitempty"` // a quarantined row as it stands in the table
	Action  string          `json:"action,omitempty"`
	Command json.RawMessage `json:"command,omitempty"` // what a dry run would send
	Bytes   int64           `json:"bytes,omitempty"`   // of the table, read so far
	Summary *ImportSummary  `json:"summary,omitempty"`
	Problem *Problem        `json:"problem,omitempty"` // why it ended early
}

// An ImportSummary counts what became of the rows. Rows is the sum of Stored, Corrected, Reinstated, Unchanged and
// Quarantined; where rows are grouped each counts.
type ImportSummary struct {
	Rows        int `json:"rows"`
	Stored      int `json:"stored"`
	Corrected   int `json:"corrected"`
	Reinstated  int `json:"reinstated"`
	Unchanged   int `json:"unchanged"`
	Quarantined int `json:"quarantined"`
	Retracted   int `json:"retracted"`  // rows that are gone
	Registered  int `json:"registered"` // places, actors and sources
	Entries     int `json:"entries"`    // of the log
}
