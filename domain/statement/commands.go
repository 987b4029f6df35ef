package statement

import "truceledger/domain"

// RecordStatement records what a speaker said. It changes no other record.
type RecordStatement struct {
	domain.Header `by:"required"`
	Statement     string   `json:"statement,omitempty" doc:"The new statement's id; the ledger makes one where none is given." format:"slug"`
	Kind          Kind     `json:"statement_kind" doc:"What the speaker does by saying it." required:"true"`
	About         []string `json:"about,omitzero" doc:"The records that it concerns." ref:"record"`
	Text          string   `json:"text" doc:"What was said." required:"true"`
	domain.Restriction
}

func (c *RecordStatement) Verb() string { return "record-statement" }
func (c *RecordStatement) Target() domain.Ref {
	return domain.Ref{Kind: domain.KindStatement, ID: c.Statement}
}
func (c *RecordStatement) Creates() bool       { return true }
func (c *RecordStatement) SetTarget(id string) { c.Statement = id }

// A Kind is what a speaker does by a statement.
type Kind string

// Values lists what a statement's kind may be.
func (Kind) Values() []string {
	return []string{"announcement", "appeal", "demand", "warning", "reservation", "denial", "condition", "hope"}
}

// Report marks a statement as its source's word.
func (*RecordStatement) Report() {}
