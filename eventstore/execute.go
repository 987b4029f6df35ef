package eventstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"truceledger/domain"
	"truceledger/eventstore/proof/signed"
)

// ErrCommandIDUsed refuses a key that was used for another request.
const ErrCommandIDUsed domain.Rejection = "command-id-used: this command_id was used for another request; take a new one for a new command"

// A StaleError says that the record is not at the version that the caller had seen.
type StaleError struct {
	Record  domain.Ref
	Version uint64 // the record's version now
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("%s is at version %d, not at the one you have seen; read it again and decide anew", e.Record, e.Version)
}

// A ConflictError says that other nodes kept writing to the record, so that the command was given up. Nothing was stored.
type ConflictError struct{ Record domain.Ref }

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s is being written to by many at once; try again", e.Record)
}

func (e *ConflictError) Unwrap() error { return ErrConflict }

// A Request is a command with what is known of who sends it.
type Request struct {
	Command       domain.Command // not changed by Execute
	Principal     string         // who was authenticated
	CausationID   string
	CorrelationID string
	Reader        domain.Reader // which restricted records the caller may know of; those that the principal began in any case
	IfMatch       *uint64       // the record's version that the caller has seen, besides the command's own expect
	// Signed is a command that its party has signed. Command is then read from it, and may be left out.
	Signed *signed.Envelope
}

// A Result is the answer to a command that is on the record.
type Result struct {
	Entry    Entry
	Replayed bool // it was on the record before: nothing was stored now
}

// Execute puts a command on the record, or says why not. It returns when the entry is on disk.
//
// A no is a *domain.FieldError, *domain.NotFound, domain.Rejection, *domain.Refusal, *StaleError or ErrTooLarge: it
// holds for the newest state of the record, and nothing is stored. So with *ConflictError, ErrQueueFull, ErrClosed,
// ErrNewerFormat and ErrUnavailable, which say nothing about the command. ErrOutcomeUnknown: the outcome was still being
// settled after 10 s, or the disk takes nothing; the same command_id gets the answer later.
func (l *Ledger) Execute(ctx context.Context, r Request) (Result, error) {
	if err := l.writable(); err != nil {
		return Result{}, err
	}
	if err := r.open(); err != nil {
		return Result{}, err
	}
	o, err := l.receive(r)
	if err != nil {
		return Result{}, err
	}
	release, err := l.turns.take(ctx, o.ref)
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w", o.ref, o.unsettled(err))
	}
	t := &turn{release: release}
	defer t.done()
	if err := l.writable(); err != nil {
		return Result{}, err // it ended while the command waited, perhaps with an outcome that is still unknown
	}
	return l.carryOut(ctx, o, t)
}

// An order is a request whose fields are in order and whose record is known.
type order struct {
	Request
	ref       domain.Ref
	verb      string
	sent      []byte         // the command as it was sent: what SameRequest compares
	fresh     domain.Command // the same with its id and the ids that the ledger makes, until it is decided on
	defaults  []string       // the paths of what was filled in so far
	commandID string
	begins    bool // the record cannot exist yet, if the command is to be accepted
	ownKey    bool // the caller gave the command_id, so that it may have been used before
	tried     bool // it was sent to the log once, which may have answered the second copy of what it had stored
	rehearsed bool // nothing will be stored, so that nobody needs to have signed it
}

// receive checks what can be checked without looking at any record. It works on a copy of the command.
func (l *Ledger) receive(r Request) (order, error) {
	if r.Principal == "" {
		r.Principal = l.options.Principal
	}
	r.Reader.Name = r.Principal
	o := order{Request: r, verb: r.Command.Verb()}
	if v := verbByName[o.verb]; v.new == nil || v.internal {
		return order{}, unknownVerb(o.verb)
	}
	var err error
	if o.sent, err = EncodeCommand(r.Command); err != nil {
		return order{}, err
	}
	c, err := decodeCommand(o.verb, o.sent)
	if err != nil {
		return order{}, problem(err)
	}
	if err := o.takeID(c.Head()); err != nil {
		return order{}, err
	}
	made := c.Target().ID == ""
	o.nameRecords(c)
	if err := domain.Prepare(c, l.Zone()); err != nil {
		return order{}, err
	}
	if err := domain.CheckRestriction(c, made); err != nil {
		return order{}, err
	}
	if o.ref = c.Target(); !domain.IsSlug(o.ref.ID) {
		return order{}, domain.Field(string(o.ref.Kind), "%q is not an id: lower-case letters, digits and hyphens, at most 64", clip(o.ref.ID))
	}
	o.fresh = c
	return o, nil
}

// command returns the order's command for one decision, which fills in its fields: the next one begins from what was sent.
func (o *order) command() (c domain.Command, err error) {
	if c, o.fresh = o.fresh, nil; c != nil {
		return c, nil
	}
	if c, err = decodeCommand(o.verb, o.sent); err == nil {
		c.Head().CommandID = o.commandID
		o.nameRecords(c)
	}
	return c, err
}

// takeID makes sure that the command has an id.
func (o *order) takeID(h *domain.Header) error {
	if h.CommandID == "" {
		h.CommandID = uuid.Must(uuid.NewV7()).String()
		o.defaults = append(o.defaults, "command_id")
	} else {
		o.ownKey = true
		h.CommandID = strings.ToLower(h.CommandID)
	}
	if !isUUID(h.CommandID) {
		return domain.Field("command_id", "%q is not a UUID, such as %s", clip(h.CommandID), uuid.NewString())
	}
	o.commandID = h.CommandID
	return nil
}

// recordSpace is the name space of the ids that the ledger makes for records.
var recordSpace = uuid.MustParse("8d5f0f4e-6a0b-5c0e-9d53-7f0f1a2c4b6d")

// nameRecords fills in the ids that the caller left to the ledger: that of a new record, and the record of a replacement.
// The former follows from the kind, the principal and the command's id, so that a retry on any node finds the same record.
func (o *order) nameRecords(c domain.Command) {
	_, continues := c.(domain.Continuing)
	o.begins = c.Creates() && !continues
	if ref := c.Target(); c.Creates() && ref.ID == "" {
		name := string(ref.Kind) + "\x00" + o.Principal + "\x00" + o.commandID
		id := uuid.NewSHA1(recordSpace, []byte(name)).String()
		if len(domain.RestrictedActors(c)) > 0 {
			id = domain.RestrictedPrefix + id
		}
		c.SetTarget(id)
		o.defaults = append(o.defaults, string(ref.Kind)) // the field of a record's id is named like its kind
	}
	correct, ok := c.(*domain.Correct)
	if !ok || correct.Replacement == nil {
		return
	}
	if ref := correct.Replacement.Target(); ref.ID == "" && ref.Kind == c.Target().Kind {
		correct.Replacement.SetTarget(c.Target().ID)
		o.defaults = append(o.defaults, "replacement."+string(ref.Kind))
	}
}

// mostConflicts is how often a command is decided again because other nodes were faster.
const mostConflicts = 8

// carryOut decides the order and appends what follows. The record's turn is held.
func (l *Ledger) carryOut(ctx context.Context, o order, t *turn) (Result, error) {
	told := l.position.told()
	record, fromCache, err := l.start(ctx, o)
	for conflicts := 0; err == nil; {
		d, no := l.draft(ctx, &o, record, told)
		if no != nil || d.holds != 0 {
			if newer, err := l.confirm(ctx, record, fromCache); err != nil {
				return Result{}, err
			} else if newer.Version() != record.Version() {
				record, fromCache = newer, false
				continue
			}
			return l.answer(ctx, o, d, no)
		}
		e, failed := l.append(ctx, d, t)
		if failed == nil {
			e, err := l.arrived(ctx, e)
			return Result{Entry: e}, err
		}
		if conflicts++; !errors.Is(failed, ErrConflict) || conflicts > mostConflicts {
			return Result{}, gaveUp(o.ref, failed)
		}
		if err := pause(ctx, conflicts); err != nil {
			return Result{}, err
		}
		record, err = l.refresh(ctx, record)
		fromCache, o.tried = false, true
	}
	return Result{}, err
}

// start returns the state to decide on first. A command that begins a record is tried on an empty one, without asking the
// log: where it does exist, the log answers a conflict. Not so where the caller gave a key and may well be repeating.
func (l *Ledger) start(ctx context.Context, o order) (record domain.Record, fromCache bool, err error) {
	if record, held := l.cache.get(o.ref); held {
		return record, true, nil
	}
	if o.begins && !o.ownKey {
		return domain.Record{Ref: o.ref}, true, nil
	}
	record, err = l.refresh(ctx, domain.Record{Ref: o.ref})
	return record, false, err
}

// confirm brings a record that came from the cache up to date, before a no is answered: other nodes may have changed
// what it says. A yes needs no such thing, because the log checks the version.
func (l *Ledger) confirm(ctx context.Context, record domain.Record, fromCache bool) (domain.Record, error) {
	if !fromCache {
		return record, nil
	}
	return l.refresh(ctx, record)
}

// answer is the answer where nothing is to be stored.
func (l *Ledger) answer(ctx context.Context, o order, d draft, no error) (Result, error) {
	if no != nil {
		return Result{}, no
	}
	e, err := l.entry(ctx, o.ref, d.holds)
	if err != nil {
		return Result{}, err
	}
	l.position.acknowledge(e.Sequence)
	return Result{Entry: e, Replayed: o.ownKey || !o.tried}, nil
}

func gaveUp(r domain.Ref, err error) error {
	if errors.Is(err, ErrConflict) {
		return &ConflictError{Record: r}
	}
	return fmt.Errorf("%s: %w", r, err)
}
