package incident

// A Status is how far an incident is established. It says nothing of who did it.
type Status string

// Findings are statuses too: verified, unsubstantiated, inconclusive.
const (
	Alleged      Status = "alleged"
	UnderInquiry Status = "under_inquiry"
	Halted       Status = "inquiry_suspended"
)

// Values lists what a status may be.
func (Status) Values() []string {
	return []string{"alleged", "under_inquiry", "inquiry_suspended", "verified", "unsubstantiated", "inconclusive"}
}

// An Attribution says how far it is settled who did it. Being accused is not attribution: it takes an attribute command.
type Attribution string

const (
	Unattributed         Attribution = "unattributed"
	Attributed           Attribution = "attributed"
	AttributionInDispute Attribution = "disputed"
)

// Values lists what an attribution may be.
func (Attribution) Values() []string { return []string{"unattributed", "attributed", "disputed"} }

// A TestimonyKind is what an account does to an incident.
type TestimonyKind string

const (
	Corroborated TestimonyKind = "corroborated"
	Disputed     TestimonyKind = "disputed"
	AttributedTo TestimonyKind = "attributed"
	Denied       TestimonyKind = "denied"
)

// Values lists what an account may do.
func (TestimonyKind) Values() []string {
	return []string{"corroborated", "disputed", "attributed", "denied"}
}

// derive works out what follows from the allegation, the accounts and the inquiries together.
func (s *State) derive() {
	if !s.Exists() {
		return
	}
	s.Status, s.Attribution = s.status(), s.attribution()
}

// status is under_inquiry while any monitor's inquiry is open; else the finding of the newest inquiry that has one; else
// inquiry_suspended where one waits; else alleged. A proceeding that its own monitor took up again no longer counts.
func (s State) status() Status {
	status := Alleged
	for i, p := range s.Inquiries {
		switch {
		case s.inquiryOf(p.By) != i:
		case p.Status == UnderInquiry:
			return UnderInquiry
		case p.Status != Halted || status == Alleged: // a suspension does not undo what another monitor found
			status = p.Status
		}
	}
	return status
}
