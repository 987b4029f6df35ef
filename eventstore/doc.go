// Package eventstore puts commands on the record. It decodes them, has the domain decide them, and appends what follows
// to a log that keeps it for ever. It knows the form of what is stored; it knows no rule, answers no question about the
// past beyond one record, and speaks no protocol.
//
// # A tour
//
// names.go declares what commands and events are called on disk, each once and for ever. codec.go reads a command,
// strictly, and says which field is wrong (problem.go); options.go says how times, places, commands and events look in
// JSON, so that the domain need not know. same.go tells whether two commands ask for the same.
//
// entry.go is the format of an [Entry]: one accepted command with its events, one line of JSON, one message, one leaf of
// the proof tree. upcast.go turns what was stored under older names into today's.
//
// log.go is what is asked of an engine: a [Log]. Package jetstream keeps it on disk, package memory in tests, and
// package logtest holds the promises of both.
//
// ledger.go opens a [Ledger] on a log (genesis.go: its first entry). execute.go is the way of a command: its record's
// turn (turns.go), the record's state (cache.go, record.go), the decision and its entry (draft.go), the append and what
// to do when its outcome is not known (settle.go). facts.go answers what the rules ask about other records, as of how
// far this node has read (position.go).
//
// # What is promised
//
// A record is linearizable: an accepted command was decided on the state that it was appended to, and a no holds for the
// newest state at some moment of the call. What an entry says about other records was so at its read_to, which is at
// least every entry that this node had acknowledged. A command with the same command_id from the same principal is
// stored once, for ever. An entry that was acknowledged is on disk.
package eventstore
