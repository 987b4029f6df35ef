package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"truceledger/domain"
	"truceledger/eventstore"
)

// An attempt is what a client asks of one record: to write at the version it has seen, to write at any, or to read.
type attempt struct {
	record string
	read   bool
	expect *uint64
}

// An outcome is what the client was told.
type outcome struct {
	stored  bool
	version uint64 // the entry's sequence, or the record's version

}

// register is the model that a record must look like to everybody: one version, which a write moves on if it was
// expected. Histories of different records are independent.
var register = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byRecord := map[string][]porcupine.Operation{}
		for _, op := range history {
			r := op.Input.(attempt).record
			byRecord[r] = append(byRecord[r], op)
		}
		var parts [][]porcupine.Operation
		for _, part := range byRecord {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return uint64(0) },
	Step: func(state, input, output any) (bool, any) {
		version, in, out := state.(uint64), input.(attempt), output.(outcome)
		switch {
		case out.stored:
			return out.version > version && (in.expect == nil || *in.expect == version), out.version
		case in.read:
			return out.version == version, version
		default: // refused as stale: somebody else's version stands
			return out.version == version && *in.expect != version, version
		}
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %+v", input, output) },
}

// TestTwoWritersRacingOnARecordAreLinearizable lets two ledgers on one stream, each with several clients, write to and read
// the same few records, and asks porcupine whether what the clients saw is a history of single, indivisible steps.
func TestTwoWritersRacingOnARecordAreLinearizable(t *testing.T) {
	const clients, operations = 8, 300
	log := openEmbedded(t, t.TempDir())
	// The source is registered before the second ledger opens, so that both know it: what a node knows of other records is
	// as of what it has read.
	first := openLedger(t, log)
	mustExecute(t, first, `{"command":"register-source","source":"observer","title":"Observer"}`)
	ledgers := []*eventstore.Ledger{first, openLedger(t, log)}

	var mu sync.Mutex
	var history []porcupine.Operation
	var group sync.WaitGroup
	start := time.Now()
	for client := range clients {
		group.Go(func() {
			random := rand.New(rand.NewPCG(2016, uint64(client)))
			seen := map[string]uint64{}
			for range operations {
				in := attempt{record: fmt.Sprintf("series-%d", random.IntN(3))}
				switch v := seen[in.record]; random.IntN(3) {
				case 0:
					in.expect = &v
				case 1:
					in.read = true
				}
				call := time.Since(start)
				out, err := try(t.Context(), ledgers[client%2], log, in)
				if errors.Is(err, eventstore.ErrConflict) {
					continue // given up: nothing was stored and nothing was learned
				}
				if err != nil {
					t.Error(err)
					return
				}
				seen[in.record] = out.version
				mu.Lock()
				history = append(history, porcupine.Operation{ClientId: client, Input: in, Call: int64(call), Output: out, Return: int64(time.Since(start))})
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if t.Failed() {
		return
	}
	if result := porcupine.CheckOperationsTimeout(register, history, time.Minute); result != porcupine.Ok {
		t.Fatalf("%d operations: %s", len(history), result)
	}
	stored := slices.DeleteFunc(history, func(op porcupine.Operation) bool { return !op.Output.(outcome).stored })
	if len(stored) < operations {
		t.Fatalf("only %d of the operations stored something: the race tested little", len(stored))
	}
}

// TestTheModelSeesTwoWritersWinAtOneVersion proves that the check can fail.
func TestTheModelSeesTwoWritersWinAtOneVersion(t *testing.T) {
	none := uint64(0)
	in := attempt{record: "r", expect: &none}
	history := []porcupine.Operation{
		{ClientId: 0, Input: in, Call: 0, Output: outcome{stored: true, version: 2}, Return: 10},
		{ClientId: 1, Input: in, Call: 5, Output: outcome{stored: true, version: 3}, Return: 15},
	}
	if porcupine.CheckOperations(register, history) {
		t.Fatal("two successes at one version passed as linearizable")
	}
}

func try(ctx context.Context, l *eventstore.Ledger, log eventstore.Log, in attempt) (outcome, error) {
	ref := domain.Ref{Kind: domain.KindTally, ID: in.record}
	if in.read {
		var version uint64
		for m, err := range log.Load(ctx, eventstore.Subject(ref), 0) {
			if err != nil {
				return outcome{}, err
			}
			version = m.Sequence
		}
		return outcome{version: version}, nil
	}
	c, err := eventstore.DecodeCommand("record-tally", fmt.Appendf(nil, `{"tally":%q,"source":"observer","unit":"people","best":1}`, in.record))
	if err != nil {
		return outcome{}, err
	}
	r, err := l.Execute(ctx, eventstore.Request{Command: c, Principal: "clerk", IfMatch: in.expect})
	if stale, ok := errors.AsType[*eventstore.StaleError](err); ok {
		return outcome{version: stale.Version}, nil
	}
	return outcome{stored: err == nil, version: r.Entry.Sequence}, err
}

func openLedger(t *testing.T, log eventstore.Log) *eventstore.Ledger {
	t.Helper()
	l, err := eventstore.Open(t.Context(), log, eventstore.Options{OwnReader: true, MaxPerRecord: 1000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func mustExecute(t *testing.T, l *eventstore.Ledger, body string) {
	t.Helper()
	if err := execute(t, l, body); err != nil {
		t.Fatal(err)
	}
}
