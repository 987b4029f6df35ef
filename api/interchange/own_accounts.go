package interchange

import (
	"strconv"
	"time"

	"truceledger/domain"
	"truceledger/domain/incident"
	"truceledger/domain/when"
	"truceledger/projections"
)

func partName(kind string, i int) string { return kind + "/" + strconv.Itoa(i) }

func ownAccount(id string, a projections.AccountView) domain.Command {
	account := incident.Account{
		Header:    domain.Header{By: a.By, Occurred: when.Instant(a.At)},
		Addressed: incident.Addressed{Incident: id}, Description: a.Description,
	}
	switch a.Kind {
	case "disputed":
		return &incident.Dispute{Account: account}
	case "attributed":
		return &incident.Attribute{Account: account, Actor: a.Actor, Confidence: incident.Confidence(a.Confidence)}
	case "denied":
		return &incident.Deny{Account: account, Actor: a.Actor}
	}
	return &incident.Corroborate{Account: account}
}

// ownInquiry is an inquiry as the steps that led to where it stands.
func ownInquiry(id string, i int, q projections.InquiryView) []Part {
	step := func(at time.Time, reason string) incident.Inquiry {
		return incident.Inquiry{
			Header:    domain.Header{By: q.By, Occurred: when.Instant(at)},
			Addressed: incident.Addressed{Incident: id}, Reason: reason,
		}
	}
	name := partName("inquiry", i)
	parts := []Part{{Name: name, Command: &incident.OpenInquiry{Inquiry: step(q.Opened, "")}}}
	switch {
	case q.Concluded != nil:
		parts = append(parts, Part{Name: name + "/end", Command: &incident.ConcludeInquiry{Inquiry: step(*q.Concluded, q.Reason), Finding: incident.Finding(q.Finding)}})
	case q.Suspended != nil:
		parts = append(parts, Part{Name: name + "/halt", Command: &incident.SuspendInquiry{Inquiry: step(*q.Suspended, q.Reason)}})
	}
	return parts
}
