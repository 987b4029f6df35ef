package domain_test

import (
	"testing"
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
)

func day(s string) when.Bounds {
	b, err := when.When{At: s}.Resolve("UTC")
	if err != nil {
		panic(err)
	}
	return b
}

// published knows three sources, out of four.
func published(source string) (when.Bounds, bool) {
	b, ok := map[string]when.Bounds{"may-1": day("2016-05-01"), "may-4": day("2016-05-04"), "may-9": day("2016-05-09")}[source]
	return b, ok
}

func TestPublishedAt(t *testing.T) {
	const recorded = "2016-06-01"
	for name, test := range map[string]struct {
		sources []domain.SourceRef
		want    string
	}{
		"without a source, when it was recorded":               {nil, recorded},
		"the end of the day on which its source appeared":      {[]domain.SourceRef{{Source: "may-4"}}, "2016-05-05"},
		"the earliest of its sources":                          {[]domain.SourceRef{{Source: "may-9"}, {Source: "may-4"}}, "2016-05-05"},
		"a source that only hopes does not count":              {[]domain.SourceRef{{Source: "may-1", Modality: domain.Hopes}, {Source: "may-4"}}, "2016-05-05"},
		"a source that quotes does":                            {[]domain.SourceRef{{Source: "may-1", Modality: domain.Quotes}, {Source: "may-4"}}, "2016-05-02"},
		"where all only hope, the earliest of them":            {[]domain.SourceRef{{Source: "may-9", Modality: domain.Hopes}, {Source: "may-4", Modality: domain.Denies}}, "2016-05-05"},
		"a source of unknown date does not say":                {[]domain.SourceRef{{Source: "undated"}}, recorded},
		"nor does one that only hopes speak for it":            {[]domain.SourceRef{{Source: "undated"}, {Source: "may-4", Modality: domain.Hopes}}, recorded},
	} {
		c := word("stalled", "2016-05-01")
		c.Sources = test.sources
		got := domain.PublishedAt(domain.Step{RecordedAt: start, Command: c}, published)
		if got.Format(time.DateOnly) != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

func TestTheThreeClocksKeepWhatTheyAreAskedFor(t *testing.T) {
	c := word("stalled", "2016-05-02")
	c.Sources = []domain.SourceRef{{Source: "may-4"}}
	r := story(t, opening("2016-05-01"), c)
	last := r.Steps[1]
	for name, test := range map[string]struct {
		clocks domain.Clocks
		want   bool
	}{
		"recorded by then":            {domain.Clocks{Prefix: 2}, true},
		"not recorded by then":        {domain.Clocks{Prefix: 1}, false},
		"published by then":           {domain.Clocks{Prefix: 2, ReportedBy: day("2016-05-05").Earliest}, true},
		"not published by then":       {domain.Clocks{Prefix: 2, ReportedBy: day("2016-05-05").Earliest.Add(-1)}, false},
		"published, but not recorded": {domain.Clocks{Prefix: 1, ReportedBy: day("2016-05-05").Earliest}, false},
	} {
		if got := test.clocks.Keeps(published)(last); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
	x := r.Readings(domain.Everything)[1]
	at := func(s string) domain.Clocks { return domain.Clocks{Effective: day(s).Earliest} }
	if at("2016-05-01").Happened(x) || !at("2016-05-02").Happened(x) {
		t.Errorf("what is said of 2 May had happened from its first instant on, and not before")
	}
}

func TestAnActCountsFromItsPlaceAndAReportFromWhatItSpeaksOf(t *testing.T) {
	placed := domain.Reading{
		Place:   day("2016-05-05").Earliest,
		Command: acts("2016-05-03"),
		Events:  []domain.Event{domain.EntryRetracted{Moment: domain.Moment{Occurred: day("2016-05-03")}}},
	}
	if got := placed.Effective(); !got.Equal(placed.Place) {
		t.Errorf("an act: got %s", got)
	}
	placed.Command = word("stalled", "2016-05-03")
	if got := placed.Effective(); !got.Equal(day("2016-05-03").Earliest) {
		t.Errorf("a report: got %s", got)
	}
}
