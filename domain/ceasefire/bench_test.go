package ceasefire

import (
	"testing"
	"time"

	"truceledger/domain"
)

// BenchmarkFold1000 is a ceasefire that has been attested and reaffirmed a thousand times.
func BenchmarkFold1000(b *testing.B) {
	noon := time.Date(2016, 5, 4, 12, 0, 0, 0, time.UTC)
	readings := []domain.Reading{{Sequence: 1, Command: &Propose{Ceasefire: "river"}, Events: []domain.Event{CeasefireProposed{}}}}
	for i := uint64(2); i <= 1000; i += 2 {
		readings = append(readings,
			domain.Reading{Sequence: i, Place: noon, Command: &Attest{InForce: new(bool)}, Events: []domain.Event{TermAttested{}}},
			domain.Reading{Sequence: i + 1, Place: noon, Command: &Reaffirm{}, Events: []domain.Event{CeasefireReaffirmed{}}})
	}
	for b.Loop() {
		if s := Fold(readings); len(s.Attestations) != 500 || len(s.Reaffirmations) != 500-1+len(readings)%2 {
			b.Fatalf("%d attestations, %d reaffirmations", len(s.Attestations), len(s.Reaffirmations))
		}
	}
}
