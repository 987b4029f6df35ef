package domain_test

import (
	"slices"
	"strings"
	"testing"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/incident"
	"truceledger/domain/registry"
	"truceledger/domain/tally"
	"truceledger/domain/when"
)

// proposal is a proposal with its terms changed.
func proposal(change func(*ceasefire.Propose)) *ceasefire.Propose {
	c := &ceasefire.Propose{Header: domain.Header{By: "russia"}, Ceasefire: "aleppo"}
	change(c)
	return c
}

func TestPrepareRefusesTheFirstFieldThatCannotBeUsed(t *testing.T) {
	long := strings.Repeat("x", 200)
	tests := []struct {
		name  string
		c     domain.Command
		field string
		says  string // part of the problem
	}{
		{"nothing is wrong", proposal(func(*ceasefire.Propose) {}), "", ""},
		{"who does it", &ceasefire.Agree{Addressed: ceasefire.Addressed{Ceasefire: "aleppo"}}, "by", "registered actor"},
		{"who says it, two embeddings down", &incident.Corroborate{Account: incident.Account{Addressed: incident.Addressed{Incident: "i"}}}, "by", "required"},
		{"what is required", &registry.RegisterActor{Kind: "state"}, "name", "Its name."},
		{"which record", &ceasefire.Reaffirm{Header: russian()}, "ceasefire", "required"},
		{"an id is a slug", proposal(func(c *ceasefire.Propose) { c.Ceasefire = "Aleppo" }), "ceasefire", "lower-case"},
		{"so is a reference", proposal(func(c *ceasefire.Propose) { c.Parent = "syria cessation" }), "parent", "lower-case"},
		{"in a list too", proposal(func(c *ceasefire.Propose) { c.Parties = []string{"russia", "United States"} }), "parties[1]", "lower-case"},
		{"also of places", proposal(func(c *ceasefire.Propose) { c.Area = domain.Places{"Aleppo"} }), "area[0]", "lower-case"},
		{"a list names each once", proposal(func(c *ceasefire.Propose) { c.Parties = []string{"russia", "russia"} }), "parties[1]", "twice"},
		{"a list has no gaps", proposal(func(c *ceasefire.Propose) { c.Parties = []string{""} }), "parties[0]", "empty"},
		{"a word is of the vocabulary", proposal(func(c *ceasefire.Propose) { c.Class = "truce" }), "class", "local_truce"},
		{"what was sent is not repeated at length", proposal(func(c *ceasefire.Propose) { c.Class = ceasefire.Class(long) }), "class", "…"},
		{"a time can be read", proposal(func(c *ceasefire.Propose) { c.From = when.When{At: "tomorrow"} }), "from", "not a time"},
		{"a zone is one", proposal(func(c *ceasefire.Propose) { c.From = when.When{At: "2016-05-05", Zone: "Damascus"} }), "from.zone", "IANA"},
		{"a local time has a zone", proposal(func(c *ceasefire.Propose) { c.From = when.When{At: "2016-05-05T00:01"} }), "from", "neither a zone"},
		{"the ceasefire's zone is one", proposal(func(c *ceasefire.Propose) { c.Zone = "Mars" }), "zone", "not a zone"},
		{"a duration is one", proposal(func(c *ceasefire.Propose) { c.Lasting = "48h" }), "lasting", "PT48H"},
		{"in a list too", proposal(func(c *ceasefire.Propose) { c.PlannedExtensions = []string{"P2D", "P0D"} }), "planned_extensions[1]", "longer than zero"},
		{"a key has no comment", &registry.RegisterKey{Actor: "russia", Key: "ssh-ed25519 AAAA ann@desk"}, "key", "the first two words of a .pub file"},
		{"a hash is one", proposal(func(c *ceasefire.Propose) { c.TermsSHA256 = "ABC" }), "terms_sha256", "64 digits"},
		{"within a list's structs", proposal(func(c *ceasefire.Propose) { c.Obligations = []ceasefire.Obligation{{}} }), "obligations[0].obligation", "required"},
		{"a source is named", proposal(func(c *ceasefire.Propose) { c.Sources = []domain.SourceRef{{Quote: "they said"}} }), "sources[0].source", "required"},
		{"how it speaks is of the vocabulary", proposal(func(c *ceasefire.Propose) { c.Sources = []domain.SourceRef{{Source: "s0", Modality: "shouts"}} }), "sources[0].modality", "asserts"},
		{"within a struct", &tally.RecordTally{Source: "sohr", Unit: "people", Period: tally.Period{From: when.When{At: "x"}}}, "period.from", "not a time"},
		{"a record reference has a kind", &tally.RecordTally{Source: "sohr", Unit: "people", About: []string{"aleppo"}}, "about[0]", "kind/id"},
		{"a kind that there is", &tally.RecordTally{Source: "sohr", Unit: "people", About: []string{"truce/aleppo"}}, "about[0]", "not a kind"},
		{"within a replacement", correct(2, &registry.RegisterActor{Name: "x", Kind: "tribe"}), "replacement.kind", "armed_group"},
		{"a part of none is a count", &tally.RecordTally{Source: "sohr", Unit: "people", Including: []tally.Part{{Unit: "children"}}}, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := domain.Prepare(test.c, "Asia/Damascus")
			if got := code(err); got != test.field {
				t.Fatalf("got %q (%v), want %q", got, err, test.field)
			}
			if err != nil && (!strings.Contains(err.Error(), test.says) || len(err.Error()) > 400) {
				t.Errorf("got %q, want %q in it, and not at length", err, test.says)
			}
		})
	}
}

// russian is a header that says who.
func russian() domain.Header { return domain.Header{By: "russia"} }

func TestADateWithoutAZoneIsInTheLedgersAndSaysSo(t *testing.T) {
	c := proposal(func(c *ceasefire.Propose) {
		c.Occurred, c.From, c.Until = when.When{At: "2016-05-01", Phrase: "on Sunday"}, when.When{At: "2016-05-05T00:01+03:00"}, when.When{At: "2016-05-07"}
		c.Parties = []string{"russia"}
	})
	if err := domain.Prepare(c, "Asia/Damascus"); err != nil || c.Occurred.Zone != "" {
		t.Fatalf("got %v, %+v: checking changes nothing", err, c.Occurred)
	}
	d, err := domain.Decide(domain.Record{Ref: c.Target()}, c, domain.Setting{Now: start, Zone: "Asia/Damascus", Facts: register{}}, ceasefire.Judge)
	if err != nil || !slices.Equal(d.Defaults, []string{"occurred.zone", "until.zone"}) {
		t.Fatalf("got defaults %q, %v", d.Defaults, err)
	}
	if c.Occurred.Zone != "Asia/Damascus" || c.Occurred.Phrase != "on Sunday" || c.From.Zone != "" || c.Until.Zone != "Asia/Damascus" {
		t.Errorf("got %+v, %+v, %+v: only a date without a zone takes the ledger's", c.Occurred, c.From, c.Until)
	}
	proposed := d.Events[0].(ceasefire.CeasefireProposed)
	if !proposed.Occurred.ZoneAssumed || proposed.From.ZoneAssumed || !proposed.Until.ZoneAssumed {
		t.Errorf("got %+v: the bounds say whose zone was assumed", proposed)
	}
}
