package registry

import (
	"fmt"
	"math"
	"slices"

	"truceledger/domain"
)

// A shape says how the coordinates of one type of geometry nest (RFC 7946, 3.1).
type shape struct {
	name  string
	depth int  // how many lists stand around a position
	least int  // how many positions the innermost list has at least
	ring  bool // whether the innermost lists are rings: closed, the last position the same as the first
}

var shapes = []shape{
	{name: "Point"},
	{name: "MultiPoint", depth: 1, least: 1},
	{name: "LineString", depth: 1, least: 2},
	{name: "MultiLineString", depth: 2, least: 2},
	{name: "Polygon", depth: 2, least: 4, ring: true},
	{name: "MultiPolygon", depth: 3, least: 4, ring: true},
}

// check refuses what a map could not draw. Without it one wrong outline would break the map for every place.
func (g *Geometry) check() error {
	if g == nil {
		return nil
	}
	i := slices.IndexFunc(shapes, func(s shape) bool { return s.name == g.Type })
	if i < 0 {
		return domain.Field("geometry.type", "%.60q is none of Point, MultiPoint, LineString, MultiLineString, Polygon, MultiPolygon", g.Type)
	}
	return shapes[i].check("geometry.coordinates", shapes[i].depth, g.Coordinates)
}

// check walks down to the positions; depth is how many lists are still to come.
func (s shape) check(path string, depth int, list []any) error {
	switch {
	case depth == 0:
		_, err := position(path, list)
		return err
	case len(list) == 0:
		return domain.Field(path, "is empty: a %s has at least one part", s.name)
	case depth == 1:
		return s.line(path, list)
	}
	for i, item := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		inner, ok := item.([]any)
		if !ok {
			return domain.Field(at, "is not a list: the coordinates of a %s nest %d deep", s.name, s.depth+1)
		}
		if err := s.check(at, depth-1, inner); err != nil {
			return err
		}
	}
	return nil
}

// line checks a list of positions.
func (s shape) line(path string, list []any) error {
	positions := make([][]float64, len(list))
	for i, item := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		numbers, ok := item.([]any)
		if !ok {
			return domain.Field(at, "is not a position: the coordinates of a %s nest %d deep", s.name, s.depth+1)
		}
		p, err := position(at, numbers)
		if err != nil {
			return err
		}
		positions[i] = p
	}
	switch {
	case len(list) < s.least:
		return domain.Field(path, "has %d positions: here a %s needs at least %d", len(list), s.name, s.least)
	case s.ring && !slices.Equal(positions[0], positions[len(positions)-1]):
		return domain.Field(path, "is not closed: the last position of a ring is the same as the first")
	}
	return nil
}

// position reads longitude, latitude and perhaps an altitude in metres.
func position(path string, list []any) ([]float64, error) {
	if len(list) != 2 && len(list) != 3 {
		return nil, domain.Field(path, "has %d parts: a position is longitude, latitude and perhaps altitude", len(list))
	}
	numbers := make([]float64, len(list))
	for i, item := range list {
		n, ok := item.(float64)
		if !ok || math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, domain.Field(fmt.Sprintf("%s[%d]", path, i), "is not a number")
		}
		numbers[i] = n
	}
	return numbers, checkPosition(path, numbers[0], numbers[1])
}
