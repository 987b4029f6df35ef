package projections

import (
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
)

// A TallyView is a series of counts by one source.
type TallyView struct {
	ID      string       `json:"id"`
	Source  string       `json:"source"`
	Unit    string       `json:"unit"`
	Outcome string       `json:"outcome"`
	Area    []string     `json:"area"`
	About   []string     `json:"about"`
	Points  []TallyPoint `json:"points"` // by as-of, then sequence
	Latest  *TallyPoint  `json:"latest"`
	Version uint64       `json:"version"`
}

// A TallyPoint is one figure of a series.
type TallyPoint struct {
	Best       *int               `json:"best,omitempty"`
	Qualifier  string             `json:"qualifier"`
	Low        *int               `json:"low,omitempty"`
	High       *int               `json:"high,omitempty"`
	AsOf       *when.Bounds       `json:"as_of,omitempty"`
	Period     *SpanView          `json:"period,omitempty"`
	Including  []PartView         `json:"including,omitempty"`
	Area       []string           `json:"area,omitempty"`
	Sources    []domain.SourceRef `json:"sources,omitempty"`
	RecordedAt time.Time          `json:"recorded_at"`
	Sequence   uint64             `json:"sequence"`
}

// A SpanView is a span of time, [From, Until), that is part of a larger statement.
type SpanView struct {
	From  *when.Bounds `json:"from,omitempty"`
	Until *when.Bounds `json:"until,omitempty"`
}

// A PartView is a subset of a figure.
type PartView struct {
	Unit string `json:"unit"`
	Best int    `json:"best"`
}

// A StatementView is what a speaker said.
type StatementView struct {
	ID       string             `json:"id"`
	By       string             `json:"by"`
	Kind     string             `json:"statement_kind"`
	Text     string             `json:"text"`
	About    []string           `json:"about"`
	Occurred *when.Bounds       `json:"occurred,omitempty"`
	Sources  []domain.SourceRef `json:"sources"`
	Version  uint64             `json:"version"`
}

// A TalksView is one track of talks at three clocks.
type TalksView struct {
	ID               string            `json:"id"`
	Track            string            `json:"track,omitempty"`
	Participants     []string          `json:"participants"`
	About            []string          `json:"about"`
	Status           string            `json:"status,omitempty"`           // the newest that anybody gave
	Characterisation string            `json:"characterisation,omitempty"` // the newest
	Statuses         []TalksStatusView `json:"statuses"`
	Reservations     []ReservationView `json:"reservations"`
	Version          uint64            `json:"version"`
}

// A TalksStatusView is how somebody characterises talks.
type TalksStatusView struct {
	Status           string             `json:"status,omitempty"`
	Characterisation string             `json:"characterisation,omitempty"`
	Condition        string             `json:"condition,omitempty"`
	By               string             `json:"by,omitempty"`
	Sources          []domain.SourceRef `json:"sources,omitempty"`
	Occurred         *when.Bounds       `json:"occurred,omitempty"`
	Sequence         uint64             `json:"sequence"`
}

// A ReservationView is a right that an actor reserves.
type ReservationView struct {
	By        string             `json:"by"`
	Right     string             `json:"right"`
	Condition string             `json:"condition,omitempty"`
	Sources   []domain.SourceRef `json:"sources,omitempty"`
	Occurred  *when.Bounds       `json:"occurred,omitempty"`
	Sequence  uint64             `json:"sequence"`
}
