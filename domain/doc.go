// Package domain holds the rules of a ceasefire ledger: what may be put on the record, and what the record then amounts to.
//
// It is the floor that everything else stands on. It knows no clock, no network, no file and no JSON; it imports the
// standard library and its own sub-packages only, and a test keeps it so.
//
// # The shape
//
// A [Command] is what somebody asks to be recorded: a verb, an actor who does it, and fields. [Prepare] checks its fields
// one by one. [Decide] applies the rules of the record's kind and returns the [Event] values that follow, or a refusal. An
// accepted command and its events are one [Step] of a [Record]. A record never forgets a step: what it amounts to at three
// [Clocks] is a fold over [Record.Readings], computed anew for each question.
//
// Every kind of record is a package of the same shape: commands.go, events.go, the state and its Evolve and Fold, and a
// Judge that decides. Whoever knows one knows all: ceasefire, incident, talks, tally, statement, registry. The package when
// reads times.
//
// # Acts and reports
//
// An act is what an authorised party did; rules guard it. A report is what somebody says happened; it is never refused for
// contradicting another report. Commands that are reports implement [Report].
//
// An act stands at its place in effective time ([Record.Place]): the earliest moment that its occurred allows, but not before
// the place of an entry that was recorded earlier and lies within the same bounds. It is judged there, against the entries
// already recorded with an earlier place. Later ones are not judged again: an entry that finds no purchase in a fold
// changes nothing there, and is flagged out_of_order.
//
// # What belongs to a record beside what it says
//
// Files with their chains of custody and sealed values (custody.go, secrets.go) are steps of a record that no fold sees. A
// record that is restricted to some actors says so by the form of its id ([Ref.Restricted]), so that everybody who handles an
// entry knows from its subject alone that it is not for everybody. Whom it was shared with later (share.go) is a step of that
// sort too.
//
// # The rules
//
// A rule's no is a [Rejection]: a constant with a stable code and a sentence.
//
//	R1   A command names only actors, places, sources and records that exist; a new record's id is free.
//	R2   An excluded actor, or one without a role, neither agrees nor takes part. Children inherit exclusions.
//	R3   Consent goes to the current version of the terms, once for each actor.
//	R4   Nothing enters into force before all needed consent is given, or after it was thwarted, rejected or withdrawn.
//	R5   An end comes after its start, and an extension ends later than the term did.
//	R6   Only what is agreed, has a start and an end, and has not ended or lapsed can be extended.
//	R7   Only a party or a guarantor extends.
//	R8   After its deadline an accession needs a guarantor's waiver.
//	R9   What has ended takes no change of its terms. Reports and corrections it takes for ever.
//	R10  An inquiry is held by a monitor, and concluded only when opened. Two reports of one incident are merged by a
//	     monitor or by who made the report, and never in a circle.
//	R11  Counts are not negative; low <= best <= high; a part is no larger than the whole.
//	R12  A correction names an existing entry, not itself. It deletes nothing, and counts from where the corrected entry
//	     stands in time: an act that is dated wrongly is retracted and recorded anew.
//	R13  A caller who expects another version than the record's is told so. (Decided in package eventstore.)
//	R14  Nothing is recorded before it was done; only starts and ends lie ahead.
//	R15  A report names who stands behind it: an actor or a source.
//	R16  A local ceasefire's area lies in that of the ceasefire above it, and none stands above itself.
//	R17  A file is attached to a record once; only its custodian gives it on.
//	R18  That a secret was read or destroyed is not taken back; a destroyed one is not read.
//	R19  A restricted record is shared by who began it or an actor of the beginning, with actors who may know of every restricted
//	     record that it names. A sharing is not taken back.
//
// What is odd but not wrong is accepted and marked with a [Flag]: gaps and overlaps between terms, a duration that is not its
// interval, a report published before what it speaks of, an incident outside the area or time, an attack by an excluded
// actor. A violation, even a verified one, ends no ceasefire: only an act does.
package domain
