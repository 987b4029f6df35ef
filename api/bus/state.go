package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"truceledger/api/access"
	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/projections"
)

// Models are what the bucket needs to know of the read models.
type Models interface {
	Resolve(context.Context, projections.Clock) (projections.Point, error)
	NextChange(ctx context.Context, after time.Time, at projections.Point) (next time.Time, ids []string, err error)
	WaitFor(ctx context.Context, sequence uint64) error
}

// appliedKey holds the sequence up to which the bucket is of the log: a keeper that starts goes on from there.
const appliedKey = "_applied"

// silentWatch is how long a watch of the bucket may have nobody who listens. Without this limit somebody who may watch could
// leave consumers behind, for good, until there is room for no more.
const silentWatch = 5 * time.Minute

// statePatience bounds the wait for one answer about the bucket. On a machine that has too much to do the client's own five
// seconds made a start fail.
const statePatience = time.Minute

// keeper is who asks for what the bucket shows: whoever may read, and no more.
var keeper = access.Caller{Name: "bus", Roles: []access.Role{access.Observer}}

// A state keeps the bucket.
type state struct {
	Options
	bucket jetstream.KeyValue
}

func openState(ctx context.Context, o Options) (*state, error) {
	js, err := jetstream.New(o.State, jetstream.WithDefaultTimeout(statePatience))
	if err != nil {
		return nil, err
	}
	bucket, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: Bucket, Description: "The records of the Truce Ledger as they stand; rebuilt from the log when it is deleted", History: 1,
	})
	if err == nil {
		err = boundWatches(ctx, js)
	}
	if err != nil {
		return nil, fmt.Errorf("the bucket %s: %w", Bucket, err)
	}
	return &state{o, bucket}, nil
}

func boundWatches(ctx context.Context, js jetstream.JetStream) error {
	stream, err := js.Stream(ctx, "KV_"+Bucket)
	if err != nil {
		return err
	}
	c := stream.CachedInfo().Config
	c.ConsumerLimits.InactiveThreshold = silentWatch
	_, err = js.UpdateStream(ctx, c)
	return err
}

// errUnreadable: the log holds what is no entry, and will hold it tomorrow.
var errUnreadable = errors.New("the bucket stays as it is")

// keep brings the bucket up to date with the log, and with time, until ctx ends. What fails is tried again: the bucket is
// behind then, and never wrong about what it names in _applied.
func (s *state) keep(ctx context.Context) {
	for ctx.Err() == nil {
		err := s.follow(ctx)
		if errors.Is(err, errUnreadable) {
			s.Logger.Error("the bucket on the bus is no longer kept", "bucket", Bucket, "err", err)
			return
		}
		if err != nil && ctx.Err() == nil {
			s.Logger.Warn("the bucket on the bus is not up to date; trying again", "bucket", Bucket, "err", err)
			pause(ctx, time.Second)
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// follow reads the log from where the bucket stands.
func (s *state) follow(ctx context.Context) error {
	after, err := s.applied(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	entries := make(chan eventstore.Message)
	failed := make(chan error, 1)
	go func() {
		defer close(entries)
		for m, err := range s.Log.Follow(ctx, after) {
			if err != nil {
				failed <- err
				return
			}
			select {
			case entries <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() {
		cancel()
		for range entries { // until the follower has ended
		}
	}()
	told := time.Now()
	for {
		clock, ids := s.nextChange(ctx, told)
		select {
		case m, more := <-entries:
			if !more {
				select {
				case err := <-failed:
					return err
				default:
					return ctx.Err()
				}
			}
			if err := s.apply(ctx, m, entries); err != nil {
				return err
			}
		case <-clock:
			told = time.Now()
			for _, id := range ids {
				if err := s.put(ctx, domain.Ref{Kind: domain.KindCeasefire, ID: id}); err != nil {
					return err
				}
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// nextChange is when time alone next changes a ceasefire, and which; at the latest in a minute it is asked again.
func (s *state) nextChange(ctx context.Context, told time.Time) (<-chan time.Time, []string) {
	wait := time.Minute
	at, err := s.Models.Resolve(ctx, projections.Clock{})
	if err != nil {
		return time.After(time.Second), nil
	}
	next, ids, err := s.Models.NextChange(ctx, told, at)
	if err == nil && !next.IsZero() {
		if until := time.Until(next) + time.Millisecond; until < wait {
			return time.After(max(until, 0)), ids
		}
	}
	return time.After(wait), nil
}

// apply puts what an entry, and those that wait behind it, changed.
func (s *state) apply(ctx context.Context, m eventstore.Message, more <-chan eventstore.Message) (failed error) {
	changed := map[domain.Ref]bool{}
	var last uint64
	for n := 0; ; n++ {
		e, err := eventstore.Decode(m)
		if err != nil { // those before it are put
			failed = fmt.Errorf("%w: %w", errUnreadable, err)
			break
		}
		last = m.Sequence
		changed[e.Ref] = true
		if n == 500 {
			break
		}
		var open bool
		select {
		case m, open = <-more:
			if open {
				continue
			}
		default:
		}
		break
	}
	if last == 0 {
		return failed
	}
	if err := s.Models.WaitFor(ctx, last); err != nil {
		return err
	}
	if err := s.relatives(ctx, changed); err != nil {
		return err
	}
	for ref := range changed {
		if err := s.put(ctx, ref); err != nil {
			return err
		}
	}
	if _, err := s.bucket.PutString(ctx, appliedKey, strconv.FormatUint(last, 10)); err != nil {
		return err
	}
	return failed
}

// relatives adds the ceasefires that stand under a changed one: they inherit from it.
func (s *state) relatives(ctx context.Context, changed map[domain.Ref]bool) error {
	any := false
	for ref := range changed {
		any = any || ref.Kind == domain.KindCeasefire
	}
	for cursor := ""; any; {
		path := "/v1/ceasefires?limit=1000"
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		a := ask(access.With(ctx, keeper), s.Handler, http.MethodGet, path, http.Header{}, nil)
		var page struct {
			Items      []struct{ ID, Parent string } `json:"items"`
			NextCursor string                        `json:"next_cursor"`
		}
		if err := json.Unmarshal(a.body.Bytes(), &page); err != nil || a.status != http.StatusOK {
			return fmt.Errorf("%s: %d %w", path, a.status, err)
		}
		for _, c := range page.Items {
			if c.Parent != "" && changed[domain.Ref{Kind: domain.KindCeasefire, ID: c.Parent}] {
				changed[domain.Ref{Kind: domain.KindCeasefire, ID: c.ID}] = true
			}
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	return nil
}

// put writes a record as a GET answers it, unless the bucket says so already; what is not found any more is deleted.
func (s *state) put(ctx context.Context, ref domain.Ref) error {
	if ref.Kind == domain.KindLedger || ref.Restricted() {
		return nil // not even the deletion of a key may name what is restricted
	}
	a := ask(access.With(ctx, keeper), s.Handler, http.MethodGet, wire.Location(ref), http.Header{}, nil)
	key := string(ref.Kind) + "." + ref.ID
	switch a.status {
	case http.StatusNotFound:
		return s.bucket.Delete(ctx, key)
	case http.StatusOK:
	default:
		return fmt.Errorf("%s: %d %s", ref, a.status, a.body.String())
	}
	old, err := s.bucket.Get(ctx, key)
	if err == nil && bytes.Equal(timeless(old.Value()), timeless(a.body.Bytes())) {
		return nil // nobody is woken for nothing
	}
	if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
		return err
	}
	_, err = s.bucket.Put(ctx, key, a.body.Bytes())
	return err
}

// timeless is an answer without the time that it answers for.
func timeless(body []byte) []byte {
	var v map[string]json.RawMessage
	if json.Unmarshal(body, &v) != nil {
		return body
	}
	delete(v, "effective_at")
	raw, _ := json.Marshal(v)
	return raw
}

// applied is how far the bucket has come. One that is ahead of the log is of another history, and is filled anew.
func (s *state) applied(ctx context.Context) (uint64, error) {
	e, err := s.bucket.Get(ctx, appliedKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(string(e.Value()), 10, 64)
	if err != nil {
		return 0, nil
	}
	last, err := s.Log.Last(ctx)
	if n > last {
		n = 0
	}
	return n, err
}
