package main

import (
	"errors"
	"fmt"

	"truceledger/api/client"
)

// The exit codes that scripts may rely on.
const (
	exitDone       = 0
	exitFailed     = 1
	exitUsage      = 2 // the command line or a field of a command is wrong
	exitRefused    = 3 // a rule said no
	exitConflict   = 4 // the record has moved on
	exitNotFound   = 5
	exitUnverified = 6 // a verification failed
)

// A usageError is the caller's slip: a flag, a file or a field that cannot be used as it stands.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// An unverifiedError says that something is not what it must be.
type unverifiedError struct{ error }

func (e unverifiedError) Unwrap() error { return e.error }

// exitCode is what the program ends with after err.
func exitCode(err error) int {
	var slip usageError
	var unverified unverifiedError
	var answer *client.Problem
	switch {
	case errors.As(err, &slip):
		return exitUsage
	case errors.As(err, &unverified):
		return exitUnverified
	case errors.As(err, &answer):
		return problemCode(answer)
	}
	return exitFailed
}
