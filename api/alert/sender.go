package alert

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/projections"
)

// Models are what alerts are made of.
type Models interface {
	Resolve(context.Context, projections.Clock) (projections.Point, error)
	Ceasefires(context.Context, projections.CeasefireFilter, projections.Point, projections.Paging) (projections.Page[projections.CeasefireView], error)
	Incident(context.Context, string, projections.Point) (projections.IncidentView, error)
	Place(context.Context, string, projections.Point) (projections.PlaceView, error)
	WaitFor(ctx context.Context, sequence uint64) error
}

// Options are what a sender is made of. Store, Log and Models are required.
type Options struct {
	Store        *Store
	Log          eventstore.Log
	Models       Models
	Logger       *slog.Logger
	AllowPrivate bool             // let addresses of this machine and of private networks be told, and plain http
	Now          func() time.Time // by default time.Now
	Every        time.Duration    // between looks at the ledger and at what is due; by default 5 s
	Backoff      time.Duration    // before the second try, doubled each time up to six hours; by default 30 s
	MostTries    int              // by default 12: about a day
}

// A Sender watches the ledger and delivers.
type Sender struct {
	Options
	client  *http.Client
	end     context.CancelFunc
	running sync.WaitGroup
}

// Start begins to watch. What was read by an earlier sender is not read again.
func Start(ctx context.Context, o Options) (*Sender, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Every == 0 {
		o.Every = 5 * time.Second
	}
	if o.Backoff == 0 {
		o.Backoff = 30 * time.Second
	}
	if o.MostTries == 0 {
		o.MostTries = 12
	}
	s := &Sender{Options: o, client: newClient(o.AllowPrivate)}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	ctx, s.end = context.WithCancel(context.WithoutCancel(ctx))
	s.running.Go(func() { s.repeat(ctx, "look at the ledger", s.look) })
	s.running.Go(func() { s.repeat(ctx, "deliver", s.deliver) })
	return s, nil
}

// begin makes a first sender start at the end of the log: nobody wants to be told of everything that ever happened.
func (s *Sender) begin(ctx context.Context) error {
	read, err := s.Store.read()
	if err != nil || read > 0 {
		return err
	}
	last, err := s.Log.Last(ctx)
	if err != nil {
		return err
	}
	return s.Store.tell(last, nil, s.now())
}

// Stop ends the watching and waits for tries under way to end.
func (s *Sender) Stop() {
	s.end()
	s.running.Wait()
	s.client.CloseIdleConnections()
}

func (s *Sender) now() time.Time { return s.Now().UTC() }

// Subscribe checks and stores a subscription. Its secret is in the answer and nowhere else.
func (s *Sender) Subscribe(sub Subscription) (Subscription, error) {
	if err := sub.check(s.AllowPrivate); err != nil {
		return sub, err
	}
	sub.Created = s.now()
	return s.Store.Subscribe(sub)
}

func (s *Sender) repeat(ctx context.Context, doing string, do func(context.Context) error) {
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Warn("alerts: "+doing, "err", err)
		}
		select {
		case <-time.After(s.Every):
		case <-ctx.Done():
			return
		}
	}
}

// look finds what is to be told: in the entries since the last look, and in how the ceasefires stand.
func (s *Sender) look(ctx context.Context) error {
	subs, err := s.Store.Subscriptions()
	if err != nil {
		return err
	}
	after, err := s.Store.read()
	if err != nil {
		return err
	}
	read, pairs, err := s.entries(ctx, subs, after)
	if err != nil {
		return err
	}
	for _, sub := range subs {
		of, err := s.ceasefires(ctx, sub)
		if err != nil {
			return err
		}
		pairs = append(pairs, of...)
	}
	return s.Store.tell(read, pairs, s.now())
}

// entries looks for allegations in the new part of the log.
func (s *Sender) entries(ctx context.Context, subs []Subscription, after uint64) (read uint64, pairs []addressed, err error) {
	read = after
	for m, err := range s.Log.Read(ctx, after) {
		if err != nil {
			return read, nil, err
		}
		e, err := eventstore.Decode(m)
		if err != nil {
			return read, nil, err
		}
		if read = m.Sequence; e.Command.Verb() != "violate" || len(subs) == 0 {
			continue
		}
		more, err := s.violation(ctx, subs, e)
		if err != nil {
			return read, nil, err
		}
		if pairs = append(pairs, more...); len(pairs) > 10_000 {
			break // the rest with the next look
		}
	}
	return read, pairs, nil
}

func (s *Sender) violation(ctx context.Context, subs []Subscription, e eventstore.Entry) (pairs []addressed, err error) {
	if err := s.Models.WaitFor(ctx, e.Sequence); err != nil {
		return nil, err
	}
	at, err := s.Models.Resolve(ctx, projections.Clock{})
	if err != nil {
		return nil, err
	}
	v, err := s.Models.Incident(ctx, e.Ref.ID, at)
	if missing := (*domain.NotFound)(nil); errors.As(err, &missing) {
		return nil, nil // retracted already
	}
	if err != nil {
		return nil, err
	}
	for _, sub := range subs {
		within, err := s.within(ctx, v.Place, sub.Area, at)
		if err != nil {
			return nil, err
		}
		if !sub.wants(Violation) || !within {
			continue
		}
		pairs = append(pairs, addressed{sub.ID, Alert{
			ID: Violation + "/" + v.ID, Kind: Violation, Record: e.Ref.String(), Title: v.Type, At: e.RecordedAt, Sequence: e.Sequence,
			Sentence: fmt.Sprintf("%s alleges an incident (%s) at %s.", or(v.By, "a source"), or(v.Type, "unspecified"), or(v.Place, "an unknown place")),
		}})
	}
	return pairs, nil
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// within reports whether a place is an area or lies in it; every place does where no area is asked for.
func (s *Sender) within(ctx context.Context, place, area string, at projections.Point) (bool, error) {
	for range 64 {
		if area == "" || place == area {
			return true, nil
		}
		if place == "" {
			return false, nil
		}
		v, err := s.Models.Place(ctx, place, at)
		if err != nil {
			return false, err
		}
		place = v.Parent
	}
	return false, nil
}

// deliver tries what is due. Every subscription has its own turn, so that a slow address holds up nobody else's alerts.
func (s *Sender) deliver(ctx context.Context) error {
	subs, err := s.Store.Subscriptions()
	if err != nil {
		return err
	}
	pending, err := s.Store.Pending()
	if err != nil {
		return err
	}
	var turns sync.WaitGroup
	for _, sub := range subs {
		turns.Go(func() {
			for _, d := range pending {
				if d.Subscription == sub.ID && !d.Next.After(s.now()) && ctx.Err() == nil {
					s.try(ctx, sub, d)
				}
			}
		})
	}
	turns.Wait()
	return nil
}

// try sends a delivery once. A crash after the address took it and before that is noted sends it again, with the same id.
func (s *Sender) try(ctx context.Context, sub Subscription, d Delivery) {
	err := s.send(ctx, sub, d)
	if err != nil && ctx.Err() != nil {
		return // it is not the address's fault
	}
	d.Tries++
	d.Next, d.Problem = time.Time{}, ""
	if err != nil {
		d.Problem = err.Error()
		if d.Tries < s.MostTries && !errors.Is(err, errPrivate) {
			d.Next = s.now().Add(min(s.Backoff<<min(d.Tries-1, 20), 6*time.Hour))
		}
	}
	if err := s.Store.finish(d, err == nil); err != nil {
		s.Logger.Warn("alerts: note a delivery", "delivery", d.String(), "err", err)
	}
	if err != nil {
		s.Logger.Warn("alerts: not delivered", "delivery", d.String(), "tries", d.Tries, "err", err)
	}
}
