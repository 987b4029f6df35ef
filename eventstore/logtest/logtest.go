// Package logtest is the list of promises that every eventstore.Log keeps, as tests.
package logtest

import (
	"testing"

	"truceledger/eventstore"
)

// A Reopener is a log that outlives what holds it. Reopen stops everything that the test started and opens the same log
// again; the old one must not be used any more.
type Reopener interface {
	Reopen(t *testing.T) eventstore.Log
}

// Test runs the promises. open returns a new, empty log and cleans up after t. When what it returns is a Reopener, the log
// must survive that too.
func Test(t *testing.T, open func(t *testing.T) eventstore.Log) {
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) { p.check(t, open(t)) })
	}
}

var promises = []struct {
	name  string
	check func(t *testing.T, l eventstore.Log)
}{
	{"sequences run from 1 without gaps over all subjects", sequencesWithoutGaps},
	{"a new subject expects 0", newSubjectExpectsZero},
	{"a stale expectation conflicts, stores nothing and uses no sequence", staleExpectation},
	{"an expectation from the future conflicts, stores nothing and uses no sequence", futureExpectation},
	{"of concurrent appenders to one subject exactly one wins each version", oneWinner},
	{"appenders to different subjects do not conflict", noFalseConflicts},
	{"bytes come back as they were", bytesUnchanged},
	{"the largest payload is kept", largestPayload},
	{"a payload above the largest is refused and stores nothing", tooLarge},
	{"what is not one record's subject is refused", strangeSubjects},
	{"an append whose context has ended stores nothing", endedAppend},
	{"load yields one subject after a sequence", loadAfter},
	{"load of an unknown subject is empty", loadUnknown},
	{"load yields long records whole", loadLong},
	{"load yields what was acknowledged before the call", loadIsLinearizable},
	{"subjects that share a prefix do not mix", sharedPrefix},
	{"read ends at the newest", readEnds},
	{"read of an empty log is empty", readEmpty},
	{"read after the newest is empty", readPastEnd},
	{"read and load say so when their context ends", endedRead},
	{"follow yields everything once and in order while writers write", followWriters},
	{"follow starts after the given sequence", followAfter},
	{"follow wakes up for every later message", followLater},
	{"follow ends when its context ends", followEnds},
	{"a slow follower holds up nobody", slowFollower},
	{"iterators that are left early leave nothing behind", leftEarly},
	{"a thousand loads leave nothing behind", manyLoads},
	{"last is the newest sequence", last},
	{"what was acknowledged survives a reopen", survivesReopen},
}
