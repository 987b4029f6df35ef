package main

import (
	"fmt"
	"testing"

	"github.com/anishathalye/porcupine"
)

// An attempt is what a client asks of one record: to write at the version it has seen, or at any.
type attempt struct {
	record string
	expect *uint64
}

// An answered is what the client was told.
type answered struct {
	stored  bool
	version uint64 // the entry's sequence, or that at which the record stands
}

// register is the model that a record must look like to everybody: one version, which a write moves on if it was expected.
// Histories of different records are independent.
var register = porcupine.Model{
	Partition: func(history []porcupine.Operation) (parts [][]porcupine.Operation) {
		byRecord := map[string][]porcupine.Operation{}
		for _, op := range history {
			r := op.Input.(attempt).record
			byRecord[r] = append(byRecord[r], op)
		}
		for _, part := range byRecord {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return uint64(0) },
	Step: func(state, input, output any) (bool, any) {
		version, in, out := state.(uint64), input.(attempt), output.(answered)
		if out.stored {
			return out.version > version && (in.expect == nil || *in.expect == version), out.version
		}
		return out.version == version && in.expect != nil && *in.expect != version, version
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %+v", input, output) },
}

// TestTheModelSeesALostWrite proves that the check of the siege can fail: somebody was told of version 3, and later somebody
// else that the record stands at 2.
func TestTheModelSeesALostWrite(t *testing.T) {
	none := uint64(1)
	history := []porcupine.Operation{
		{ClientId: 0, Input: attempt{record: "r"}, Call: 0, Output: answered{stored: true, version: 2}, Return: 10},
		{ClientId: 0, Input: attempt{record: "r"}, Call: 11, Output: answered{stored: true, version: 3}, Return: 20},
		{ClientId: 1, Input: attempt{record: "r", expect: &none}, Call: 21, Output: answered{version: 2}, Return: 30},
	}
	if porcupine.CheckOperations(register, history) {
		t.Fatal("a write that is gone again passed as linearizable")
	}
}
