package registry_test

import (
	"time"

	"truceledger/domain"
	"truceledger/domain/registry"
)

// A story is one record that grows, command by command, the way the ledger grows it.
type story struct {
	record domain.Record
	facts  facts
	now    time.Time
}

// begin starts a story on 1 June 2016; the ledger records one entry an hour.
func begin(ref domain.Ref, given ...domain.Command) *story {
	s := &story{record: domain.Record{Ref: ref}, now: time.Date(2016, 6, 1, 0, 0, 0, 0, time.UTC)}
	for _, c := range given {
		if _, err := s.says(c); err != nil {
			panic(err) // the test's own premise is refused
		}
	}
	return s
}

// says prepares and decides c, and adds what it amounts to.
func (s *story) says(c domain.Command) (domain.Decision, error) {
	s.now = s.now.Add(time.Hour)
	if err := domain.Prepare(c, "UTC"); err != nil {
		return domain.Decision{}, err
	}
	d, err := domain.Decide(s.record, c, domain.Setting{Now: s.now, Zone: "UTC", Facts: s.facts}, registry.Judge)
	if err != nil {
		return d, err
	}
	s.record = s.record.Then(domain.Step{Sequence: s.record.Version() + 1, RecordedAt: s.now, Command: c, Events: d.Events})
	return d, nil
}

// readings is how the record reads as far as it is known now.
func (s *story) readings() []domain.Reading { return s.record.Readings(domain.Everything) }

// refusal returns the code of a rejection, the field of a field error, or the error's text.
func refusal(err error) string {
	switch e := err.(type) {
	case nil:
		return ""
	case domain.Rejection:
		return e.Code()
	case *domain.Refusal:
		return e.Code()
	case *domain.FieldError:
		return e.Field
	}
	return err.Error()
}

// facts say that every record exists, and which place lies in which.
type facts map[string]string

func (facts) Exists(domain.Ref) (bool, error)            { return true, nil }
func (f facts) PlaceParent(place string) (string, error) { return f[place], nil }
func (f facts) DuplicateOf(string) (string, error)       { return "", nil }
func (facts) Audience(domain.Ref) ([]string, error)      { return nil, nil }
func (facts) Ceasefire(string, time.Time) (c domain.CeasefireFacts, ok bool, err error) {
	return c, false, nil
}
