// Package registry holds the rules for the register of actors, places and sources: the names that commands may use.
//
// It keeps every spelling that is in use, and overwrites none. It judges nobody: that an actor is a party, or excluded, is
// a matter of each ceasefire.
package registry

import (
	"fmt"
	"slices"

	"truceledger/domain"
)

// Judge applies the rules of the register. It is a domain.Judge, for actors, places and sources.
func Judge(before []domain.Reading, m domain.Moment, c domain.Command, in domain.Setting) ([]domain.Event, []string, error) {
	switch c := c.(type) {
	case *RegisterActor:
		return c.judge(m)
	case *RegisterPlace:
		return c.judge(m, in.Facts)
	case *RegisterSource:
		return c.judge(m, in)
	case *RegisterKey:
		return c.judge(before, m)
	case *RotateKey:
		return c.judge(before, m)
	case *RevokeKey:
		return c.judge(before, m)
	}
	panic(fmt.Sprintf("registry: Judge has no case for %T", c)) // unreachable: the target's kind chose this package
}

func (c *RegisterActor) judge(m domain.Moment) ([]domain.Event, []string, error) {
	if err := checkNames(c.Names); err != nil {
		return nil, nil, err
	}
	return []domain.Event{ActorRegistered{m}}, nil, nil
}

func (c *RegisterPlace) judge(m domain.Moment, facts domain.Facts) ([]domain.Event, []string, error) {
	if err := checkNames(c.Names); err != nil {
		return nil, nil, err
	}
	if err := checkPoint(c.Point); err != nil {
		return nil, nil, err
	}
	if err := c.Geometry.check(); err != nil {
		return nil, nil, err
	}
	if err := c.checkParent(facts); err != nil {
		return nil, nil, err
	}
	return []domain.Event{PlaceRegistered{m}}, nil, nil
}

// checkParent refuses a parent that lies in the place (R16). Only a correction can name one, since a new place has nothing
// inside it yet. It climbs 64 steps at most: a circle further up is not this place's doing.
func (c *RegisterPlace) checkParent(facts domain.Facts) error {
	above := c.Parent
	for range 64 {
		if above == "" {
			return nil
		}
		if above == c.Place {
			return domain.Refuse(ErrPlaceCycle, "%s lies in %s", c.Parent, c.Place)
		}
		parent, err := facts.PlaceParent(above)
		if err != nil {
			return err
		}
		above = parent
	}
	return nil
}

func (c *RegisterSource) judge(m domain.Moment, in domain.Setting) ([]domain.Event, []string, error) {
	if err := checkURL(c.URL); err != nil {
		return nil, nil, err
	}
	if slices.Contains(c.Cites, c.Source) {
		return nil, nil, domain.Refuse(ErrCitesItself, "%s", c.Source)
	}
	return []domain.Event{SourceRegistered{Moment: m, Published: domain.Resolve(c.Published, in.Zone)}}, nil, nil
}
