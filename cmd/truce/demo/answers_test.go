package demo_test

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/registry"
	"truceledger/domain/talks"
	"truceledger/domain/tally"
	"truceledger/domain/when"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
)

// today is when the record is loaded: long after.
var today = time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)

// A fixture is a ledger that holds the record.
type fixture struct {
	*testing.T
	ledger *eventstore.Ledger
	last   uint64 // the sequence of the newest entry
}

// load applies the whole record to a fresh ledger. That also proves that every id that a document names is registered in
// an earlier one, since the ledger refuses any other.
func load(t *testing.T) *fixture {
	t.Helper()
	l, err := eventstore.Open(t.Context(), memory.New(), eventstore.Options{
		Clock: func() time.Time { return today }, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), OwnReader: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	f := &fixture{T: t, ledger: l}
	for _, d := range record(t) {
		r, err := l.Execute(t.Context(), eventstore.Request{Command: d.command})
		if err != nil {
			t.Fatalf("%s: %v", d.name, err)
		}
		f.last = r.Entry.Sequence
	}
	return f
}

func (f *fixture) record(kind domain.Kind, id string) domain.Record {
	f.Helper()
	r, err := f.ledger.Record(f.Context(), domain.Ref{Kind: kind, ID: id})
	if err != nil {
		f.Fatal(err)
	}
	return r
}

func (f *fixture) published(source string) (when.Bounds, bool) {
	s := registry.FoldSource(f.record(domain.KindSource, source).Readings(domain.Everything))
	return s.Published, !s.Published.IsZero()
}

// at asks what a ceasefire was at an effective time; reportedBy "" sets no limit, and prefix 0 keeps every entry.
func (f *fixture) at(id, effective, reportedBy string, prefix uint64) (ceasefire.Picture, bool) {
	f.Helper()
	c := domain.Clocks{Effective: instant(f.T, effective), Prefix: prefix}
	if prefix == 0 {
		c.Prefix = f.last
	}
	if reportedBy != "" {
		c.ReportedBy = instant(f.T, reportedBy)
	}
	return ceasefire.At(f.record(domain.KindCeasefire, id), c, f.published)
}

// send executes a command given as JSON.
func (f *fixture) send(body string) error {
	f.Helper()
	c, err := eventstore.DecodeCommand("", []byte(body))
	if err != nil {
		f.Fatal(err)
	}
	r, err := f.ledger.Execute(f.Context(), eventstore.Request{Command: c})
	if err == nil {
		f.last = r.Entry.Sequence
	}
	return err
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestAnswers(t *testing.T) {
	f := load(t)
	correction := f.record(domain.KindCeasefire, "syria-cessation").Version() // the record's newest entry
	for _, q := range []struct {
		id, effective, reportedBy string
		prefix                    uint64
		want                      ceasefire.Status
		contested                 bool
		until                     string // "" is not asked
	}{
		{"aleppo-silence", "2016-05-04T12:00:00+03:00", "", 0, ceasefire.Scheduled, true, ""},
		{"aleppo-silence", "2016-05-06T12:00:00+03:00", "", 0, ceasefire.InForce, false, "2016-05-10T00:01:00+03:00"},
		{"aleppo-silence", "2016-05-06T12:00:00+03:00", "2016-05-06T00:00:00Z", 0, ceasefire.InForce, false, "2016-05-07T01:00:00+03:00"},
		{"aleppo-silence", "2016-05-06T12:00:00+03:00", "2016-05-05T00:00:00Z", 0, ceasefire.Agreed, true, ""},
		{"aleppo-silence", "2016-05-06T12:00:00+03:00", "2016-05-02T00:00:00Z", 0, ceasefire.Proposed, false, ""},
		{"aleppo-silence", "2016-05-09T21:00:59Z", "", 0, ceasefire.InForce, false, ""},
		{"aleppo-silence", "2016-05-09T21:01:00Z", "", 0, ceasefire.Lapsed, false, ""},
		{"ghouta-silence", "2016-05-01T12:00:00+03:00", "", 0, ceasefire.InForce, false, ""},
		{"ghouta-silence", "2016-05-02T12:00:00+03:00", "", 0, ceasefire.Indeterminate, false, ""},
		{"ghouta-silence", "2016-05-03T00:30:00+03:00", "", 0, ceasefire.Lapsed, true, ""}, // the view with 48 hours more
		{"latakia-silence", "2016-05-03T00:59:59+03:00", "", 0, ceasefire.InForce, false, "2016-05-03T01:00:00+03:00"},
		{"latakia-silence", "2016-05-03T01:00:00+03:00", "", 0, ceasefire.Lapsed, false, ""},
		{"latakia-silence-7-may", "2016-05-07T00:01:00+03:00", "", 0, ceasefire.InForce, false, "2016-05-10T00:01:00+03:00"},
		{"syria-cessation", "2016-02-20T12:00:00Z", "", 0, ceasefire.Scheduled, false, ""},
		{"syria-cessation", "2016-02-20T12:00:00Z", "", correction - 1, ceasefire.Indeterminate, false, ""},
		{"syria-cessation", "2016-05-10T12:00:00Z", "", 0, ceasefire.InForce, false, ""},
		{"aleppo-plan-3-may", "2016-05-02T12:00:00+03:00", "", 0, ceasefire.Scheduled, false, ""},
		{"aleppo-plan-3-may", "2016-05-03T00:00:00+03:00", "", 0, ceasefire.Thwarted, false, ""},
		{"aleppo-plan-3-may", "2016-05-10T00:00:00+03:00", "", 0, ceasefire.Thwarted, false, ""},
	} {
		p, found := f.at(q.id, q.effective, q.reportedBy, q.prefix)
		if !found || p.Status != q.want || p.Contested != q.contested {
			t.Errorf("%s at %s, reported by %q: got %s (contested: %v), want %s (contested: %v)",
				q.id, q.effective, q.reportedBy, p.Status, p.Contested, q.want, q.contested)
		}
		if end := p.End(); q.until != "" && (!end.IsInstant() || !end.Latest.Equal(instant(t, q.until))) {
			t.Errorf("%s at %s: got until %s, want %s", q.id, q.effective, end, q.until)
		}
	}
}

func TestViews(t *testing.T) {
	f := load(t)
	p, _ := f.at("aleppo-silence", "2016-05-04T12:00:00+03:00", "", 0)
	got := map[string]ceasefire.Status{}
	for _, v := range p.Views {
		got[v.By] = v.Status
	}
	for by, want := range map[string]ceasefire.Status{
		"united-states": ceasefire.InForce, "ap-senior-sources": ceasefire.InForce, "russian-defence-ministry": ceasefire.NotInForce,
	} {
		if got[by] != want {
			t.Errorf("the view of %s: got %q, want %q", by, got[by], want)
		}
	}
	// A minute lies between the agency's sources and the State Department.
	p, _ = f.at("aleppo-silence", "2016-05-04T00:00:30+03:00", "", 0)
	for _, v := range p.Views {
		if want := v.By == "ap-senior-sources"; (v.Status == ceasefire.InForce) != want {
			t.Errorf("half a minute past midnight, the view of %s is %s", v.By, v.Status)
		}
	}
}

func TestWhatTheGhoutaMayBe(t *testing.T) {
	p, _ := load(t).at("ghouta-silence", "2016-05-02T12:00:00+03:00", "", 0)
	if want := []ceasefire.Status{ceasefire.InForce, ceasefire.Lapsed}; !slices.Equal(p.CouldBe, want) {
		t.Errorf("got %v, want %v", p.CouldBe, want)
	}
}

// The plan was never in force: not at any minute, and not for a reader who knows only a part of the record.
func TestThePlanWasNeverInForce(t *testing.T) {
	f := load(t)
	plan := f.record(domain.KindCeasefire, "aleppo-plan-3-may")
	from, to := instant(t, "2016-04-30T00:00:00Z"), instant(t, "2016-05-08T00:00:00Z")
	for _, s := range plan.Steps {
		for at := from; at.Before(to); at = at.Add(time.Minute) {
			p, found := ceasefire.At(plan, domain.Clocks{Effective: at, Prefix: s.Sequence}, f.published)
			if found && p.Status == ceasefire.InForce {
				t.Fatalf("as of entry %d it is in force at %s", s.Sequence, at)
			}
		}
	}
}

func TestTheNationwideCessation(t *testing.T) {
	f := load(t)
	p, _ := f.at("syria-cessation", "2016-05-10T12:00:00Z", "", 0)
	if !p.End().IsZero() {
		t.Errorf("it ends %s; it has no end", p.End())
	}
	if want := []string{"syria", "aleppo"}; !slices.Equal(p.Area, want) {
		t.Errorf("got the area %v, want %v", p.Area, want)
	}
	if want := instant(t, "2016-02-27T00:00:00+02:00"); !p.Start().Latest.Equal(want) {
		t.Errorf("got the start %s, want %s", p.Start(), want)
	}
	for _, party := range []string{"syrian-government", "syrian-opposition", "free-syrian-army"} {
		if !p.Has(party, p.At, ceasefire.Party) {
			t.Errorf("%s is no party; a reservation is no withdrawal", party)
		}
	}
	if len(p.Reaffirmations) != 2 {
		t.Errorf("%d reaffirmations, want those of the two guarantors", len(p.Reaffirmations))
	}
	if got := len(p.Obligations); got != 9 {
		t.Errorf("%d obligations, want eight of 9 May and the demand of 3 May", got)
	}
}

// flags lists what a careful reader is told; above all that no act of the record is without effect.
func TestFlags(t *testing.T) {
	f := load(t)
	want := map[string][]domain.FlagCode{
		"syria-cessation": {domain.FlagAlreadyInside}, "aleppo-silence": {domain.FlagOverlap},
		"ghouta-silence": nil, "latakia-silence": nil, "latakia-silence-7-may": nil, "aleppo-plan-3-may": nil,
	}
	for id, codes := range want {
		p, _ := f.at(id, "2016-05-31T00:00:00Z", "", 0)
		var got []domain.FlagCode
		for _, flag := range p.Flags {
			got = append(got, flag.Code)
		}
		if !slices.Equal(got, codes) {
			t.Errorf("%s: got the flags %v, want %v", id, p.Flags, codes)
		}
	}
}

func TestTallies(t *testing.T) {
	f := load(t)
	for _, q := range []struct {
		id, reportedBy string
		best           int
		qualifier      domain.Qualifier
	}{
		{"sohr-aleppo-civilians", "", 290, "exact"},
		{"sohr-aleppo-civilians", "2016-05-02T00:00:00Z", 250, "nearly"},
		{"sohr-syria-april", "", 859, "exact"},
		{"msf-hospital", "", 50, "at_least"},
	} {
		c := domain.Clocks{Effective: today, Prefix: f.last}
		if q.reportedBy != "" {
			c.ReportedBy = instant(t, q.reportedBy)
		}
		readings := f.record(domain.KindTally, q.id).Readings(c.Keeps(f.published))
		p, _ := tally.Fold(readings).Latest()
		if p.Best == nil || *p.Best != q.best || p.Qualifier != q.qualifier {
			t.Errorf("%s, reported by %q: got %v, want %s %d", q.id, q.reportedBy, p, q.qualifier, q.best)
		}
	}
}

func TestAnExcludedGroupCannotAgree(t *testing.T) {
	refused(t, load(t).send(`{"command":"agree","ceasefire":"aleppo-silence","by":"nusra-front"}`), ceasefire.ErrExcluded)
}

// extension is what the Syrian army announced on 9 May, as an act; the record holds it as a statement.
func extension(t *testing.T, occurred string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"command": "extend", "ceasefire": "aleppo-silence", "by": "syrian-government", "lasting": "PT48H",
		"occurred": map[string]string{"at": occurred, "zone": "Asia/Damascus"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestALateEntryOfAnExtensionLeavesWhatWasKnownBefore(t *testing.T) {
	f := load(t)
	before := f.last
	if err := f.send(extension(t, "2016-05-09")); err != nil {
		t.Fatal(err)
	}
	const noon = "2016-05-10T12:00:00+03:00"
	if p, _ := f.at("aleppo-silence", noon, "", 0); p.Status != ceasefire.InForce {
		t.Errorf("with the extension: got %s, want in_force", p.Status)
	}
	if p, _ := f.at("aleppo-silence", noon, "", before); p.Status != ceasefire.Lapsed {
		t.Errorf("as known before it: got %s, want lapsed", p.Status)
	}
}

func TestAnExtensionAfterTheEndIsRefused(t *testing.T) {
	refused(t, load(t).send(extension(t, "2016-05-11")), ceasefire.ErrLapsed)
}

func TestTheFreeSyrianArmyReservesARight(t *testing.T) {
	s := talks.Fold(load(t).record(domain.KindTalks, "geneva-intra-syrian").Readings(domain.Everything))
	if len(s.Reservations) != 1 || s.Reservations[0].By != "free-syrian-army" || !slices.Contains(s.Reservations[0].About, "ceasefire/syria-cessation") {
		t.Errorf("got the reservations %v, want the one of the Free Syrian Army about the cessation", s.Reservations)
	}
}

func refused(t *testing.T, err error, want domain.Rejection) {
	t.Helper()
	var got domain.Rejection
	if !errors.As(err, &got) || got != want {
		t.Errorf("got %v, want a refusal: %s", err, want.Code())
	}
}
