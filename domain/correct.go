package domain

// Correct replaces the reading of an earlier entry of a record by a whole other command. The old reading stays visible in
// the record's history.
type Correct struct {
	Header
	CorrectionTarget
	Reason      string  `json:"reason" doc:"Why the earlier entry was wrong." required:"true"`
	Replacement Command `json:"replacement,omitzero" doc:"The whole command as it should have been. It counts from where the corrected entry stands in time; to move an act to another hour, retract it and record it anew." required:"true"`
}

// Retract takes an earlier entry of a record back. It stays visible in the record's history.
type Retract struct {
	Header
	CorrectionTarget
	Reason string `json:"reason" doc:"Why the earlier entry is taken back." required:"true"`
}

// A CorrectionTarget names the entry that a correction or a retraction is about.
type CorrectionTarget struct {
	Record   string `json:"record" doc:"The record, as kind/id." ref:"record" required:"true"`
	Sequence uint64 `json:"sequence,omitzero" doc:"The sequence of the entry; or give corrects."`
	Corrects string `json:"corrects,omitempty" doc:"The command_id of the entry; or give sequence."`
}

func (c *Correct) Verb() string  { return "correct" }
func (c *Correct) Creates() bool { return false }
func (c *Retract) Verb() string  { return "retract" }
func (c *Retract) Creates() bool { return false }

// Target is the record whose entry is corrected; the zero Ref where Record cannot be read.
func (t *CorrectionTarget) Target() Ref {
	ref, err := ParseRef(t.Record)
	if err != nil {
		return Ref{}
	}
	return ref
}

// SetTarget does nothing: a correction never makes a record.
func (t *CorrectionTarget) SetTarget(string) {}

// EntryCorrected means that the entry Sequence is to be read as Events, which are what the replacement amounts to. They
// stand at the corrected entry's place. Sequence is that of the entry at the root, also where the command named a correction
// of it.
type EntryCorrected struct {
	Moment
	Sequence uint64  `json:"sequence"`
	Events   []Event `json:"events"`
}

// EntryRetracted means that the entry Sequence no longer counts.
type EntryRetracted struct {
	Moment
	Sequence uint64 `json:"sequence"`
}
