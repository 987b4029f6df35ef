package projections

import (
	"crypto/sha256"
	"encoding/hex"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
)

// viewOf shows a picture in the contract's names. What depends on other records is left to the caller.
func viewOf(p ceasefire.Picture) CeasefireView {
	from, until := p.Start(), p.End()
	if len(p.Spans) == 0 {
		from, until = p.From, p.Resolved.Until
	}
	v := CeasefireView{
		ID: p.ID, Title: p.Terms.Title, Class: string(p.Terms.Class),
		Status: string(p.Status), CouldBe: words(p.CouldBe), Contested: p.Contested, Views: []AttestedView{},
		From: bounds(from), Until: bounds(until), Terms: []TermView{},
		Area: some(p.Area), CarvedOut: p.CarvedOut,
		Parent: p.Terms.Parent, Predecessor: p.Terms.Predecessor, ProposedBy: p.ProposedBy,
		Zone: p.Zone, AccedeBy: bounds(p.AccedeBy), AgreedAt: instant(p.AgreedAt),
		PlannedExtensions: p.Terms.PlannedExtensions, ExtensionRule: string(p.Terms.ExtensionRule),
		TermsVersion: p.TermsVersion, TermsText: p.Terms.TermsText, TermsSHA256: p.Terms.TermsSHA256,
		FlagNotes: append([]domain.Flag{}, p.Flags...), Effective: p.At,
	}
	if v.ExtensionRule == "" {
		v.ExtensionRule = string(ceasefire.AnyStanding)
	}
	if p.Gap {
		v.FlagNotes = append(v.FlagNotes, domain.Flag{Code: domain.FlagGap, Detail: "it lies between two terms"})
	}
	v.attestations(p)
	v.roles(p)
	v.course(p)
	v.obligations(p)
	return v
}

// TermsHash is the SHA-256 of the current version's text in hex, "" where there is none.
func (v CeasefireView) TermsHash() string {
	if v.TermsText == "" {
		return v.TermsSHA256
	}
	sum := sha256.Sum256([]byte(v.TermsText))
	return hex.EncodeToString(sum[:])
}

func (v *CeasefireView) attestations(p ceasefire.Picture) {
	for _, x := range p.Views {
		v.Views = append(v.Views, AttestedView{
			By: x.By, Status: string(x.Status), CouldBe: words(x.CouldBe), Source: x.Source,
			From: bounds(x.From), Until: bounds(x.Until), Sequence: x.Sequence,
		})
		if p.Excludes(x.By) {
			v.FlagNotes = append(v.FlagNotes, domain.Flag{
				Code: domain.FlagExcludedObserver, Sequence: x.Sequence, Detail: x.By + " attests it, and is excluded",
			})
		}
	}
}

// roles lists who is what at the effective time: who has left by then is left out.
func (v *CeasefireView) roles(p ceasefire.Picture) {
	in := func(role ceasefire.Role) []string {
		list := []string{}
		for _, actor := range p.In(role) {
			if p.Has(actor, p.At, role) {
				list = append(list, actor)
			}
		}
		return list
	}
	v.Parties, v.Guarantors, v.Mediators = in(ceasefire.Party), in(ceasefire.Guarantor), in(ceasefire.Mediator)
	v.Monitors, v.Facilitators, v.Witnesses = in(ceasefire.Monitor), in(ceasefire.Facilitator), in(ceasefire.Witness)
	v.Consent, v.ConsentMissing, v.Consents = some(p.Needed()), some(p.Missing()), []ConsentView{}
	for _, c := range p.Consents {
		if c.Terms == p.TermsEntry {
			v.Consents = append(v.Consents, consentView(c))
		}
	}
	for _, d := range p.Departures {
		v.Departures = append(v.Departures, DepartureView{Actor: d.Actor, From: bounds(d.From), Sequence: d.Sequence})
	}
	for _, c := range p.Reaffirmations {
		v.Reaffirmed = append(v.Reaffirmed, consentView(c))
	}
}

func consentView(c ceasefire.Consent) ConsentView {
	return ConsentView{Actor: c.Actor, Version: c.Version, Through: c.Through, At: c.Place, Sequence: c.Sequence}
}

// course lists what happened to the term.
func (v *CeasefireView) course(p ceasefire.Picture) {
	for _, x := range p.Versions {
		v.Versions = append(v.Versions, VersionView{Version: x.Version, At: x.Place, Sequence: x.Sequence})
	}
	for _, x := range p.Spans {
		v.Terms = append(v.Terms, TermView{From: bounds(x.From), Until: bounds(x.Until), Sequence: x.Sequence})
	}
	for _, x := range p.Suspensions {
		v.Suspensions = append(v.Suspensions, TermView{From: bounds(x.From), Until: bounds(x.Until), Sequence: x.Sequence})
	}
	for _, x := range p.Extensions {
		v.Extensions = append(v.Extensions, ExtensionView{
			By: x.By, From: bounds(x.From), Until: bounds(x.Until), OldUntil: bounds(x.OldUntil), At: x.Place, Sequence: x.Sequence,
		})
	}
	ends := p.Ends
	if p.Thwarting != nil {
		ends = append(ends[:len(ends):len(ends)], *p.Thwarting)
	}
	for _, x := range ends {
		v.Ends = append(v.Ends, EndView{
			Status: string(x.Status), From: bounds(x.From), By: x.By, Reason: x.Reason, Successor: x.Successor,
			Incidents: x.Incidents, Sequence: x.Sequence,
		})
		if x.Successor != "" {
			v.Successor = x.Successor
		}
	}
}

func (v *CeasefireView) obligations(p ceasefire.Picture) {
	for _, o := range p.Obligations {
		x := ObligationView{
			Obligation: o.Obligation.Obligation, Obligor: o.Obligor, Beneficiary: o.Beneficiary,
			Modality: string(o.Modality), Text: o.Text, Sequence: o.Sequence,
		}
		if x.Modality == "" {
			x.Modality = string(ceasefire.Accepted)
		}
		for _, d := range o.Performance {
			x.Performance = append(x.Performance, PerformanceView{
				By: d.By, Performance: string(d.Performance), Text: d.Text, At: d.Place, Sequence: d.Sequence,
			})
		}
		v.Obligations = append(v.Obligations, x)
	}
}
