package ceasefire_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/when"
)

// A story is one ceasefire's record, told by commands in the order of their recording.
type story struct {
	t      *testing.T
	record domain.Record
	facts  world
	now    time.Time
}

// world is the other records that a story's rules may ask about.
type world struct {
	places     map[string]string // place → the place that it lies in
	ceasefires map[string]domain.CeasefireFacts
}

func (w world) Exists(r domain.Ref) (bool, error) {
	switch r.Kind {
	case domain.KindCeasefire:
		_, ok := w.ceasefires[r.ID]
		return ok, nil
	case domain.KindPlace:
		_, ok := w.places[r.ID]
		return ok, nil
	}
	return r.ID != "nobody", nil
}
func (w world) PlaceParent(p string) (string, error) { return w.places[p], nil }
func (w world) DuplicateOf(string) (string, error)   { return "", nil }
func (world) Audience(domain.Ref) ([]string, error)  { return nil, nil }
func (w world) Ceasefire(id string, _ time.Time) (domain.CeasefireFacts, bool, error) {
	c, ok := w.ceasefires[id]
	return c, ok, nil
}

// zone is the ledger's default zone in every story.
const zone = "UTC"

func newStory(t *testing.T) *story {
	return &story{
		t:      t,
		record: domain.Record{Ref: domain.Ref{Kind: domain.KindCeasefire, ID: "river"}},
		now:    at("2016-12-01T00:00Z"),
		facts: world{
			places: map[string]string{"syria": "", "aleppo": "syria", "aleppo-city": "aleppo", "latakia": "syria", "moon": ""},
			ceasefires: map[string]domain.CeasefireFacts{
				"nationwide": {Area: []string{"syria"}, Excluded: []string{"nusra-front"}},
				"lower":      {Parent: "river"},
				"successor":  {},
			},
		},
	}
}

// tell records commands, each of which must be accepted; each is recorded a second after the one before.
func (s *story) tell(commands ...domain.Command) *story {
	s.t.Helper()
	for _, c := range commands {
		if err := s.try(c); err != nil {
			s.t.Fatalf("%s: got refusal %q, want it recorded", c.Verb(), err)
		}
	}
	return s
}

// try records a command, or returns why not.
func (s *story) try(c domain.Command) error {
	s.now = s.now.Add(time.Second)
	if err := domain.Prepare(c, zone); err != nil {
		return err
	}
	d, err := domain.Decide(s.record, c, domain.Setting{Now: s.now, Zone: zone, Facts: s.facts}, ceasefire.Judge)
	if err != nil {
		return err
	}
	s.record = s.record.Then(domain.Step{Sequence: s.record.Version() + 1, RecordedAt: s.now, Command: c, Events: d.Events})
	return nil
}

// at reads an instant, or a local time of Damascus.
func at(text string) time.Time {
	w := when.When{At: text}
	if len(text) == len("2016-05-05T01:00") {
		w.Zone = "Asia/Damascus"
	}
	b, err := w.Resolve(zone)
	if err != nil {
		panic(err)
	}
	return b.Earliest
}

func (s *story) asked(c domain.Clocks) (ceasefire.Picture, bool) {
	if c.Prefix == 0 {
		c.Prefix = s.record.Version()
	}
	return ceasefire.At(s.record, c, func(source string) (when.Bounds, bool) {
		b, err := when.When{At: source}.Resolve(zone) // in a story a source is named by the day it was published
		return b, err == nil
	})
}

// picture is the ceasefire at an effective time, with everything known.
func (s *story) picture(effective string) ceasefire.Picture {
	s.t.Helper()
	p, ok := s.asked(domain.Clocks{Effective: at(effective)})
	if !ok {
		s.t.Fatalf("at %s: not found", effective)
	}
	return p
}

// is checks the status at an effective time.
func (s *story) is(effective string, want ceasefire.Status, couldBe ...ceasefire.Status) *story {
	s.t.Helper()
	p := s.picture(effective)
	if p.Status != want || !slices.Equal(p.CouldBe, couldBe) {
		s.t.Errorf("at %s: got %s %v, want %s %v", effective, p.Status, p.CouldBe, want, couldBe)
	}
	return s
}

// refuses checks that a command is refused with the given rule, and that the record stays as it was.
func (s *story) refuses(want error, c domain.Command) *story {
	s.t.Helper()
	before := s.record.Version()
	if err := s.try(c); !errors.Is(err, want) {
		s.t.Errorf("%s: got %v, want refusal %q", c.Verb(), err, want)
	}
	if s.record.Version() != before {
		s.t.Errorf("%s: a refusal was recorded", c.Verb())
	}
	return s
}

func (s *story) flagged(effective string, want ...domain.FlagCode) *story {
	s.t.Helper()
	var got []domain.FlagCode
	for _, f := range s.picture(effective).Flags {
		got = append(got, f.Code)
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("at %s: got flags %v, want %v", effective, got, want)
	}
	return s
}

// The commands, as short as a sentence.

func damascus(text string) when.When { return when.When{At: text, Zone: "Asia/Damascus"} }

func head(by, occurred string) domain.Header {
	h := domain.Header{By: by}
	if occurred != "" {
		h.Occurred = damascus(occurred)
	}
	return h
}

var river = ceasefire.Addressed{Ceasefire: "river"}

func propose(occurred string, terms ceasefire.Terms) *ceasefire.Propose {
	if terms.Parties == nil {
		terms.Parties = []string{"north", "south"}
	}
	return &ceasefire.Propose{Header: head("mediator", occurred), Ceasefire: "river", Terms: terms}
}

func agree(by, occurred string) *ceasefire.Agree {
	return &ceasefire.Agree{Header: head(by, occurred), Addressed: river}
}

func extend(by, occurred string, e ceasefire.Extend) *ceasefire.Extend {
	e.Header, e.Addressed = head(by, occurred), river
	return &e
}

func change(by, occurred, from string) ceasefire.Change {
	c := ceasefire.Change{Header: head(by, occurred), Addressed: river}
	if from != "" {
		c.From = damascus(from)
	}
	return c
}

// agreed is a story that has come to an agreement on 1 May, in force from 2 May 00:00 until 4 May 00:00 Damascus.
func agreed(t *testing.T) *story {
	return newStory(t).tell(
		propose("2016-05-01T08:00", ceasefire.Terms{From: damascus("2016-05-02T00:00"), Lasting: "PT48H"}),
		agree("north", "2016-05-01T09:00"),
		agree("south", "2016-05-01T10:00"),
	)
}
