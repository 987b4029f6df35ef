package main

import (
	"context"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The heap may grow by room, whatever lives: a small one by many times its size, a large one by as much again.
func TestTheRoomIsABoundAndNotAFactor(t *testing.T) {
	for living, want := range map[uint64]int{0: 800, 1 << 20: 800, 32 << 20: 400, 128 << 20: 100, 1 << 30: 100} {
		if got := percentFor(living, room); got != want {
			t.Errorf("%d MiB live: got %d%%, want %d%%", living>>20, got, want)
		}
	}
}

// While entries come the heap has room, and afterwards it is kept close again. Who has set it otherwise is not overruled.
func TestRoomIsGivenAndTakenBack(t *testing.T) {
	percent := func() int { // of the collector, which can only be asked by setting it
		is := debug.SetGCPercent(100)
		debug.SetGCPercent(is)
		return is
	}
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	before := percent()
	defer debug.SetGCPercent(before)
	until := func(what string, is func(int) bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !is(percent()); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: it is %d%%", what, percent())
			}
		}
	}
	var position atomic.Uint64
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { giveRoom(ctx, func() (uint64, uint64) { return position.Add(busyTick), room }) })
	until("while many write", func(p int) bool { return p > calmRoom })
	cancel()
	running.Wait()
	if got := percent(); got != calmRoom {
		t.Errorf("after it has ended: got %d%%", got)
	}
	debug.SetGCPercent(77)
	t.Setenv("GOGC", "77")
	giveRoom(t.Context(), func() (uint64, uint64) { return 0, room })
	if got := percent(); got != 77 {
		t.Errorf("with GOGC set: got %d%%", got)
	}
}
