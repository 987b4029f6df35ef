// Package demo holds the Aleppo record of April-May 2016 as commands: what truce demo loads into an empty ledger.
//
// It holds words and figures only. Whether they may stand on the record, and what they amount to, the ledger decides.
package demo

import "embed"

// Record is the Aleppo record: files of YAML documents, one command each, to be applied in lexical order of the files.
// The register comes first, then what was reported, in the order in which it was published; so that a question with
// as_of_sequence shows what a reader of that day could know. What was found out later, a correction among it, comes last.
//
// The note of each document begins with the rows of the fact sheet that it records: T for truces, O for obligations, V for
// incidents, C for casualty figures, S for the five articles, A2 to A9 for the tables without row numbers. "[X]" marks what
// none of the five articles says.
//
//go:embed *.yaml
var Record embed.FS
