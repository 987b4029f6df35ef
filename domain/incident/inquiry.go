package incident

import (
	"slices"
	"strings"

	"truceledger/domain"
)

// A hearing is what a step of an inquiry is judged by: the incident as it stood at the step's place, and the facts of the
// ceasefires that it cites.
type hearing struct {
	State
	moment domain.Moment
	facts  domain.Facts
}

// judge lets a monitor begin an inquiry, or take it up again after a suspension or a conclusion.
func (c *OpenInquiry) judge(h hearing) ([]domain.Event, []string, error) {
	mandate, err := h.admit(c.By)
	if err != nil {
		return nil, nil, err
	}
	if i := h.inquiryOf(c.By); i >= 0 && h.Inquiries[i].Status == UnderInquiry {
		return nil, nil, domain.Refuse(ErrInquiryOpen, "opened by %s at %s", c.By, h.Inquiries[i].Opened)
	}
	return []domain.Event{InquiryOpened{h.moment, Mandated{mandate}}}, nil, nil
}

// judge halts an inquiry that is under way.
func (c *SuspendInquiry) judge(h hearing) ([]domain.Event, []string, error) {
	mandate, err := h.admit(c.By)
	if err != nil {
		return nil, nil, err
	}
	if i := h.inquiryOf(c.By); i < 0 || h.Inquiries[i].Status != UnderInquiry {
		return nil, nil, domain.Refuse(ErrNoInquiry, "%s would suspend one", c.By)
	}
	return []domain.Event{InquirySuspended{h.moment, Mandated{mandate}}}, nil, nil
}

// judge ends an inquiry. A suspended one may end without being taken up again: often access is never granted, and the
// monitor closes the file as inconclusive.
func (c *ConcludeInquiry) judge(h hearing) ([]domain.Event, []string, error) {
	mandate, err := h.admit(c.By)
	if err != nil {
		return nil, nil, err
	}
	if i := h.inquiryOf(c.By); i < 0 || !h.Inquiries[i].pending() {
		return nil, nil, domain.Refuse(ErrNoInquiry, "%s would conclude one", c.By)
	}
	return []domain.Event{InquiryConcluded{h.moment, Mandated{mandate}}}, nil, nil
}

// admit returns the ceasefire that entitles body to hold an inquiry, or why it may not (R10).
func (h hearing) admit(body string) (mandate string, err error) {
	if !h.Exists() {
		return "", ErrNoAllegation
	}
	for _, cited := range h.Ceasefires {
		mandate, err := h.mandate(cited, body)
		if err != nil || mandate != "" {
			return mandate, err
		}
	}
	if len(h.Ceasefires) == 0 {
		return "", domain.Refuse(ErrNotAMonitor, "the incident cites no ceasefire")
	}
	return "", domain.Refuse(ErrNotAMonitor, "%s, of %s", body, strings.Join(h.Ceasefires, ", "))
}

// mandate climbs from the ceasefire id to the first one that body monitors at the step's place; "" where there is none.
// It climbs 64 steps at most, so that a circle of parents that got onto the record cannot hang a decision.
func (h hearing) mandate(id, body string) (string, error) {
	for range 64 {
		c, known, err := h.facts.Ceasefire(id, h.moment.Place)
		if err != nil || !known {
			return "", err
		}
		if slices.Contains(c.Monitors, body) {
			return id, nil
		}
		if id = c.Parent; id == "" {
			break
		}
	}
	return "", nil
}
