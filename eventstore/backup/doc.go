// Package backup puts a ledger into one folder or one tar file while it is written to, and makes a data folder of it again. A
// backup is whole or it is none: its manifest comes last, and names every file with its SHA-256. What is restored is read back
// from the new log and compared with the head that the log's key has signed.
//
// It refuses what was cut off or altered by the name of the file, writes over nothing, and merges nothing.
//
//	log/<first sequence>.jsonl   the exact stored bytes, an entry a line
//	data/...                     what else the data folder holds, under the same names
//	manifest.json                what there is, and what it must come to
//	manifest.sha256              the manifest's own SHA-256
package backup
