package registry

import (
	"truceledger/domain"
	"truceledger/domain/when"
)

// RegisterActor puts an actor on the register: a state, a group, a body or a person that commands may name.
type RegisterActor struct {
	domain.Header
	Actor   string            `json:"actor,omitempty" doc:"The new actor's id; the ledger makes one where none is given." format:"slug"`
	Name    string            `json:"name" doc:"Its name." required:"true"`
	Kind    ActorKind         `json:"kind" doc:"What it is." required:"true"`
	Aliases []string          `json:"aliases,omitzero" doc:"Other names and spellings; never overwritten by the name."`
	Names   map[string]string `json:"names,omitzero" doc:"Its name by language: a BCP 47 tag and the name."`
}

// RegisterPlace puts a place on the register.
type RegisterPlace struct {
	domain.Header
	Place    string            `json:"place,omitempty" doc:"The new place's id; the ledger makes one where none is given." format:"slug"`
	Name     string            `json:"name" doc:"Its name." required:"true"`
	Parent   string            `json:"parent,omitempty" doc:"The place that it lies in." ref:"place"`
	Point    []float64         `json:"point,omitzero" doc:"Where it is: longitude and latitude in degrees, WGS 84."`
	Geometry *Geometry         `json:"geometry,omitempty" doc:"Its outline: a GeoJSON geometry (RFC 7946)."`
	Aliases  []string          `json:"aliases,omitzero" doc:"Other names and spellings."`
	Names    map[string]string `json:"names,omitzero" doc:"Its name by language."`
}

// A Geometry is a GeoJSON geometry object (RFC 7946) other than a collection.
type Geometry struct {
	Type        string `json:"type" doc:"Point, MultiPoint, LineString, MultiLineString, Polygon or MultiPolygon." required:"true"`
	Coordinates []any  `json:"coordinates" doc:"Positions as RFC 7946 nests them: longitude, latitude." required:"true"`
}

// RegisterSource puts a source on the register: a document, a broadcast, a message that reports may cite.
type RegisterSource struct {
	domain.Header
	Source    string    `json:"source,omitempty" doc:"The new source's id; the ledger makes one where none is given." format:"slug"`
	Title     string    `json:"title" doc:"Its title." required:"true"`
	Publisher string    `json:"publisher,omitempty" doc:"Who published it."`
	Published when.When `json:"published,omitzero" doc:"When it was published."`
	URL       string    `json:"url,omitempty" doc:"Where it stands."`
	SHA256    string    `json:"sha256,omitempty" doc:"The SHA-256 of the document, in hex." format:"sha256"`
	Cites     []string  `json:"cites,omitzero" doc:"The sources that it rests on: its chain." ref:"source"`
}

func (c *RegisterActor) Verb() string        { return "register-actor" }
func (c *RegisterActor) Target() domain.Ref  { return domain.Ref{Kind: domain.KindActor, ID: c.Actor} }
func (c *RegisterActor) Creates() bool       { return true }
func (c *RegisterActor) SetTarget(id string) { c.Actor = id }
func (c *RegisterPlace) Verb() string        { return "register-place" }
func (c *RegisterPlace) Target() domain.Ref  { return domain.Ref{Kind: domain.KindPlace, ID: c.Place} }
func (c *RegisterPlace) Creates() bool       { return true }
func (c *RegisterPlace) SetTarget(id string) { c.Place = id }
func (c *RegisterSource) Verb() string       { return "register-source" }
func (c *RegisterSource) Target() domain.Ref {
	return domain.Ref{Kind: domain.KindSource, ID: c.Source}
}
func (c *RegisterSource) Creates() bool       { return true }
func (c *RegisterSource) SetTarget(id string) { c.Source = id }

// An ActorKind is what an actor is.
type ActorKind string

// Values lists what an actor's kind may be.
func (ActorKind) Values() []string {
	return []string{"state", "armed_group", "coalition", "organisation", "person"}
}
