package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"truceledger/api/access"
	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/registry"
	"truceledger/eventstore"
	"truceledger/projections"
)

// mayVerb refuses a command whose verb the caller's roles do not grant at all. It looks at nothing that was sent with it.
func mayVerb(ctx context.Context, verb string) *wire.Problem {
	c := access.From(ctx)
	action, ok := access.OfVerb(verb)
	if !ok || c.May(action) == access.No {
		return forbidden(c, action)
	}
	return nil
}

// authorise refuses a command that its caller may not send: one in the name of an actor that the caller is not bound to; or,
// from a recorder, in the name of an actor that speaks for itself and has not signed it.
func (a *API) authorise(ctx context.Context, c domain.Command, signed bool) error {
	if p := mayVerb(ctx, c.Verb()); p != nil {
		return p
	}
	caller := access.From(ctx)
	action, _ := access.OfVerb(c.Verb())
	if err := a.maySpeak(caller, action, voices(c), signed); err != nil {
		return err
	}
	switch c := c.(type) {
	case *domain.Correct:
		if err := a.mayCorrect(ctx, caller, c.CorrectionTarget, signed); err != nil || c.Replacement == nil {
			return err
		}
		return a.authorise(ctx, c.Replacement, signed)
	case *domain.Retract:
		return a.mayCorrect(ctx, caller, c.CorrectionTarget, signed)
	case *domain.Share:
		return a.mayShare(ctx, caller, c, signed)
	}
	return nil
}

// maySpeak checks in whose names something is said.
func (a *API) maySpeak(caller access.Caller, action access.Action, actors []string, signed bool) error {
	for _, actor := range actors {
		switch {
		case caller.SpeaksFor(actor) && caller.May(action) != access.No:
		case caller.May(action) == access.Own && actor == "":
			return problem(http.StatusForbidden, "not-your-actor", "name the actor that you speak for in by: you are let in for %s", strings.Join(caller.Actors, ", "))
		case caller.May(action) != access.Any:
			return problem(http.StatusForbidden, "not-your-actor", "you do not speak for that actor; you are let in for %s", strings.Join(caller.Actors, ", "))
		case !signed && actor != "" && a.Access.Speaks(actor):
			return problem(http.StatusForbidden, "speaks-for-itself", "that actor has a token of its own, or people with accounts: a recorder enters only what others cannot enter themselves")
		}
	}
	return nil
}

// mayCorrect checks whose words are taken back: those of the entry, and where it is a correction itself, those of the entry
// that it corrects too.
func (a *API) mayCorrect(ctx context.Context, caller access.Caller, t domain.CorrectionTarget, signed bool) error {
	record, err := a.ledger.RecordFor(ctx, t.Target(), projections.ReaderOf(ctx))
	if err != nil {
		return err
	}
	for _, s := range slices.Backward(record.Steps) { // a correction names an earlier entry
		if s.Sequence != t.Sequence && (t.Corrects == "" || !strings.EqualFold(s.Command.Head().CommandID, t.Corrects)) {
			continue
		}
		if err := a.maySpeak(caller, access.Correct, voices(s.Command), signed); err != nil {
			return err
		}
		earlier, isCorrection := s.Command.(*domain.Correct)
		if !isCorrection {
			break
		}
		t = earlier.CorrectionTarget
	}
	return nil // where there is no such entry, the rules say so
}

// mayShare checks who is spoken for by a sharing that names nobody: the actor who began the record. So a recorder lets nobody
// know of what somebody has confided who can say so himself.
func (a *API) mayShare(ctx context.Context, caller access.Caller, c *domain.Share, signed bool) error {
	if c.By != "" {
		return nil // that one was asked about already, and the rules say whether it may
	}
	record, err := a.ledger.RecordFor(ctx, c.Target(), projections.ReaderOf(ctx))
	if err != nil || len(record.Steps) == 0 {
		return err // where there is no such record, the rules say so
	}
	return a.maySpeak(caller, access.Share, voices(record.Steps[0].Command), signed)
}

// An authorised ledger takes only what the caller may send, command by command.
type authorised struct {
	Ledger
	api *API
}

func (l authorised) Execute(ctx context.Context, r eventstore.Request) (eventstore.Result, error) {
	if err := l.api.authorise(ctx, r.Command, r.Signed != nil); err != nil {
		return eventstore.Result{}, err
	}
	return l.Ledger.Execute(ctx, r)
}

// voices are the actors in whose names a command speaks: "" where it names nobody.
func voices(c domain.Command) []string {
	switch c := c.(type) {
	case *registry.RegisterKey, *registry.RotateKey, *registry.RevokeKey:
		return []string{c.Target().ID}
	case *ceasefire.Accede:
		if c.WaivedBy != "" {
			return []string{c.By, c.WaivedBy}
		}
	}
	return []string{c.Head().By}
}
