package talks

import "truceledger/domain"

// Addressed names the talks that a command is about.
type Addressed struct {
	Talks string `json:"talks" doc:"The talks' id." required:"true" format:"slug"`
}

func (a *Addressed) Target() domain.Ref  { return domain.Ref{Kind: domain.KindTalks, ID: a.Talks} }
func (a *Addressed) Creates() bool       { return false }
func (a *Addressed) SetTarget(id string) { a.Talks = id }

// OpenTalks begins the record of one track of talks.
type OpenTalks struct {
	domain.Header
	Talks            string   `json:"talks,omitempty" doc:"The new talks' id; the ledger makes one where none is given." format:"slug"`
	Track            string   `json:"track,omitempty" doc:"What people call the track."`
	Participants     []string `json:"participants,omitzero" doc:"Who takes part." ref:"actor"`
	Status           Status   `json:"status,omitempty" doc:"Where they stand."`
	Characterisation string   `json:"characterisation,omitempty" doc:"The source's own word for it: stalled, gridlocked, ..."`
	About            []string `json:"about,omitzero" doc:"The records that they concern." ref:"record"`
	domain.Restriction
}

func (c *OpenTalks) Verb() string        { return "open-talks" }
func (c *OpenTalks) Target() domain.Ref  { return domain.Ref{Kind: domain.KindTalks, ID: c.Talks} }
func (c *OpenTalks) Creates() bool       { return true }
func (c *OpenTalks) SetTarget(id string) { c.Talks = id }

// RecordTalksStatus records how a source characterises the talks.
type RecordTalksStatus struct {
	domain.Header
	Addressed
	Status           Status   `json:"status,omitempty" doc:"Where they stand; a characterisation may be all that a source gives."`
	Characterisation string   `json:"characterisation,omitempty" doc:"The source's own word for it."`
	Condition        string   `json:"condition,omitempty" doc:"On what it depends."`
	About            []string `json:"about,omitzero" doc:"The records that it concerns." ref:"record"`
}

func (*RecordTalksStatus) Verb() string { return "record-talks-status" }

// ReserveRight records that an actor reserves a right. It is not a withdrawal.
type ReserveRight struct {
	domain.Header `by:"required"`
	Addressed
	Right     string   `json:"right" doc:"The right that is reserved." required:"true"`
	Condition string   `json:"condition,omitempty" doc:"On what it depends."`
	About     []string `json:"about,omitzero" doc:"The records that it concerns." ref:"record"`
}

func (*ReserveRight) Verb() string { return "reserve-right" }

// A Status is where talks stand.
type Status string

// Values lists what a status of talks may be.
func (Status) Values() []string {
	return []string{"scheduled", "under_way", "suspended", "collapsed", "resumed", "concluded"}
}

// Report marks what is said of talks as its source's word.
func (*OpenTalks) Report()         {}
func (*RecordTalksStatus) Report() {}
func (*ReserveRight) Report()      {}
