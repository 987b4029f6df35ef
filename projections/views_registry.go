package projections

import (
	"truceledger/domain/when"
)

// An ActorView is a registered actor.
type ActorView struct {
	ID      string            `json:"id"`
	Name    string            `json:"name"`
	Kind    string            `json:"kind"`
	Aliases []string          `json:"aliases"`
	Names   map[string]string `json:"names"`
	Version uint64            `json:"version"`
}

// A PlaceView is a registered place.
type PlaceView struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Parent   string            `json:"parent,omitempty"`
	Point    []float64         `json:"point,omitempty"`
	Geometry any               `json:"geometry,omitempty"`
	Aliases  []string          `json:"aliases"`
	Names    map[string]string `json:"names"`
	Version  uint64            `json:"version"`
}

// A SourceView is a registered source.
type SourceView struct {
	ID        string       `json:"id"`
	Title     string       `json:"title"`
	Publisher string       `json:"publisher,omitempty"`
	Published *when.Bounds `json:"published,omitempty"`
	URL       string       `json:"url,omitempty"`
	SHA256    string       `json:"sha256,omitempty"`
	Cites     []string     `json:"cites"`
	Version   uint64       `json:"version"`
}
