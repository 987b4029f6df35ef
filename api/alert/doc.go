// Package alert tells others what they asked to be told: a ceasefire is about to lapse, or has lapsed; a violation is alleged
// in an area; a consent is missing. It delivers to web addresses, signed, again and again until they are taken, and keeps
// what could not be delivered where an operator sees it.
//
// It decides nothing about the ledger. What it has to remember (subscriptions, deliveries, how far it has read) is no
// projection: it lies in a file of its own and is never rebuilt.
package alert
