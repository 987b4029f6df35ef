package projections

import (
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
)

// A CeasefireView is a ceasefire at three clocks.
type CeasefireView struct {
	ID                string            `json:"id"`
	Title             string            `json:"title,omitempty"`
	Class             string            `json:"class,omitempty"`
	Status            string            `json:"status"`
	CouldBe           []string          `json:"could_be,omitempty"`
	Contested         bool              `json:"contested"`
	Views             []AttestedView    `json:"views"`
	From              *when.Bounds      `json:"from,omitempty"`
	Until             *when.Bounds      `json:"until,omitempty"`
	Terms             []TermView        `json:"term_spans"`
	Area              []string          `json:"area"`
	CarvedOut         []string          `json:"carved_out,omitempty"`
	Parent            string            `json:"parent,omitempty"`
	Predecessor       string            `json:"predecessor,omitempty"`
	Successor         string            `json:"successor,omitempty"`
	ProposedBy        string            `json:"proposed_by,omitempty"`
	Parties           []string          `json:"parties"`
	Guarantors        []string          `json:"guarantors"`
	Mediators         []string          `json:"mediators"`
	Monitors          []string          `json:"monitors"`
	Facilitators      []string          `json:"facilitators,omitempty"`
	Witnesses         []string          `json:"witnesses,omitempty"`
	Excluded          []string          `json:"excluded"`        // its own and those of the ceasefires above it
	Consent           []string          `json:"consent"`         // whose consent is needed
	Consents          []ConsentView     `json:"consents"`        // who has agreed to the current version
	ConsentMissing    []string          `json:"consent_missing"` // who is still to agree
	Departures        []DepartureView   `json:"departures,omitempty"`
	ExtensionRule     string            `json:"extension_rule"`
	Zone              string            `json:"zone"`
	AccedeBy          *when.Bounds      `json:"accede_by,omitempty"`
	AgreedAt          *time.Time        `json:"agreed_at,omitempty"`
	PlannedExtensions []string          `json:"planned_extensions,omitempty"`
	TermsVersion      int               `json:"terms_version"`
	TermsText         string            `json:"terms,omitempty"`
	TermsSHA256       string            `json:"terms_sha256,omitempty"`
	Versions          []VersionView     `json:"terms_versions,omitempty"`
	Extensions        []ExtensionView   `json:"extensions,omitempty"`
	Suspensions       []TermView        `json:"suspensions,omitempty"`
	Ends              []EndView         `json:"ends,omitempty"`
	Obligations       []ObligationView  `json:"obligations,omitempty"`
	Reaffirmed        []ConsentView     `json:"reaffirmed,omitempty"`
	Flags             []domain.FlagCode `json:"flags"`
	FlagNotes         []domain.Flag     `json:"flag_notes,omitempty"`
	KnownAt           *time.Time        `json:"known_at,omitempty"`       // as it was asked: what the ledger had recorded by then
	AsOfSequence      *uint64           `json:"as_of_sequence,omitempty"` // as it was asked: the entries up to this one
	ReportedBy        *time.Time        `json:"reported_by,omitempty"`    // as it was asked: what its sources had published by then
	Effective         time.Time         `json:"effective_at"`             // the effective time answered for
	Version           uint64            `json:"version"`                  // the sequence of the newest entry of the record on these clocks
}

// An AttestedView is the status as somebody attests it.
type AttestedView struct {
	By       string       `json:"by"`
	Status   string       `json:"status"`
	CouldBe  []string     `json:"could_be,omitempty"`
	Source   string       `json:"source,omitempty"`
	From     *when.Bounds `json:"from,omitempty"`
	Until    *when.Bounds `json:"until,omitempty"`
	Sequence uint64       `json:"sequence"`
}

// A TermView is one span of time, [From, Until).
type TermView struct {
	From     *when.Bounds `json:"from,omitempty"`
	Until    *when.Bounds `json:"until,omitempty"`
	Sequence uint64       `json:"sequence"`
}

// A ConsentView is an actor's consent or reaffirmation.
type ConsentView struct {
	Actor    string    `json:"actor"`
	Version  int       `json:"version"`
	Through  string    `json:"through,omitempty"`
	At       time.Time `json:"at"`
	Sequence uint64    `json:"sequence"`
}

// A DepartureView is an actor's withdrawal from an agreed ceasefire. From may lie ahead; until then its roles stand.
type DepartureView struct {
	Actor    string       `json:"actor"`
	From     *when.Bounds `json:"from,omitempty"`
	Sequence uint64       `json:"sequence"`
}

// A VersionView is one version of the terms.
type VersionView struct {
	Version  int       `json:"version"`
	At       time.Time `json:"at"`
	Sequence uint64    `json:"sequence"`
}

// An ExtensionView is an extension that moved the end.
type ExtensionView struct {
	By       []string     `json:"by"`
	From     *when.Bounds `json:"from,omitempty"`
	Until    *when.Bounds `json:"until"`
	OldUntil *when.Bounds `json:"old_until"`
	At       time.Time    `json:"at"`
	Sequence uint64       `json:"sequence"`
}

// An EndView is an act that ended the ceasefire, or ends it.
type EndView struct {
	Status    string       `json:"status"`
	From      *when.Bounds `json:"from,omitempty"`
	By        string       `json:"by,omitempty"`
	Reason    string       `json:"reason,omitempty"`
	Successor string       `json:"successor,omitempty"`
	Incidents []string     `json:"incidents,omitempty"`
	Sequence  uint64       `json:"sequence"`
}

// An ObligationView is an obligation and what was reported of its performance.
type ObligationView struct {
	Obligation  string            `json:"obligation"`
	Obligor     string            `json:"obligor,omitempty"`
	Beneficiary string            `json:"beneficiary,omitempty"`
	Modality    string            `json:"modality"`
	Text        string            `json:"text,omitempty"`
	Sequence    uint64            `json:"sequence"`
	Performance []PerformanceView `json:"performance,omitempty"`
}

// A PerformanceView is one report of how far an obligation was met.
type PerformanceView struct {
	By          string    `json:"by"`
	Performance string    `json:"performance"`
	Text        string    `json:"text,omitempty"`
	At          time.Time `json:"at"`
	Sequence    uint64    `json:"sequence"`
}

// A CeasefireFilter keeps the ceasefires that match all that is set.
type CeasefireFilter struct {
	Status    string
	Area      string // a place: ceasefires that cover it or a place in it
	Actor     string // in any role
	Class     string
	Contested *bool
}
