package eventstore

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"truceledger/domain"
	"truceledger/domain/when"
)

// genesis is the ledger's own record. Its name is the same in every ledger, so that the expectation "nothing stands on
// this subject" lets one node alone open an empty log.
var genesis = domain.Ref{Kind: domain.KindLedger, ID: "genesis"}

// ErrNotALedger says that a log begins with something else than the opening of a ledger.
var ErrNotALedger = errors.New("the log does not begin with ledger-opened")

// ErrNewerFormat says that the log holds entries that only a newer version of the program may write after.
var ErrNewerFormat = errors.New("the ledger has a newer format; update this program")

// openLedger is the command of the first entry.
type openLedger struct{ domain.Header }

// raiseFormat is the command that announces a newer form of entries.
type raiseFormat struct{ domain.Header }

func (*openLedger) Verb() string        { return "open-ledger" }
func (*openLedger) Target() domain.Ref  { return genesis }
func (*openLedger) Creates() bool       { return true }
func (*openLedger) SetTarget(string)    {}
func (*raiseFormat) Verb() string       { return "raise-format" }
func (*raiseFormat) Target() domain.Ref { return genesis }
func (*raiseFormat) Creates() bool      { return false }
func (*raiseFormat) SetTarget(string)   {}

// LedgerOpened means that a ledger begins. It is the first event of every log.
type LedgerOpened struct {
	domain.Moment
	Ledger string `json:"ledger"` // the ledger's id: 16 random bytes in base32, 26 characters
	Format int    `json:"format"` // the form of the entries that follow
	Zone   string `json:"zone"`   // the zone of dates that are stated without one
	// Signatures is the policy that it begins with; "" for one that says nothing, which is off.
	Signatures Signatures `json:"signatures,omitempty"`
}

// FormatRaised means that the entries that follow may have a newer form. A program that cannot read it stops writing.
type FormatRaised struct {
	domain.Moment
	Format int `json:"format"`
}

// open makes sure that the log begins with ledger-opened, and returns what its own record says.
//
// A crash before the append leaves an empty log: the next start opens it. A crash after it leaves a ledger that the
// next start adopts. Nothing that depends on the ledger's id is made before this returns.
func open(ctx context.Context, log Log, o Options) (constitution, error) {
	for try := 0; ; try++ {
		own, err := readGenesis(ctx, log)
		if err != nil || own.format != 0 {
			return own, err
		}
		err = appendGenesis(ctx, log, o)
		switch {
		case err == nil || errors.Is(err, ErrConflict) || errors.Is(err, ErrOutcomeUnknown):
			// Somebody has opened it, perhaps this node: read who.
		default:
			return own, fmt.Errorf("open the ledger: %w", err)
		}
		if err := pause(ctx, try); err != nil {
			return own, fmt.Errorf("open the ledger: %w", err)
		}
	}
}

func appendGenesis(ctx context.Context, log Log, o Options) error {
	if _, err := when.LoadZone(o.Zone); err != nil {
		return fmt.Errorf("zone: %w", err)
	}
	id, now, policy := newLedgerID(), microseconds(o.Clock()), o.Signatures
	setDefault(&policy, o.FirstSignatures)
	if policy == SignaturesOff {
		policy = "" // as it is where nothing is said
	}
	moment := domain.Moment{Occurred: when.At(now), Place: now}
	payload, err := Encode(Entry{
		ID: uuid.Must(uuid.NewV7()).String(), Ledger: id, Ref: genesis, RecordedAt: now, Rules: Rules,
		Command: &openLedger{}, Principal: o.Principal, Nonce: newNonce(),
		Events: []domain.Event{LedgerOpened{Moment: moment, Ledger: id, Format: Format, Zone: o.Zone, Signatures: policy}},
	})
	if err != nil {
		return err
	}
	_, err = log.Append(ctx, Subject(genesis), 0, payload)
	return err
}

// readGenesis reads the ledger's own record; the format is 0 where the log is empty.
func readGenesis(ctx context.Context, log Log) (own constitution, err error) {
	for m, err := range log.Load(ctx, Subject(genesis), 0) {
		if err != nil {
			return constitution{}, fmt.Errorf("read the ledger's opening: %w", err)
		}
		e, err := Decode(m)
		if err != nil {
			return constitution{}, err
		}
		first, isOpening := e.Events[0].(LedgerOpened)
		switch {
		case (m.Sequence == 1) != isOpening || isOpening && first.Ledger != e.Ledger:
			return constitution{}, fmt.Errorf("entry %d: %w", m.Sequence, ErrNotALedger)
		case isOpening:
			own.opened, own.format = first, first.Format
		}
		if raised, ok := e.Events[0].(FormatRaised); ok {
			own.format = max(own.format, raised.Format)
		}
		own.policies, own.version, own.recorded = own.policies.meet(e), e.Sequence, e.RecordedAt
	}
	if own.format != 0 {
		return own, nil
	}
	last, err := log.Last(ctx)
	switch {
	case err != nil:
		return constitution{}, fmt.Errorf("read the ledger's opening: %w", err)
	case last != 0:
		return constitution{}, fmt.Errorf("a log of %d entries: %w", last, ErrNotALedger)
	}
	return constitution{}, nil
}

// newLedgerID returns 26 random characters of lower-case base32: part of the origin of every proof, so that a log that
// was made anew cannot pose as this one.
func newLedgerID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}
