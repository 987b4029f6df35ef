// Package bundle puts a ledger into one folder that can be carried away, and checks such a folder for somebody who trusts
// nobody: neither the folder nor whoever made it. All that is trusted comes from the caller.
//
//	checkpoint                the newest head, signed and cosigned (C2SP tlog-checkpoint)
//	checkpoints.txt           earlier heads, the smallest first, an empty line after each
//	tile/<L>/<N>[.p/<W>]      the tree's hashes (C2SP tlog-tiles); other people's programs read them and tile/entries
//	tile/entries/<N>[.p/<W>]  the entries
//	events.jsonl              the same entries, one a line, the exact stored bytes
//	receipts/<sequence>       receipts of single entries (C2SP tlog-proof)
//	policy                    whose cosignatures the ledger asks for (C2SP tlog-policy): for information
//	allowed_signers           the keys on the record, for ssh-keygen: for information
//	attachments/sha256/ab/cd/<hash>
//	README                    what an auditor types
//
// An entry may be withheld: its line is then {"withheld": N, "leaf": "<base64>"} and the tile/entries file that would hold
// it is left out. The root still follows from the hash, so that what is shown is still proved.
//
// Nothing here needs memory that grows with the entries, but some 40 bytes for each record and 60 for each head. The rules are
// checked record by record: for that the entries are laid apart in temporary files, which take as much room as events.jsonl.
package bundle
