package registry

import (
	"truceledger/domain"
	"truceledger/domain/when"
)

// An Actor is what the register says of an actor. The zero Actor is not registered. So with Place and Source.
type Actor struct {
	ID      string            `json:"id,omitempty"`
	Name    string            `json:"name,omitempty"`
	Kind    ActorKind         `json:"kind,omitempty"`
	Aliases []string          `json:"aliases,omitempty"`
	Names   map[string]string `json:"names,omitempty"` // by BCP 47 tag
}

// A Place is what the register says of a place.
type Place struct {
	ID       string            `json:"id,omitempty"`
	Name     string            `json:"name,omitempty"`
	Parent   string            `json:"parent,omitempty"`
	Point    []float64         `json:"point,omitempty"` // longitude, latitude in degrees, WGS 84
	Geometry *Geometry         `json:"geometry,omitempty"`
	Aliases  []string          `json:"aliases,omitempty"`
	Names    map[string]string `json:"names,omitempty"` // by BCP 47 tag
}

// A Source is what the register says of a source.
type Source struct {
	ID        string      `json:"id,omitempty"`
	Title     string      `json:"title,omitempty"`
	Publisher string      `json:"publisher,omitempty"`
	Published when.Bounds `json:"published,omitzero"` // with the phrase in which it was stated
	URL       string      `json:"url,omitempty"`
	SHA256    string      `json:"sha256,omitempty"` // in hex
	Cites     []string    `json:"cites,omitempty"`
}

// Exists reports whether the actor is registered.
func (a Actor) Exists() bool { return a.ID != "" }

// Exists reports whether the place is registered.
func (p Place) Exists() bool { return p.ID != "" }

// Exists reports whether the source is registered.
func (s Source) Exists() bool { return s.ID != "" }

// FoldActor returns what the readings of an actor's record amount to. They are those that the clocks keep.
func FoldActor(readings []domain.Reading) Actor { return fold(readings, EvolveActor) }

// FoldPlace returns what the readings of a place's record amount to.
func FoldPlace(readings []domain.Reading) Place { return fold(readings, EvolvePlace) }

// FoldSource returns what the readings of a source's record amount to.
func FoldSource(readings []domain.Reading) Source { return fold(readings, EvolveSource) }

func fold[S any](readings []domain.Reading, evolve func(S, domain.Reading, domain.Event) S) (s S) {
	for _, r := range readings {
		for _, e := range r.Events {
			s = evolve(s, r, e)
		}
	}
	return s
}

// EvolveActor returns a with one event of reading r applied. It never refuses, and leaves a alone. So with the others.
func EvolveActor(a Actor, r domain.Reading, e domain.Event) Actor {
	c, ok := r.Command.(*RegisterActor)
	if _, registered := e.(ActorRegistered); !ok || !registered {
		return a
	}
	return Actor{ID: c.Actor, Name: c.Name, Kind: c.Kind, Aliases: c.Aliases, Names: c.Names}
}

// EvolvePlace returns p with one event of reading r applied.
func EvolvePlace(p Place, r domain.Reading, e domain.Event) Place {
	c, ok := r.Command.(*RegisterPlace)
	if _, registered := e.(PlaceRegistered); !ok || !registered {
		return p
	}
	return Place{
		ID: c.Place, Name: c.Name, Parent: c.Parent, Point: c.Point, Geometry: c.Geometry, Aliases: c.Aliases, Names: c.Names,
	}
}

// EvolveSource returns s with one event of reading r applied.
func EvolveSource(s Source, r domain.Reading, e domain.Event) Source {
	c, ok := r.Command.(*RegisterSource)
	registered, is := e.(SourceRegistered)
	if !ok || !is {
		return s
	}
	s = Source{
		ID: c.Source, Title: c.Title, Publisher: c.Publisher, Published: registered.Published, URL: c.URL, SHA256: c.SHA256, Cites: c.Cites,
	}
	s.Published.Phrase = c.Published.Phrase
	return s
}
