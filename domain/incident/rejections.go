package incident

import "truceledger/domain"

// The refusals of this kind of record. Reports about an incident are never refused for what they say or for their order;
// only the steps of an inquiry and the merging of reports are (R10).
const (
	ErrNoAllegation domain.Rejection = "no-allegation: an inquiry looks into an allegation, and none stood on the record at that time; give the time of the step, or record the allegation first"
	ErrNotAMonitor  domain.Rejection = "not-a-monitor: only a monitor of a ceasefire that the incident cites, or of one above it, may hold an inquiry"
	ErrMayNotMerge  domain.Rejection = "not-a-monitor: only who alleged the incident, or a monitor of a ceasefire that it cites or of one above it, may call it a second report of another" // the same code: a program need not tell the two apart
	ErrInquiryOpen  domain.Rejection = "inquiry-open: this monitor's inquiry is open already; suspend or conclude it before opening another"
	ErrCircle       domain.Rejection = "duplicate-circle: an incident is not a duplicate of itself, nor of one of its own duplicates; name the report that is to count"
	ErrNoInquiry    domain.Rejection = "no-inquiry: this monitor has no inquiry under way; open one first"
)
