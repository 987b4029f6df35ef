package projections

import (
	"strings"

	"truceledger/domain"
	"truceledger/eventstore"
)

// A Projection is a name, the buckets that it alone writes, and what each entry does to them.
type Projection interface {
	// Name ends in a version. Changing what Apply does changes the version, and with it every file is refilled.
	Name() string
	Buckets() []string
	// Apply is a pure function of the buckets and the entry: it reads no clock, so that two nodes, and the same node twice,
	// come to the same rows.
	Apply(tx *Tx, e eventstore.Entry) error
}

// all is every projection, in the order in which they apply an entry.
var all = []Projection{
	entries{},
	clock{},
	commands{},
	records{name: "ceasefires/1", kinds: []domain.Kind{domain.KindCeasefire}, words: ceasefireWords},
	records{name: "incidents/2", kinds: []domain.Kind{domain.KindIncident}, words: incidentWords},
	records{name: "tallies/1", kinds: []domain.Kind{domain.KindTally}},
	records{name: "talks/1", kinds: []domain.Kind{domain.KindTalks}},
	records{name: "statements/1", kinds: []domain.Kind{domain.KindStatement}},
	records{name: "registry/1", kinds: []domain.Kind{domain.KindActor, domain.KindPlace, domain.KindSource}},
	history{},
	signers{},
	merkle{},
}

func projectionNames() string {
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.Name()
	}
	return strings.Join(names, "\n")
}

func bucketNames() []string {
	var names []string
	for _, p := range all {
		names = append(names, p.Buckets()...)
	}
	return names
}

// A finisher is a projection that gathers what it makes of a batch, and writes it at the end of the transaction.
type finisher interface{ Finish(tx *Tx) error }

// finishAll ends a batch.
func finishAll(tx *Tx) error {
	for _, p := range all {
		if f, ok := p.(finisher); ok {
			if err := f.Finish(tx); err != nil {
				return err
			}
		}
	}
	return nil
}

// applyAll applies one entry to every projection.
func applyAll(tx *Tx, e eventstore.Entry) error {
	for _, p := range all {
		if err := p.Apply(tx, e); err != nil {
			return err
		}
	}
	return nil
}
