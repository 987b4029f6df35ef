package domain_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"truceledger/domain"
	"truceledger/domain/incident"
	"truceledger/domain/talks"
	"truceledger/domain/when"
)

var (
	photo      = strings.Repeat("ab", 32)
	commitment = domain.Sealed("hmac-sha256:" + strings.Repeat("cd", 32))
	shots      = domain.RecordTarget{Record: "incident/shots"}
)

func attach(by string) domain.Command {
	return &domain.AttachEvidence{Header: domain.Header{By: by}, RecordTarget: shots, SHA256: photo, Bytes: 9, MediaType: "image/png"}
}

func transfer(by, to string, act domain.CustodyAct) domain.Command {
	return &domain.TransferEvidence{Header: domain.Header{By: by}, RecordTarget: shots, SHA256: photo, Act: act, To: to}
}

func violate() domain.Command {
	return &incident.Violate{Header: domain.Header{By: "north"}, Incident: "shots", Confidential: domain.Confidential{Witness: commitment}}
}

func reading(secret domain.Sealed) domain.Command {
	return &domain.ReadSecret{RecordTarget: shots, Secret: secret, Reason: "to call"}
}

func destruction() domain.Command {
	return &domain.DestroySecret{RecordTarget: shots, Secret: commitment, Reason: "asked for", LegalBasis: "Art. 17"}
}

func takeBack(sequence uint64) domain.Command {
	return &domain.Retract{CorrectionTarget: domain.CorrectionTarget{Record: "incident/shots", Sequence: sequence}, Reason: "a slip"}
}

func TestFilesAndSecretsOfARecord(t *testing.T) {
	correct := func(sequence uint64, replacement domain.Command) domain.Command {
		return &domain.Correct{CorrectionTarget: domain.CorrectionTarget{Record: "incident/shots", Sequence: sequence}, Reason: "a slip", Replacement: replacement}
	}
	for _, c := range []struct {
		name  string
		given []domain.Command
		when  domain.Command
		want  domain.Rejection // "" is accepted
	}{
		{"a file is attached", nil, attach("north"), ""},
		{"but once", []domain.Command{attach("north")}, attach("south"), domain.ErrEvidenceHeld},
		{"unless it was taken back", []domain.Command{attach("north"), takeBack(2)}, attach("south"), ""},
		{"who attaches it may give it on", []domain.Command{attach("north")}, transfer("north", "south", domain.Handover), ""},
		{"another may not", []domain.Command{attach("north")}, transfer("south", "north", domain.Handover), domain.ErrNotCustodian},
		{"who has given it on may not any more", []domain.Command{attach("north"), transfer("north", "south", domain.Handover)}, transfer("north", "third", "copy"), domain.ErrNotCustodian},
		{"who has had it copied may", []domain.Command{attach("north"), transfer("north", "south", "copy")}, transfer("north", "third", domain.Handover), ""},
		{"a handover that was taken back does not count", []domain.Command{attach("north"), transfer("north", "south", domain.Handover), takeBack(3)}, transfer("north", "third", "copy"), ""},
		{"what is not there is not given on", nil, transfer("north", "south", "copy"), domain.ErrNoEvidence},
		{"a link is not replaced", []domain.Command{attach("north")}, correct(2, attach("south")), domain.ErrCustodyCorrect},
		{"nor is an account replaced by one", nil, correct(1, attach("south")), domain.ErrCustodyCorrect},
		{"a secret that the record holds is read", nil, reading(commitment), ""},
		{"another is not", nil, reading("hmac-sha256:" + domain.Sealed(strings.Repeat("0", 64))), domain.ErrNoSecret},
		{"nor one that is destroyed", []domain.Command{destruction()}, reading(commitment), domain.ErrSecretDestroyed},
		{"it is destroyed once", []domain.Command{destruction()}, destruction(), domain.ErrSecretDestroyed},
		{"a reading is not taken back", []domain.Command{reading(commitment)}, takeBack(2), domain.ErrFinal},
		{"nor is a destruction", []domain.Command{destruction()}, takeBack(2), domain.ErrFinal},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := domain.Record{Ref: domain.Ref{Kind: domain.KindIncident, ID: "shots"}}
			var err error
			for _, given := range append([]domain.Command{violate()}, c.given...) {
				if r, _, err = says(r, given, register{}); err != nil {
					t.Fatalf("%s: %v", given.Verb(), err)
				}
			}
			before := len(r.Readings(domain.Everything))
			after, _, err := says(r, c.when, register{})
			if (c.want == "") != (err == nil) || c.want != "" && !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if err == nil && len(after.Readings(domain.Everything)) != before {
				t.Error("what a fold reads has changed")
			}
		})
	}
}

// Who reads a name or holds a file moves no act: acts that are recorded later stand where they stood.
func TestMaterialMovesNoPlace(t *testing.T) {
	r := domain.Record{Ref: domain.Ref{Kind: domain.KindIncident, ID: "shots"}}
	for _, c := range []domain.Command{violate(), attach("north"), reading(commitment)} {
		var err error
		if r, _, err = says(r, c, register{}); err != nil {
			t.Fatal(err)
		}
	}
	day := when.When{At: "2016-06-01", Zone: "UTC"}
	b, err := day.Resolve("UTC")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Place(b), r.UpTo(1).Place(b); !got.Equal(want) || !(domain.Record{Ref: r.Ref}.Then(r.Steps...)).Place(b).Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestACorrectionKeepsTheAudience(t *testing.T) {
	open := func(to ...string) *talks.OpenTalks {
		return &talks.OpenTalks{Header: domain.Header{By: "north"}, Talks: caucus, Restriction: domain.Restriction{RestrictedTo: to}}
	}
	r := domain.Record{Ref: domain.Ref{Kind: domain.KindTalks, ID: caucus}}
	r, _, err := says(r, open("north"), register{})
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range [][]string{nil, {"north", "south"}} {
		c := &domain.Correct{CorrectionTarget: domain.CorrectionTarget{Record: r.Ref.String(), Sequence: 1}, Reason: "x", Replacement: open(to...)}
		var field *domain.FieldError
		if _, _, err := says(r, c, register{}); !errors.As(err, &field) || field.Field != "replacement.restricted_to" {
			t.Errorf("%v: got %v", to, err)
		}
	}
}

const (
	caucus = "restricted-3f0a1c52-9d5b-4c1e-8f5a-0123456789ab"
	made   = "restricted-3f0a1c52-9d5b-5c1e-8f5a-0123456789ab"
)

func TestTheFormOfARestrictedId(t *testing.T) {
	for id, want := range map[string]bool{
		caucus: true, made: true, "restricted": false, "restricted-area": false, "": false, strings.ToUpper(caucus): false, caucus + "0": false, caucus[1:]: false,
		"restricted-3f0a1c52-9d5b-4c1e-8f5a-0123456789aX": false,
	} {
		if got := (domain.Ref{Kind: domain.KindTalks, ID: id}).Restricted(); got != want {
			t.Errorf("%q: got %v", id, got)
		}
	}
	for _, c := range []struct {
		id   string
		to   []string
		made bool
		ok   bool
	}{
		{"geneva", nil, false, true}, {"geneva", []string{"north"}, false, false}, {caucus, nil, false, false}, {caucus, []string{"north"}, false, true},
		{made, []string{"north"}, false, false}, {made, []string{"north"}, true, true},
	} {
		err := domain.CheckRestriction(&talks.OpenTalks{Talks: c.id, Restriction: domain.Restriction{RestrictedTo: c.to}}, c.made)
		if (err == nil) != c.ok {
			t.Errorf("%+v: got %v", c, err)
		}
	}
}

func TestWhoSeesWhat(t *testing.T) {
	a := domain.Audience{Actors: []string{"north", "south"}, Begun: "negotiator:n"}
	for _, c := range []struct {
		reader domain.Reader
		want   bool
	}{
		{domain.Reader{}, false}, {domain.Reader{All: true}, true}, {domain.Reader{Name: "negotiator:n"}, true}, {domain.Reader{Name: "x", Actors: []string{"third"}}, false},
		{domain.Reader{Actors: []string{"third", "south"}}, true},
	} {
		if got := c.reader.Sees(a); got != c.want {
			t.Errorf("%+v: got %v", c.reader, got)
		}
	}
	if (domain.Reader{}).Sees(domain.Audience{}) {
		t.Error("nobody is somebody who has no name")
	}
	if !a.Includes(domain.Audience{Actors: []string{"south"}}) || a.Includes(domain.Audience{Actors: []string{"south", "third"}}) {
		t.Error("an audience is larger than it is")
	}
}

func TestSealedFieldsAreFoundWhereverTheyStand(t *testing.T) {
	replaced := &domain.Correct{Replacement: violate()}
	if got := domain.SealedIn(replaced); len(got) != 1 || got[0].Field != "witness" || got[0].Commitment != commitment {
		t.Errorf("got %v", got)
	}
	domain.Unseal(replaced)
	if got := domain.SealedIn(replaced); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	clear := violate().(*incident.Violate)
	clear.Contact = "+963 11 1234567"
	for _, c := range []domain.Command{clear, &domain.Correct{Replacement: clear}} {
		if err := domain.CheckSealed(c); err == nil || strings.Contains(err.Error(), "963") || !strings.Contains(err.Error(), "contact") {
			t.Errorf("got %v", err)
		}
	}
	if got := domain.SecretsOf(domain.Record{Steps: []domain.Step{{Sequence: 4, Command: violate()}}}, domain.Everything); !slices.ContainsFunc(got, func(s domain.Secret) bool { return s.Sequence == 4 }) {
		t.Errorf("got %v", got)
	}
}
