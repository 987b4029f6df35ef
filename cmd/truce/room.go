package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// The garbage collector runs each time that the heap has grown by as much as lives on it. A ledger has little that lives, a
// few tens of MiB, and makes a lot of garbage while many write: collecting it took a fifth of the processor. So while many
// entries come, the heap may grow by room before it is collected; when they no longer do, the room is given back, since a
// ledger that only stands there should not hold the memory of its busiest minute.
const (
	room      = 128 << 20 // bytes
	mostRoom  = 800       // percent of what lives
	roomTick  = 100 * time.Millisecond
	busyTick  = 100 // entries in one tick
	calmTicks = 20  // in a row with less than that, after which the room is given back
)

// beginRoom gives the node room while it is written to, until close.
func (n *node) beginRoom(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { giveRoom(ctx, n.ledger.Position) })
	n.endRoom = func() { cancel(); running.Wait() }
}

// giveRoom sets the collector by how fast entries come, until ctx ends. Who has set GOGC or GOMEMLIMIT keeps what was set.
func giveRoom(ctx context.Context, position func() uint64) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	tick := time.NewTicker(roomTick)
	defer tick.Stop()
	last, calm := position(), calmTicks
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			continue
		case <-tick.C:
		}
		at := position()
		busy := at >= last+busyTick
		switch last = at; {
		case busy && calm >= calmTicks:
			debug.SetGCPercent(percentFor(living()))
			calm = 0
		case busy:
			calm = 0
		case calm < calmTicks:
			if calm++; calm == calmTicks {
				tidy()
			}
		}
	}
	if calm < calmTicks {
		tidy()
	}
}

// tidy goes back to what Go does by itself, and gives back what is free.
func tidy() {
	debug.SetGCPercent(100)
	debug.FreeOSMemory()
}

// percentFor is the growth that amounts to room, in percent of what lives, and never less than Go's own.
func percentFor(living uint64) int {
	return int(min(mostRoom, max(100, room*100/max(1, living))))
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
