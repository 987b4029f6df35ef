package eventstore_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"truceledger/domain/registry"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
)

func TestANodeWithAWrongClockWritesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		leader time.Duration // what its clock is ahead of ours
		err    error
		want   error
	}{
		"the same":           {},
		"two seconds ahead":  {leader: 2 * time.Second},
		"more than that":     {leader: 2001 * time.Millisecond, want: eventstore.ErrClock},
		"more than behind":   {leader: -2001 * time.Millisecond, want: eventstore.ErrClock},
		"nobody answers":     {leader: time.Hour, err: errors.New("no leader")},
		"two seconds behind": {leader: -2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			l := open(t, memory.New(), func(o *eventstore.Options) {
				o.LeaderTime = func(context.Context) (time.Time, error) { return noon.Add(c.leader), c.err }
			})
			_, err := l.Execute(t.Context(), eventstore.Request{Command: &registry.RegisterSource{Source: "paper", Title: "Paper"}})
			if !errors.Is(err, c.want) || (l.Stopped() != nil) != (c.want != nil) {
				t.Errorf("got %v, %v, want %v", err, l.Stopped(), c.want)
			}
		})
	}
}

func TestAClockThatJumpsIsNoticedAndForgivenWhenItIsMended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours := &clock{now: noon}
		l := open(t, memory.New(), func(o *eventstore.Options) {
			o.Clock, o.OwnReader = ours.Now, false
			o.LeaderTime = func(context.Context) (time.Time, error) { return noon, nil }
		})
		for _, c := range []struct {
			now  time.Time
			want error
		}{{noon, nil}, {noon.Add(time.Hour), eventstore.ErrClock}, {noon.Add(time.Second), nil}} {
			ours.Set(c.now)
			time.Sleep(11 * time.Second) // of the bubble's clock
			if !errors.Is(l.Stopped(), c.want) {
				t.Errorf("at %v: got %v, want %v", c.now, l.Stopped(), c.want)
			}
		}
		_ = l.Close()
	})
}
