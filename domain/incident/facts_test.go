package incident_test

import (
	"errors"
	"time"

	"truceledger/domain"
)

// facts say that every record exists, and know four ceasefires: syria, monitored by un-monitors; aleppo below it, by
// hmeimim-centre; latakia, by nobody; and round, which is its own parent's parent.
type facts struct{}

var errOffline = errors.New("the read model is not there")

func (facts) Exists(domain.Ref) (bool, error)       { return true, nil }
func (facts) PlaceParent(string) (string, error)    { return "", nil }
func (facts) Audience(domain.Ref) ([]string, error) { return nil, nil }

// DuplicateOf says that the clinic is a second report of the ward, and the ward of the hospital; and that two others are
// each a second report of the other.
func (facts) DuplicateOf(incident string) (string, error) {
	return map[string]string{"clinic": "ward", "ward": "hospital", "egg": "hen", "hen": "egg"}[incident], nil
}

func (facts) Ceasefire(id string, at time.Time) (c domain.CeasefireFacts, ok bool, err error) {
	switch id {
	case "syria":
		return domain.CeasefireFacts{Monitors: []string{"un-monitors"}}, true, nil
	case "aleppo":
		c = domain.CeasefireFacts{Parent: "syria", Monitors: []string{"hmeimim-centre"}}
		if at.After(time.Date(2016, 5, 10, 0, 0, 0, 0, time.UTC)) {
			c.Monitors = append(c.Monitors, "geneva-centre")
		}
		return c, true, nil
	case "latakia":
		return domain.CeasefireFacts{}, true, nil
	case "round":
		return domain.CeasefireFacts{Parent: "trip"}, true, nil
	case "trip":
		return domain.CeasefireFacts{Parent: "round"}, true, nil
	case "offline":
		return c, false, errOffline
	}
	return c, false, nil
}
