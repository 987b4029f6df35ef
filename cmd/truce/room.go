package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// The garbage collector runs each time that the heap has grown by some part of what lives on it. A ledger has little that
// lives, a few tens of MiB, and makes a lot of garbage while many write: collecting it took a fifth of the processor. So
// while many entries come, the heap may grow by room before it is collected. When they no longer do, the room is given back,
// and the heap kept closer than Go would by itself: a ledger that only stands there, or is asked now and then, should not
// hold the memory of its busiest minute.
const (
	room      = 128 << 20 // bytes
	fillRoom  = 256 << 20 // bytes, while the read models are filled from the log: then every entry is garbage a moment later
	mostRoom  = 800       // percent of what lives
	leastRoom = 100       // percent while many write: with less, a ledger whose cache is full would be collected all the time
	calmRoom  = 50        // percent, while few write; Go's own is 100
	roomTick  = 100 * time.Millisecond
	busyTick  = 100 // entries in one tick
	calmTicks = 20  // in a row with less than that, after which the room is given back
)

// beginRoom gives the node room while it is written to, until close.
func (n *node) beginRoom(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() {
		giveRoom(ctx, func() (position, most uint64) {
			filling, busy := n.models.Progress()
			if most = room; busy {
				most = fillRoom
			}
			return n.ledger.Position() + filling.Done, most
		})
	})
	n.endRoom = func() { cancel(); running.Wait() }
}

// giveRoom sets the collector by how fast entries come, until ctx ends: it asks how many have come, and how much room they may
// have. Who has set GOGC or GOMEMLIMIT keeps what was set.
func giveRoom(ctx context.Context, ask func() (position, room uint64)) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	tick := time.NewTicker(roomTick)
	defer tick.Stop()
	percent := calmRoom
	debug.SetGCPercent(percent)
	last, _ := ask()
	calm := calmTicks
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			continue
		case <-tick.C:
		}
		at, room := ask()
		busy := at >= last+busyTick
		switch last = at; {
		case busy:
			// Each time, since what lives grows meanwhile: caches fill.
			if p := percentFor(living(), room); p != percent {
				percent = p
				debug.SetGCPercent(percent)
			}
			calm = 0
		case calm < calmTicks:
			if calm++; calm == calmTicks {
				percent = calmRoom
				tidy()
			}
		}
	}
	if calm < calmTicks {
		tidy()
	}
}

// tidy keeps the heap close again, and gives back what is free.
func tidy() {
	debug.SetGCPercent(calmRoom)
	debug.FreeOSMemory()
}

// percentFor is the growth that amounts to room, in percent of what lives, in steps of ten.
func percentFor(living, room uint64) int {
	return int(min(mostRoom, max(leastRoom, room*10/max(1, living)*10)))
}

// living is how many bytes of the heap the last collection found in use.
func living() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
