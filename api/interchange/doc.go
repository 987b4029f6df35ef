// Package interchange carries data in and out: the tables that others keep (UCDP GED, ACLED, PA-X, ETH/PRIO, any CSV with a
// mapping) become commands, and what was asked of the read models becomes the files that people carry away.
//
// An import puts nothing on the record that the rules would refuse: such a row goes to quarantine with the reason, and the
// rest goes in. The same file twice stores nothing the second time, because every command's id follows from the row's own
// id and content. It keeps no state of its own: what was imported is read from the record.
package interchange
