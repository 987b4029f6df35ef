package eventstore_test

import (
	"fmt"
	"strings"
	"testing"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/tally"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
)

// noFacts answers every question with yes and nothing.
type noFacts struct{ domain.Facts }

func (noFacts) Exists(domain.Ref) (bool, error) { return true, nil }

func BenchmarkDecide(b *testing.B) {
	l, _ := onTheTable(b)
	record, err := l.Record(b.Context(), domain.Ref{Kind: domain.KindCeasefire, ID: "river"})
	if err != nil {
		b.Fatal(err)
	}
	in := domain.Setting{Now: noon, Zone: "UTC", Facts: noFacts{}}
	for b.Loop() {
		if _, err := domain.Decide(record, command(b, northAgrees), in, ceasefire.Judge); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFold1000 folds a record of 1,000 entries that is read from the log.
func BenchmarkFold1000(b *testing.B) {
	log := memory.New()
	l := open(b, log)
	must(b, l, north)
	for i := range 1000 {
		must(b, l, fmt.Sprintf(`{"command":"record-tally","tally":"t","source":"north","unit":"people","best":%d}`, i))
	}
	cold := open(b, log, deaf, func(o *eventstore.Options) { o.CacheBytes = 1 })
	for b.Loop() {
		record, err := cold.Record(b.Context(), domain.Ref{Kind: domain.KindTally, ID: "t"})
		if err != nil {
			b.Fatal(err)
		}
		if s := tally.Fold(record.Readings(domain.Everything)); len(record.Steps) != 1000 || !s.Exists() {
			b.Fatalf("%d steps", len(record.Steps))
		}
	}
}

func BenchmarkEncodeDecode(b *testing.B) {
	m := stored(b)
	b.Run("decode", func(b *testing.B) {
		b.SetBytes(int64(len(m.Payload)))
		for b.Loop() {
			if _, err := eventstore.Decode(m); err != nil {
				b.Fatal(err)
			}
		}
	})
	e, err := eventstore.Decode(m)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			if _, err := eventstore.Encode(e); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("command", func(b *testing.B) {
		for b.Loop() {
			command(b, propose)
		}
	})
}

// BenchmarkExecute is the whole way of a command on a log that costs nothing, each on its own record.
func BenchmarkExecute(b *testing.B) {
	l := open(b, memory.New())
	must(b, l, north)
	i := 0
	for b.Loop() {
		i++
		must(b, l, fmt.Sprintf(`{"command":"violate","incident":"i-%d","by":"north","at":"2016-05-03","description":"%s"}`, i, strings.Repeat("x", 200)))
	}
}

// BenchmarkExecuteMore puts one more entry on records that have some, as most commands do.
func BenchmarkExecuteMore(b *testing.B) {
	l := open(b, memory.New())
	must(b, l, north)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_, err := l.Execute(b.Context(), eventstore.Request{Principal: "bench", Command: &tally.RecordTally{
			Header: domain.Header{Note: "counted by the hospitals of the district and by the local council, as of noon"},
			Tally:  fmt.Sprintf("series-%d", i%1000), Source: "north", Unit: "people", Outcome: "killed", Best: &i,
		}})
		if err != nil {
			b.Fatal(err)
		}
	}
}
