// Package projections answers what the log amounts to: it reads every entry in order and keeps read models in one bbolt
// file, from which it answers at three clocks. Nothing in that file is the truth: it is refilled from the log whenever it
// is missing, damaged, of an older form or of another ledger, and no answer comes from a file that failed its check.
//
// It decides nothing, stores nothing that the log does not say, and never waits for the log while it answers.
//
// # A tour
//
// projection.go lists the projections: each has a name with a version, buckets that it alone writes, and an Apply that is a
// pure function of those buckets and the next entry. records.go, entries.go and links.go hold them. tx.go is what Apply may
// touch; store.go is the file, with the check on opening; digest.go tells two files apart.
//
// runner.go follows the log: read, decode, apply, commit. rebuild.go fills a new file beside the serving one and swaps
// them; replay.go folds the log once more, to compare.
//
// queries.go fixes the clocks of a question, reader.go finds the records that it is about (cache.go keeps the decoded ones),
// and one file for each kind of record makes the answer (views.go has their shapes). history.go tells the entries of a
// record in sentences (sentences_*.go).
//
// # What is stored
//
// entries/1 has every payload once, by sequence. A record's entries are found from its newest one, which its row names,
// by the version_before that each entry states. So the payloads are only ever appended, and a row stays small: the first
// and the newest sequence, and words by which a list can pass it over without decoding it.
package projections
