package interchange

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"testing"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/projections"
)

// nothing is a ledger that takes everything and keeps nothing: what grows then is the import's own.
type nothing struct{ Models }

func (nothing) Execute(context.Context, eventstore.Request) (eventstore.Result, error) {
	return eventstore.Result{}, nil
}
func (nothing) Record(context.Context, domain.Ref) (domain.Record, error) {
	return domain.Record{}, nil
}
func (nothing) BeginRehearsal(context.Context) (*eventstore.Rehearsal, error) { return nil, nil }
func (nothing) Version(_ context.Context, r domain.Ref) (uint64, error) {
	return 0, &domain.NotFound{Record: r}
}
func (nothing) Resolve(context.Context, projections.Clock) (projections.Point, error) {
	return projections.Point{}, nil
}

// TestMemoryDoesNotGrowWithTheTable imports 100,000 rows of 600 bytes and looks at what is held on the way.
func TestMemoryDoesNotGrowWithTheTable(t *testing.T) {
	const rows = 100_000
	out, in := io.Pipe()
	go func() {
		_, _ = io.WriteString(in, ucdpHeader)
		for i := range rows {
			_, _ = io.WriteString(in, event(fmt.Sprint(i), fmt.Sprintf("source_article=%0500d", i%50)))
		}
		in.Close()
	}()
	f, _ := NewFormat("ucdp-ged", Settings{})
	var first, most uint64
	im := &Importer{Ledger: nothing{}, Models: nothing{}, Format: f, Tell: func(r Report) {
		if r.Type != "progress" || r.Summary.Rows%(20*waveSize) != 0 {
			return
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		if first == 0 {
			first = m.HeapAlloc
		}
		most = max(most, m.HeapAlloc)
	}}
	total, err := im.Run(t.Context(), out)
	if err != nil || total.Rows != rows {
		t.Fatalf("got %+v %v", total, err)
	}
	if grown := int64(most) - int64(first); grown > 16<<20 {
		t.Errorf("the import holds %d KiB more after %d rows than after the first waves", grown>>10, rows)
	}
}
