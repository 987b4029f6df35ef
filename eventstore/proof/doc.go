// Package proof lets a party that trusts nobody check the ledger: that nothing was altered, dropped, reordered or
// slipped in, even by whoever operates it. It writes no Merkle tree and no signature of its own: golang.org/x/mod
// (sumdb/tlog, sumdb/note), transparency-dev/formats and hiddeco/sshsig do that. It decides no rule of the domain.
//
// # A tour
//
// The leaf is the exact stored payload of an entry, its index the entry's sequence minus 1 (RFC 6962 hashing). tiles.go
// grows the tree's right edge, tree.go keeps its tiles in bbolt, paths.go serves them in the layout of C2SP tlog-tiles.
//
// origin.go names the log and holds its key. keeper.go signs heads (C2SP tlog-checkpoint) in an order that a crash at any
// point leaves safe, and refuses for ever once the log is not what was signed; heads.go keeps what was signed, and
// package natsheads is the fence between nodes. receipt.go makes and checks a C2SP tlog-proof: what a negotiator carries
// away.
//
// Beside it: package signed (commands signed with a party's own SSH key), package witness (C2SP tlog-witness and
// tlog-policy) and package bundle (all of it in one folder, and the auditor's check).
//
// # What it cannot do
//
// Whoever holds the log's key and all of its copies can rewrite history and sign it again: every check inside this
// package then succeeds. Only somebody who kept an earlier head sees it. That is what witnesses are for.
//
// Specifications, by the tags that this code follows: c2sp.org/tlog-tiles v0.1.0, tlog-checkpoint v1.0.0-rc.1,
// signed-note v1.0.0-rc.1, tlog-cosignature v1.1.0-rc.1, tlog-witness v1.0.0-rc.1; tlog-proof and tlog-policy have no tag.
package proof
