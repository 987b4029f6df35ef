package domain

import "truceledger/domain/when"

// The commands of this file and of secrets.go are about the material that belongs to a record, whatever its kind: files and
// sealed values. They are steps of the record that no fold sees: what a record amounts to does not depend on who held a
// file or read a name. Nor does it on whom it was shared with: share.go.

// A RecordTarget names the record that a command is about, of any kind.
type RecordTarget struct {
	Record string `json:"record" doc:"The record, as kind/id." ref:"record" required:"true"`
}

// Target is the record; the zero Ref where Record cannot be read.
func (t *RecordTarget) Target() Ref {
	ref, err := ParseRef(t.Record)
	if err != nil {
		return Ref{}
	}
	return ref
}

// SetTarget does nothing: these commands never make a record.
func (t *RecordTarget) SetTarget(string) {}

// Creates is false: the record must exist.
func (t *RecordTarget) Creates() bool { return false }

// AttachEvidence puts on the record that a file was received. The file itself is an attachment, named by its SHA-256; it was
// sent before, and nothing about it can be changed without another name. Whoever attaches it is its first custodian.
type AttachEvidence struct {
	Header `by:"required"`
	RecordTarget
	SHA256    string    `json:"sha256" doc:"The SHA-256 of the file, in hex, as the answer to its upload gives it." required:"true" format:"sha256"`
	Bytes     uint64    `json:"bytes" doc:"How many bytes it has." required:"true"`
	MediaType string    `json:"media_type" doc:"What it is said to be, such as image/jpeg." required:"true"`
	Name      string    `json:"name,omitempty" doc:"What the file was called by who collected it."`
	Collector string    `json:"collector,omitempty" doc:"Who collected it, where that is not by; no private person's name."`
	Collected when.When `json:"collected,omitzero" doc:"When it was collected."`
	Method    string    `json:"method,omitempty" doc:"How it was collected: taken by our monitor, copied from a telephone, ..."`
}

// TransferEvidence puts on the record that the custodian of a file gave it on, or had it copied or examined.
type TransferEvidence struct {
	Header `by:"required"`
	RecordTarget
	SHA256 string     `json:"sha256" doc:"The SHA-256 of the file, in hex." required:"true" format:"sha256"`
	Act    CustodyAct `json:"act" doc:"handover makes to the custodian; copy and examination leave by the custodian." required:"true"`
	To     string     `json:"to" doc:"Who receives it." required:"true" ref:"actor"`
	Reason string     `json:"reason,omitempty" doc:"What for."`
}

// A CustodyAct is what was done with a file.
type CustodyAct string

// Handover makes the receiver the custodian. The other acts leave the original where it is.
const Handover CustodyAct = "handover"

// Values lists what can be done with a file.
func (CustodyAct) Values() []string { return []string{"handover", "copy", "examination"} }

func (*AttachEvidence) Verb() string   { return "attach-evidence" }
func (*TransferEvidence) Verb() string { return "transfer-evidence" }

// EvidenceReceived means that a file is in the custody of who attached it.
type EvidenceReceived struct{ Moment }

// EvidenceTransferred means that the custodian handed the file over, or had it copied or examined.
type EvidenceTransferred struct{ Moment }

// The refusals about files.
const (
	ErrEvidenceHeld   Rejection = "evidence-held: the record holds this file already; its chain of custody goes on with transfer-evidence"
	ErrNoEvidence     Rejection = "no-such-evidence: the record holds no file with this SHA-256; attach it first"
	ErrNotCustodian   Rejection = "not-custodian: only the custodian of a file gives it on"
	ErrCustodyCorrect Rejection = "custody-not-corrected: a link of a chain of custody is taken back and entered anew, never replaced"
)

// Evidence is a file of a record with its chain of custody, the first link first.
type Evidence struct {
	Sequence  uint64        `json:"sequence"`
	SHA256    string        `json:"sha256"`
	Bytes     uint64        `json:"bytes"`
	MediaType string        `json:"media_type"`
	Name      string        `json:"name,omitempty"`
	Collector string        `json:"collector,omitempty"`
	Collected *when.When    `json:"collected,omitempty"`
	Method    string        `json:"method,omitempty"`
	Custodian string        `json:"custodian"`
	Chain     []CustodyLink `json:"chain"`
}

// A CustodyLink is one step of a chain of custody.
type CustodyLink struct {
	Sequence uint64      `json:"sequence"`
	Act      CustodyAct  `json:"act"` // received for the first
	By       string      `json:"by"`
	To       string      `json:"to,omitempty"`
	Occurred when.Bounds `json:"occurred"`
	Reason   string      `json:"reason,omitempty"`
}

// EvidenceOf lists the files of a record by the steps that keep allows, in the order in which they were attached. What was
// taken back is left out.
func EvidenceOf(r Record, keep func(Step) bool) (files []Evidence) {
	corrections := r.corrections(keep)
	for _, s := range r.Steps {
		if _, takenBack := standing(s.Sequence, corrections); takenBack || !keep(s) || !isBeside(s) || s.Void != 0 {
			continue
		}
		switch c := s.Command.(type) {
		case *AttachEvidence:
			files = append(files, received(s, c))
		case *TransferEvidence:
			if i := fileIn(files, c.SHA256); i >= 0 {
				files[i].passOn(s, c)
			}
		}
	}
	return files
}

func fileIn(files []Evidence, sha256 string) int {
	for i := range files {
		if files[i].SHA256 == sha256 {
			return i
		}
	}
	return -1
}

func received(s Step, c *AttachEvidence) Evidence {
	e := Evidence{
		Sequence: s.Sequence, SHA256: c.SHA256, Bytes: c.Bytes, MediaType: c.MediaType, Name: c.Name, Collector: c.Collector,
		Method: c.Method, Custodian: c.By,
		Chain: []CustodyLink{{Sequence: s.Sequence, Act: "received", By: c.By, Occurred: s.Moment().Occurred}},
	}
	if !c.Collected.IsZero() {
		e.Collected = &c.Collected
	}
	return e
}

func (e *Evidence) passOn(s Step, c *TransferEvidence) {
	e.Chain = append(e.Chain, CustodyLink{Sequence: s.Sequence, Act: c.Act, By: c.By, To: c.To, Occurred: s.Moment().Occurred, Reason: c.Reason})
	if c.Act == Handover {
		e.Custodian = c.To
	}
}

// isBeside reports whether a step is about the record's material or its readers, and not about what the record says.
func isBeside(s Step) bool {
	if len(s.Events) == 0 {
		return false
	}
	switch s.Events[0].(type) {
	case EvidenceReceived, EvidenceTransferred, SecretRead, SecretDestroyed, RecordShared:
		return true
	}
	return false
}

// isBesideCommand is isBeside for a command that is not recorded yet.
func isBesideCommand(c Command) bool {
	switch c.(type) {
	case *AttachEvidence, *TransferEvidence, *ReadSecret, *DestroySecret, *Share:
		return true
	}
	return false
}

// decideCustody applies the rules of files and secrets, which are the same for every kind of record.
func decideCustody(r Record, c Command, in Setting) (Decision, error) {
	if err := admitsCustody(r, c); err != nil {
		return Decision{}, err
	}
	m, defaults, err := Settle(r, c, in)
	if err != nil {
		return Decision{}, err
	}
	var e Event
	switch c.(type) {
	case *AttachEvidence:
		e = EvidenceReceived{m}
	case *TransferEvidence:
		e = EvidenceTransferred{m}
	case *ReadSecret:
		e = SecretRead{m}
	case *DestroySecret:
		e = SecretDestroyed{m}
	}
	return Decision{Defaults: defaults, Events: []Event{e}}, nil
}

func admitsCustody(r Record, c Command) error {
	switch c := c.(type) {
	case *AttachEvidence:
		if fileIn(EvidenceOf(r, Everything), c.SHA256) >= 0 {
			return Refuse(ErrEvidenceHeld, "%s", c.SHA256)
		}
	case *TransferEvidence:
		files := EvidenceOf(r, Everything)
		i := fileIn(files, c.SHA256)
		switch {
		case i < 0:
			return Refuse(ErrNoEvidence, "%s", c.SHA256)
		case files[i].Custodian != c.By:
			return Refuse(ErrNotCustodian, "the custodian is %s", files[i].Custodian)
		}
	case *ReadSecret:
		return holdsSecret(r, c.Secret)
	case *DestroySecret:
		return holdsSecret(r, c.Secret)
	}
	return nil
}
