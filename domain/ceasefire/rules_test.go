package ceasefire_test

import (
	"testing"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/when"
)

func TestTheLastConsentMakesItAgreed(t *testing.T) {
	s := agreed(t)
	s.is("2016-05-01T08:30", ceasefire.Proposed).is("2016-05-01T09:30", ceasefire.Proposed)
	s.is("2016-05-01T10:00", ceasefire.Scheduled).is("2016-05-01T23:59", ceasefire.Scheduled)
	s.is("2016-05-02T00:00", ceasefire.InForce).is("2016-05-03T23:59", ceasefire.InForce)
	s.is("2016-05-04T00:00", ceasefire.Lapsed)
}

func TestBeforeItsProposalItIsNotFound(t *testing.T) {
	s := agreed(t)
	if _, ok := s.asked(domain.Clocks{Effective: at("2016-05-01T07:59")}); ok {
		t.Error("found before it was proposed")
	}
}

func TestOnlyAnActEndsACeasefire(t *testing.T) {
	agreed(t).tell(&ceasefire.Terminate{Change: change("north", "2016-05-02T12:00", "2016-05-03T00:00")}).
		is("2016-05-02T13:00", ceasefire.InForce).
		is("2016-05-03T00:00", ceasefire.Terminated).
		is("2016-05-09T00:00", ceasefire.Terminated)
}

func TestATerminationAfterTheTermRanOutLeavesItLapsed(t *testing.T) {
	agreed(t).tell(&ceasefire.Terminate{Change: change("north", "2016-05-02T12:00", "2016-05-05T00:00")}).
		is("2016-05-04T12:00", ceasefire.Lapsed).
		is("2016-05-06T00:00", ceasefire.Lapsed)
}

func TestRules(t *testing.T) {
	nobodysClaim := agree("stranger", "2016-05-02T10:00")
	for _, rule := range []struct {
		name string
		want domain.Rejection
		when domain.Command
	}{
		{"R1 an unknown actor", domain.ErrUnknownID, &ceasefire.Agree{Header: head("nobody", "2016-05-02T10:00"), Addressed: river}},
		{"R1 a second proposal under the id", domain.ErrExists, propose("2016-05-02T10:00", ceasefire.Terms{})},
		{"R2 consent by one without a role", ceasefire.ErrNoStanding, nobodysClaim},
		{"R3 a second consent", ceasefire.ErrAlreadyConsented, agree("north", "2016-05-02T10:00")},
		{"R3 consent to a version that is not current", ceasefire.ErrNotCurrent, &ceasefire.Agree{Header: head("north", "2016-05-02T10:00"), Addressed: river, Version: 2}},
		{"R3 amending after agreement", ceasefire.ErrAlreadyAgreed, &ceasefire.Amend{Header: head("north", "2016-05-02T10:00"), Addressed: river}},
		{"R5 an extension that ends sooner", ceasefire.ErrNotLater, extend("north", "2016-05-02T10:00", ceasefire.Extend{Until: damascus("2016-05-03T00:00")})},
		{"R5 an extension that ends before it starts", domain.ErrEndBeforeStart, extend("north", "2016-05-02T10:00", ceasefire.Extend{From: damascus("2016-05-06T00:00"), Until: damascus("2016-05-05T00:00")})},
		{"R6 extending after the lapse", ceasefire.ErrLapsed, extend("north", "2016-05-04T00:00", ceasefire.Extend{Lasting: "PT24H"})},
		{"R7 an extension by a stranger", ceasefire.ErrNoStanding, extend("stranger", "2016-05-02T10:00", ceasefire.Extend{Lasting: "PT24H"})},
		{"R14 an act after its recording", domain.ErrInTheFuture, agree("north", "2017-01-01T00:00")},
		{"R4 acting before it was proposed", ceasefire.ErrNotProposed, agree("north", "2016-04-01T00:00")},
		{"a suspension that reaches back", ceasefire.ErrRetroactive, &ceasefire.Suspend{Change: change("north", "2016-05-02T10:00", "2016-05-02T09:00")}},
		{"resuming what is not suspended", ceasefire.ErrNotSuspended, &ceasefire.Resume{Change: change("north", "2016-05-02T10:00", "")}},
		{"suspending before it is in force", ceasefire.ErrNotInForce, &ceasefire.Suspend{Change: change("north", "2016-05-01T12:00", "")}},
		{"terminating after the lapse", ceasefire.ErrLapsed, &ceasefire.Terminate{Change: change("north", "2016-05-05T10:00", "")}},
		{"R16 taking out a place that is not inside", ceasefire.ErrNotInArea, &ceasefire.NarrowArea{Header: head("north", "2016-05-02T10:00"), Addressed: river, Area: []string{"moon"}}},
		{"an obligation that nobody undertook", ceasefire.ErrNoObligation, &ceasefire.ReportPerformance{Header: head("north", "2016-05-02T10:00"), Addressed: river, Obligation: "x", Performance: "met"}},
		{"a guarantor's waiver by somebody else", ceasefire.ErrNotAGuarantor, &ceasefire.Accede{Header: head("west", "2016-05-02T10:00"), Addressed: river, WaivedBy: "north"}},
		{"a party that accedes again", ceasefire.ErrAlreadyParty, &ceasefire.Accede{Header: head("north", "2016-05-02T10:00"), Addressed: river}},
	} {
		t.Run(rule.name, func(t *testing.T) { agreed(t).refuses(rule.want, rule.when) })
	}
}

func TestExcludedActorsNeitherAgreeNorAccede(t *testing.T) {
	s := newStory(t).tell(propose("2016-05-01T08:00", ceasefire.Terms{Parent: "nationwide", Area: []string{"aleppo"}, Excluded: []string{"islamic-state"}}))
	s.refuses(ceasefire.ErrExcluded, agree("islamic-state", "2016-05-01T09:00"))
	s.refuses(ceasefire.ErrExcluded, agree("nusra-front", "2016-05-01T09:00")) // by the ceasefire above
	s.refuses(ceasefire.ErrExcluded, &ceasefire.Accede{Header: head("nusra-front", "2016-05-01T09:00"), Addressed: river})
	s.refuses(ceasefire.ErrExcluded, &ceasefire.Designate{Header: head("north", "2016-05-01T09:00"), Addressed: river, Actor: "islamic-state", Role: ceasefire.Monitor})
	s.tell(&ceasefire.Attest{Header: head("nusra-front", "2016-05-01T09:00"), Addressed: river}) // a report is never refused for who makes it
}

func TestALocalAreaLiesInsideItsParents(t *testing.T) {
	newStory(t).refuses(ceasefire.ErrOutsideParent, propose("2016-05-01", ceasefire.Terms{Parent: "nationwide", Area: []string{"moon"}}))
	newStory(t).tell(propose("2016-05-01", ceasefire.Terms{Parent: "nationwide", Area: []string{"aleppo-city"}})).
		refuses(ceasefire.ErrParentCycle, &ceasefire.Amend{Header: head("north", "2016-05-01"), Addressed: river, Terms: ceasefire.Terms{Parent: "lower"}})
}

func TestConsentsToOlderTermsDoNotCount(t *testing.T) {
	s := newStory(t).tell(
		propose("2016-05-01T08:00", ceasefire.Terms{From: damascus("2016-05-02T00:00")}),
		agree("north", "2016-05-01T09:00"),
		&ceasefire.Amend{Header: head("mediator", "2016-05-01T10:00"), Addressed: river, Terms: ceasefire.Terms{Lasting: "PT24H"}},
		agree("south", "2016-05-01T11:00"),
	)
	s.is("2016-05-01T12:00", ceasefire.Proposed)
	s.tell(agree("north", "2016-05-01T12:00")).is("2016-05-01T12:00", ceasefire.Scheduled)
	s.is("2016-05-03T00:00", ceasefire.Lapsed) // the amendment kept the start and added an end
}

func TestAWithdrawalBeforeAgreementTakesTheConsentBack(t *testing.T) {
	s := newStory(t).tell(propose("2016-05-01T08:00", ceasefire.Terms{}), agree("north", "2016-05-01T09:00"),
		&ceasefire.Withdraw{Change: change("north", "2016-05-01T09:30", "")}, agree("south", "2016-05-01T10:00"))
	s.is("2016-05-01T11:00", ceasefire.Proposed)
	s.tell(agree("north", "2016-05-01T12:00")).is("2016-05-01T12:00", ceasefire.Agreed)
}

func TestWithFewerThanTwoPartiesLeftItIsTerminated(t *testing.T) {
	three := func() *story {
		return newStory(t).tell(
			propose("2016-05-01T08:00", ceasefire.Terms{Parties: []string{"north", "south", "west"}, From: damascus("2016-05-01T12:00")}),
			agree("north", "2016-05-01T09:00"), agree("south", "2016-05-01T09:00"), agree("west", "2016-05-01T09:00"))
	}
	leave := func(who, occurred, from string) domain.Command {
		return &ceasefire.Withdraw{Change: change(who, occurred, from)}
	}
	three().tell(leave("north", "2016-05-02T00:00", "")).is("2016-05-03T00:00", ceasefire.InForce)
	// The one who says it first leaves last: the ceasefire ends with the last leaving, not with the last word.
	three().tell(leave("north", "2016-05-02T00:00", "2016-06-01T00:00"), leave("south", "2016-05-03T00:00", "")).
		is("2016-05-04T00:00", ceasefire.InForce).
		is("2016-06-01T00:00", ceasefire.Terminated)
	three().tell(leave("north", "2016-05-02T00:00", "2016-06-01T00:00"), leave("south", "2016-05-03T00:00", ""),
		&ceasefire.Accede{Header: head("east", "2016-05-10T00:00"), Addressed: river}).
		is("2016-06-02T00:00", ceasefire.InForce)
	one := newStory(t).tell(
		propose("2016-05-01T08:00", ceasefire.Terms{Class: ceasefire.UnilateralDeclaration, Parties: []string{"north"}, From: damascus("2016-05-01T12:00")}),
		agree("north", "2016-05-01T09:00"))
	one.is("2016-05-02T00:00", ceasefire.InForce)
	one.tell(leave("north", "2016-05-02T00:00", "")).is("2016-05-02T00:00", ceasefire.Terminated)
}

func TestAPlanThatWasThwartedHasNoSecondInForce(t *testing.T) {
	s := newStory(t).tell(
		propose("2016-05-02T08:00", ceasefire.Terms{From: damascus("2016-05-03"), Lasting: "PT24H", PlannedExtensions: []string{"P2D"}}),
		agree("north", "2016-05-02T09:00"), agree("south", "2016-05-02T09:00"),
		&ceasefire.Thwart{Header: head("", "2016-05-04T10:00"), Addressed: river, Reason: "attacks"},
	)
	s.is("2016-05-02T10:00", ceasefire.Scheduled)
	for _, second := range []string{"2016-05-03T00:00", "2016-05-03T12:00", "2016-05-03T23:59", "2016-05-04T00:30", "2016-05-05T00:00"} {
		s.is(second, ceasefire.Thwarted)
	}
	s.refuses(ceasefire.ErrThwarted, &ceasefire.EnterIntoForce{Header: head("north", "2016-05-05T00:00"), Addressed: river})
	agreed(t).tell(&ceasefire.Suspend{Change: change("north", "2016-05-02T12:00", "")}).
		refuses(ceasefire.ErrWasInForce, &ceasefire.Thwart{Header: head("", "2016-05-03T00:00"), Addressed: river})
}

func TestSuspensionDoesNotStopTheTerm(t *testing.T) {
	agreed(t).tell(&ceasefire.Suspend{Change: change("north", "2016-05-02T12:00", "")}).
		is("2016-05-02T13:00", ceasefire.Suspended).
		is("2016-05-04T00:00", ceasefire.Lapsed).
		tell(&ceasefire.Resume{Change: change("south", "2016-05-03T00:00", "2016-05-03T06:00")}).
		is("2016-05-03T05:59", ceasefire.Suspended).
		is("2016-05-03T06:00", ceasefire.InForce).
		is("2016-05-04T00:00", ceasefire.Lapsed)
}

func TestAccedingAfterTheDeadlineNeedsAGuarantorsWaiver(t *testing.T) {
	s := newStory(t).tell(propose("2016-05-01T08:00", ceasefire.Terms{Guarantors: []string{"russia"}, AccedeBy: damascus("2016-05-02T12:00")}))
	accede := func(who, occurred, waivedBy string) domain.Command {
		return &ceasefire.Accede{Header: head(who, occurred), Addressed: river, WaivedBy: waivedBy}
	}
	s.tell(accede("east", "2016-05-02T12:00", "")) // the last moment is in time
	s.refuses(ceasefire.ErrTooLate, accede("west", "2016-05-02T12:01", ""))
	s.tell(accede("west", "2016-05-02T12:01", "russia"))
}

func TestExtensions(t *testing.T) {
	t.Run("counted from the old end", func(t *testing.T) {
		agreed(t).tell(extend("north", "2016-05-03T00:00", ceasefire.Extend{Lasting: "PT24H"})).
			is("2016-05-04T23:59", ceasefire.InForce).is("2016-05-05T00:00", ceasefire.Lapsed)
	})
	t.Run("to a total, counted from the first entry into force", func(t *testing.T) {
		agreed(t).tell(extend("north", "2016-05-03T00:00", ceasefire.Extend{ToTotal: "PT72H"})).
			is("2016-05-04T23:59", ceasefire.InForce).is("2016-05-05T00:00", ceasefire.Lapsed)
	})
	t.Run("a month, by the calendar of the ceasefire's zone", func(t *testing.T) {
		agreed(t).tell(extend("north", "2016-05-03T00:00", ceasefire.Extend{Lasting: "P6M"})).
			is("2016-11-03T23:59", ceasefire.InForce).is("2016-11-04T00:00", ceasefire.Lapsed) // Damascus is at +02 by then
	})
	t.Run("after a gap", func(t *testing.T) {
		s := agreed(t).tell(extend("north", "2016-05-03T00:00", ceasefire.Extend{From: damascus("2016-05-05T00:00"), Lasting: "PT24H"}))
		s.is("2016-05-04T12:00", ceasefire.Lapsed).is("2016-05-05T12:00", ceasefire.InForce).is("2016-05-06T00:00", ceasefire.Lapsed)
		s.flagged("2016-05-04T12:00", domain.FlagGap)
		if p := s.picture("2016-05-04T12:00"); !p.Gap || !p.End().Earliest.Equal(at("2016-05-06T00:00")) {
			t.Errorf("in the gap: got gap %v until %s, want the last term's end", p.Gap, p.End())
		}
	})
	t.Run("with an overlap", func(t *testing.T) {
		agreed(t).tell(extend("north", "2016-05-03T00:00", ceasefire.Extend{From: damascus("2016-05-03T23:01"), Lasting: "PT24H"})).
			flagged("2016-05-03T12:00", domain.FlagOverlap).is("2016-05-04T12:00", ceasefire.InForce)
	})
	t.Run("an open end cannot be extended", func(t *testing.T) {
		newStory(t).tell(propose("2016-05-01T08:00", ceasefire.Terms{From: damascus("2016-05-01T12:00")}), agree("north", "2016-05-01T09:00"), agree("south", "2016-05-01T09:00")).
			refuses(ceasefire.ErrOpenEnded, extend("north", "2016-05-02T00:00", ceasefire.Extend{Lasting: "PT24H"}))
	})
	t.Run("exactly one way to say how long", func(t *testing.T) {
		if err := agreed(t).try(extend("north", "2016-05-03T00:00", ceasefire.Extend{})); err == nil || err.Error()[:5] != "until" {
			t.Errorf("got %v, want an error of the field until", err)
		}
	})
}

func TestUnderAllConsentingTheLastEqualExtensionMovesTheTerm(t *testing.T) {
	s := newStory(t).tell(
		propose("2016-05-01T08:00", ceasefire.Terms{From: damascus("2016-05-02T00:00"), Lasting: "PT48H", ExtensionRule: ceasefire.AllConsenting, Guarantors: []string{"russia"}}),
		agree("north", "2016-05-01T09:00"), agree("south", "2016-05-01T09:00"),
		extend("north", "2016-05-03T00:00", ceasefire.Extend{Lasting: "PT24H"}),
		extend("south", "2016-05-03T01:00", ceasefire.Extend{Lasting: "PT48H"}),
	)
	s.is("2016-05-04T12:00", ceasefire.Lapsed)
	s.refuses(ceasefire.ErrNoStanding, extend("russia", "2016-05-03T02:00", ceasefire.Extend{Lasting: "PT48H"}))
	s.tell(extend("north", "2016-05-03T02:00", ceasefire.Extend{Until: damascus("2016-05-06T00:00")})).is("2016-05-05T12:00", ceasefire.InForce)
	s.is("2016-05-03T01:30", ceasefire.InForce)
	if end := s.picture("2016-05-03T01:30").End(); !end.Earliest.Equal(at("2016-05-04T00:00")) {
		t.Errorf("before the last equal extension: until %s", end)
	}
}

func TestALateRecordedExtensionRemovesTheLapseOnlyFromTodaysView(t *testing.T) {
	s := agreed(t)
	known := s.record.Version()
	s.tell(extend("north", "2016-05-03T12:00", ceasefire.Extend{Lasting: "PT24H"}))
	s.is("2016-05-04T12:00", ceasefire.InForce)
	if p, _ := s.asked(domain.Clocks{Effective: at("2016-05-04T12:00"), Prefix: known}); p.Status != ceasefire.Lapsed {
		t.Errorf("as known before: got %s, want lapsed", p.Status)
	}
}

func TestAnActIsJudgedAtItsPlaceAndLaterOnesAreNotJudgedAgain(t *testing.T) {
	s := agreed(t).tell(
		extend("north", "2016-05-03T12:00", ceasefire.Extend{Lasting: "PT24H"}),
		&ceasefire.Terminate{Change: change("south", "2016-05-02T12:00", "")}, // recorded later, done earlier
	)
	s.is("2016-05-02T13:00", ceasefire.Terminated).is("2016-05-04T12:00", ceasefire.Terminated)
	s.flagged("2016-05-04T12:00", domain.FlagOutOfOrder)
}

func TestImprecisionRefusesOnlyWhatEveryReadingForbids(t *testing.T) {
	s := agreed(t)
	// "On 4 May" begins when the term has just run out; "on 3 May" still has moments before it.
	s.refuses(ceasefire.ErrLapsed, extend("north", "2016-05-04", ceasefire.Extend{Lasting: "PT24H"}))
	s.tell(extend("north", "2016-05-03", ceasefire.Extend{Until: damascus("2016-05-04")}))
	s.is("2016-05-03T23:59", ceasefire.InForce)
	s.is("2016-05-04T12:00", ceasefire.Indeterminate, ceasefire.InForce, ceasefire.Lapsed)
	s.is("2016-05-05T00:00", ceasefire.Lapsed)
}

func TestAStartThatIsAMonthIsIndeterminateInIt(t *testing.T) {
	s := newStory(t).tell(propose("2016-02", ceasefire.Terms{From: damascus("2016-02")}), agree("north", "2016-02"), agree("south", "2016-02"))
	s.is("2016-02-20T12:00", ceasefire.Indeterminate, ceasefire.Scheduled, ceasefire.InForce)
	s.is("2016-03-01T00:00", ceasefire.InForce)
	s.tell(&domain.Correct{CorrectionTarget: domain.CorrectionTarget{Record: "ceasefire/river", Sequence: 1}, Reason: "the day is known",
		Replacement: propose("2016-02", ceasefire.Terms{From: damascus("2016-02-27T00:00")})})
	s.is("2016-02-20T12:00", ceasefire.Scheduled).is("2016-02-27T00:00", ceasefire.InForce)
	if p, _ := s.asked(domain.Clocks{Effective: at("2016-02-20T12:00"), Prefix: 3}); p.Status != ceasefire.Indeterminate {
		t.Errorf("before the correction: got %s, want indeterminate", p.Status)
	}
}

func TestARetractedConsentNoLongerCounts(t *testing.T) {
	retract := func(sequence uint64) domain.Command {
		return &domain.Retract{CorrectionTarget: domain.CorrectionTarget{Record: "ceasefire/river", Sequence: sequence}, Reason: "never given"}
	}
	s := agreed(t).tell(retract(3))
	s.is("2016-05-02T12:00", ceasefire.Proposed)
	s.refuses(domain.ErrRetracted, retract(3))
	s.tell(retract(4)).is("2016-05-02T12:00", ceasefire.InForce) // the retraction is taken back
}

func TestReportedByKeepsWhatWasPublished(t *testing.T) {
	published := func(c domain.Command, day string) domain.Command {
		c.Head().Sources = []domain.SourceRef{{Source: day}}
		return c
	}
	s := newStory(t).tell(
		published(propose("2016-05-01T08:00", ceasefire.Terms{From: damascus("2016-05-02T00:00"), Lasting: "PT48H"}), "2016-05-01"),
		published(agree("north", "2016-05-01T09:00"), "2016-05-02"),
		published(agree("south", "2016-05-01T10:00"), "2016-05-03"),
		published(extend("south", "2016-05-02T10:00", ceasefire.Extend{Lasting: "PT48H"}), "2016-05-04"),
	)
	for _, ask := range []struct {
		reportedBy string
		want       ceasefire.Status
	}{{"2016-05-02T00:00Z", ceasefire.Proposed}, {"2016-05-03T23:59Z", ceasefire.Proposed}, {"2016-05-04T00:00Z", ceasefire.Lapsed}, {"2016-05-05T00:00Z", ceasefire.InForce}} {
		p, ok := s.asked(domain.Clocks{Effective: at("2016-05-05T12:00"), ReportedBy: at(ask.reportedBy)})
		if !ok || p.Status != ask.want {
			t.Errorf("reported by %s: got %s, want %s", ask.reportedBy, p.Status, ask.want)
		}
	}
	if _, ok := s.asked(domain.Clocks{Effective: at("2016-05-05T12:00"), ReportedBy: at("2016-05-01T23:00Z")}); ok {
		t.Error("found before anybody had published it")
	}
}

func TestViewsAndContest(t *testing.T) {
	no := false
	attest := func(by string, a ceasefire.Attest) domain.Command {
		a.Header, a.Addressed = domain.Header{By: by, Occurred: damascus("2016-05-01T12:00")}, river
		return &a
	}
	s := agreed(t).tell(
		attest("united-states", ceasefire.Attest{From: damascus("2016-05-01T11:00")}),
		attest("ministry", ceasefire.Attest{InForce: &no}),
	)
	status := func(effective, by string) ceasefire.Status {
		for _, v := range s.picture(effective).Views {
			if v.By == by {
				return v.Status
			}
		}
		return ""
	}
	if got := status("2016-05-01T13:00", "united-states"); got != ceasefire.InForce {
		t.Errorf("united-states: got %s", got)
	}
	if got := status("2016-05-01T13:00", "ministry"); got != ceasefire.NotInForce {
		t.Errorf("ministry: got %s", got)
	}
	if got := status("2016-05-02T13:00", "ministry"); got != "" {
		t.Errorf("ministry after the start: got %s, want no view", got)
	}
	if !s.picture("2016-05-01T13:00").Contested || s.picture("2016-05-02T13:00").Contested {
		t.Error("contested while exactly one of them is in force, and only then")
	}
	s.tell(attest("united-states", ceasefire.Attest{From: damascus("2016-05-02T00:00")}))
	if s.picture("2016-05-01T13:00").Contested {
		t.Error("the newest attestation of an actor counts")
	}
}

func TestAcceptedButFlagged(t *testing.T) {
	newStory(t).tell(propose("2016-05-01T08:00", ceasefire.Terms{From: damascus("2016-05-10T01:00"), Until: damascus("2016-05-12T00:00"), Lasting: "PT48H"})).
		flagged("2016-05-01T08:00", domain.FlagDurationDiffers)
	s := newStory(t).tell(propose("2016-05-01T08:00", ceasefire.Terms{Area: []string{"syria"}}), agree("north", "2016-05-01T09:00"), agree("south", "2016-05-01T09:00"),
		&ceasefire.WidenArea{Header: head("", "2016-05-04"), Addressed: river, Area: []string{"aleppo"}})
	s.flagged("2016-05-05T00:00", domain.FlagAlreadyInside)
	if area := s.picture("2016-05-05T00:00").Area; len(area) != 2 || area[1] != "aleppo" {
		t.Errorf("area: got %v, want aleppo listed", area)
	}
}

func TestTheZoneOfCalendarDays(t *testing.T) {
	for _, c := range []struct {
		name  string
		terms ceasefire.Terms
		enter ceasefire.EnterIntoForce
		want  string
	}{
		{"its own", ceasefire.Terms{Zone: "Asia/Kathmandu", From: damascus("2016-05-02T00:00")}, ceasefire.EnterIntoForce{}, "Asia/Kathmandu"},
		{"of its start", ceasefire.Terms{From: damascus("2016-05-02T00:00")}, ceasefire.EnterIntoForce{}, "Asia/Damascus"},
		{"of an offset", ceasefire.Terms{From: when.When{At: "2016-05-02T00:00+03:00"}}, ceasefire.EnterIntoForce{}, "+03:00"},
		{"of its end", ceasefire.Terms{Until: damascus("2016-06-02T00:00")}, ceasefire.EnterIntoForce{}, "Asia/Damascus"},
		{"of the start that it enters into force at", ceasefire.Terms{}, ceasefire.EnterIntoForce{From: damascus("2016-05-02T00:00")}, "Asia/Damascus"},
		{"the ledger's", ceasefire.Terms{}, ceasefire.EnterIntoForce{From: when.When{At: "2016-05-02"}}, "UTC"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.enter.Header, c.enter.Addressed = head("north", "2016-05-01T11:00"), river
			s := newStory(t).tell(propose("2016-05-01T08:00", c.terms), agree("north", "2016-05-01T09:00"), agree("south", "2016-05-01T10:00"), &c.enter)
			if got := s.picture("2016-05-02T12:00").Zone; got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestAnExtensionThatFindsAnotherEndChangesNothing(t *testing.T) {
	s := agreed(t).tell(
		extend("north", "2016-05-03T12:00", ceasefire.Extend{Until: damascus("2016-05-05T00:00")}),
		extend("south", "2016-05-02T12:00", ceasefire.Extend{Until: damascus("2016-05-07T00:00")}), // recorded later, done earlier
	)
	s.is("2016-05-06T12:00", ceasefire.InForce) // the later act, which once moved the end to 5 May, cannot shorten it
	s.flagged("2016-05-06T12:00", domain.FlagOutOfOrder)
}

func TestAnActWithinADayComesAfterWhatIsOnRecordForThatDay(t *testing.T) {
	s := agreed(t).tell(
		&ceasefire.Reaffirm{Header: head("north", "2016-05-03T10:00"), Addressed: river},
		extend("north", "2016-05-03", ceasefire.Extend{Until: damascus("2016-05-09T00:00")}),
	)
	if end := s.picture("2016-05-03T09:59").End(); !end.Earliest.Equal(at("2016-05-04T00:00")) {
		t.Errorf("before the entry recorded for that day: until %s", end)
	}
	if end := s.picture("2016-05-03T10:00").End(); !end.Earliest.Equal(at("2016-05-09T00:00")) {
		t.Errorf("from that entry on: until %s", end)
	}
}

func TestWhatIsDemandedIsNotOwedByWhoDemandsIt(t *testing.T) {
	owe := func(id string, m ceasefire.ObligationModality) domain.Command {
		return &ceasefire.Undertake{Header: head("north", "2016-05-02T10:00"), Addressed: river, Obligation: ceasefire.Obligation{Obligation: id, Modality: m}}
	}
	s := agreed(t).tell(owe("own", ""), owe("demand", ceasefire.Demanded))
	s.refuses(ceasefire.ErrObligationExists, owe("own", ceasefire.Demanded))
	got := s.picture("2016-05-03T00:00").Obligations
	if len(got) != 2 || got[0].Obligor != "north" || got[0].Modality != ceasefire.Accepted || got[1].Obligor != "" {
		t.Errorf("got %+v", got)
	}
}

func TestWhoHasNoPartInItChangesNothing(t *testing.T) {
	addressed := func(by string) domain.Header { return head(by, "2016-05-02T10:00") }
	for _, c := range []domain.Command{
		&ceasefire.Designate{Header: addressed("stranger"), Addressed: river, Actor: "stranger", Role: ceasefire.Guarantor},
		&ceasefire.Exclude{Header: addressed("stranger"), Addressed: river, Actor: "north"},
		&ceasefire.WidenArea{Header: addressed("stranger"), Addressed: river, Area: []string{"aleppo"}},
		&ceasefire.NarrowArea{Header: addressed("stranger"), Addressed: river, Area: []string{"aleppo"}},
		&ceasefire.EnterIntoForce{Header: addressed("stranger"), Addressed: river},
		&ceasefire.Thwart{Header: addressed("stranger"), Addressed: river},
		&ceasefire.DeclareCollapsed{Change: change("stranger", "2016-05-02T10:00", "")},
		&ceasefire.Supersede{Change: change("stranger", "2016-05-02T10:00", ""), Successor: "successor"},
		&ceasefire.Exclude{Header: addressed("south"), Addressed: river, Actor: "north"}, // a party does not put its opponent out
	} {
		agreed(t).refuses(ceasefire.ErrNoStanding, c)
	}
	newStory(t).tell(propose("2016-05-01T08:00", ceasefire.Terms{})).
		refuses(ceasefire.ErrNoStanding, &ceasefire.Amend{Header: addressed("stranger"), Addressed: river, Terms: ceasefire.Terms{Title: "x"}})
}

func TestAProposalNamesSomebodyWhoCanAgree(t *testing.T) {
	if err := newStory(t).try(&ceasefire.Propose{Header: head("mediator", "2016-05-01"), Ceasefire: "river"}); err == nil || err.Error()[:7] != "parties" {
		t.Errorf("got %v, want an error of the field parties", err)
	}
}

func TestWhoHasLeftIsNotWaitedFor(t *testing.T) {
	s := newStory(t).tell(
		propose("2016-05-01T08:00", ceasefire.Terms{Parties: []string{"north", "south", "west"}, From: damascus("2016-05-02T00:00"), Lasting: "PT48H", ExtensionRule: ceasefire.AllConsenting}),
		agree("north", "2016-05-01T09:00"), agree("south", "2016-05-01T09:00"), agree("west", "2016-05-01T09:00"),
		&ceasefire.Withdraw{Change: change("west", "2016-05-02T12:00", "")},
		&ceasefire.Accede{Header: head("east", "2016-05-02T13:00"), Addressed: river},
		extend("north", "2016-05-03T00:00", ceasefire.Extend{Lasting: "PT24H"}),
	)
	s.refuses(ceasefire.ErrAlreadyConsented, extend("north", "2016-05-03T00:30", ceasefire.Extend{Lasting: "PT24H"}))
	s.tell(extend("south", "2016-05-03T01:00", ceasefire.Extend{Lasting: "PT24H"})).is("2016-05-04T12:00", ceasefire.Lapsed)
	s.tell(extend("east", "2016-05-03T02:00", ceasefire.Extend{Lasting: "PT24H"})).is("2016-05-04T12:00", ceasefire.InForce)
}
