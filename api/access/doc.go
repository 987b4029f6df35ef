// Package access says who may do what: it knows the callers by their tokens, or by the word of an issuer of
// accounts that the operator has named (issuer.go), and holds the one table of roles and actions that HTTP, the page and the
// bus all go by (table.go).
//
// It decides about callers, never about the matter: whether a party may agree to a truce is the domain's to say. It keeps
// no password and no token in clear, and it grants nothing that the table does not.
package access
