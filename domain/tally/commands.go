package tally

import (
	"truceledger/domain"
	"truceledger/domain/when"
)

// RecordTally adds a point to a series of counts by one source. The first one begins the series.
type RecordTally struct {
	domain.Header
	Tally     string           `json:"tally,omitempty" doc:"The series' id; the ledger makes one where none is given." format:"slug"`
	Source    string           `json:"source" doc:"The registered source, or the registered actor, that counts. A series belongs to one." required:"true" ref:"source|actor"`
	Area      domain.Places    `json:"area,omitzero" doc:"Where those counted were." ref:"place"`
	Unit      domain.Unit      `json:"unit" doc:"Who is counted." required:"true"`
	Outcome   domain.Outcome   `json:"outcome,omitempty" doc:"killed (the default) or injured."`
	Qualifier domain.Qualifier `json:"qualifier,omitempty" doc:"How the figure is meant; by default exact."`
	Low       *int             `json:"low,omitempty" doc:"The lowest figure."`
	Best      *int             `json:"best,omitempty" doc:"The figure."`
	High      *int             `json:"high,omitempty" doc:"The highest figure."`
	Including []Part           `json:"including,omitzero" doc:"Parts of the figure, such as the children among the civilians."`
	About     []string         `json:"about,omitzero" doc:"The records that it concerns." ref:"record"`
	Period    Period           `json:"period,omitzero" doc:"The time over which was counted."`
	AsOf      when.When        `json:"as_of,omitzero" doc:"The day or moment for which the figure is given."`
	domain.Restriction
}

// A Part is a subset of a figure.
type Part struct {
	Unit domain.Unit `json:"unit" doc:"Who is counted." required:"true"`
	Best int         `json:"best" doc:"How many of them." required:"true"`
}

// A Period is a time over which something was counted.
type Period struct {
	From  when.When `json:"from,omitzero" doc:"Its start."`
	Until when.When `json:"until,omitzero" doc:"Its end."`
}

func (c *RecordTally) Verb() string        { return "record-tally" }
func (c *RecordTally) Target() domain.Ref  { return domain.Ref{Kind: domain.KindTally, ID: c.Tally} }
func (c *RecordTally) Creates() bool       { return true }
func (c *RecordTally) SetTarget(id string) { c.Tally = id }

// Continues says that a series grows: a further point needs no other verb.
func (c *RecordTally) Continues() bool { return true }

// EffectiveTime is the moment for which the figure is given, else the end of its period.
func (c *RecordTally) EffectiveTime() (string, when.When) {
	if !c.AsOf.IsZero() {
		return "as_of", c.AsOf
	}
	return "period.until", c.Period.Until
}

// Report marks a figure as its source's word.
func (*RecordTally) Report() {}
