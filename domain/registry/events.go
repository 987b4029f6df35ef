package registry

import (
	"truceledger/domain"
	"truceledger/domain/when"
)

// An Event is a fact on the register. The marker keeps the list closed.
type Event interface {
	domain.Event
	isEvent()
}

// ActorRegistered means that commands may name the actor from now on. It grants no role and recognises no one.
type ActorRegistered struct{ domain.Moment }

// PlaceRegistered means that commands may name the place from now on. Its outline settles no boundary.
type PlaceRegistered struct{ domain.Moment }

// SourceRegistered means that reports may cite the source from now on. It does not mean that what the source says is so.
type SourceRegistered struct {
	domain.Moment
	// Published is when the world could first read it, where that is known: what the reported_by clock goes by.
	Published when.Bounds `json:"published,omitzero"`
}

func (ActorRegistered) isEvent()  {}
func (PlaceRegistered) isEvent()  {}
func (SourceRegistered) isEvent() {}
