package jetstream

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"truceledger/eventstore"
)

// severalBlocks is a log of some blocks, whose entries are as large as entries may be, and its reader from the disk.
func severalBlocks(t *testing.T) (*Log, *Stored, uint64) {
	t.Helper()
	const entries = 400 // of 60 KB; a block takes 8 MB
	e, l := startLog(t)
	var group sync.WaitGroup
	for i := range entries {
		group.Go(func() {
			payload := fmt.Appendf(nil, `{"n":%d,"text":%q}`, i, strings.Repeat("x", 60_000))
			if _, err := l.Append(t.Context(), fmt.Sprintf("truce.actor.a%d", i), 0, payload); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	s := e.Stored(l)
	if blocks, err := blocksOf(s.folder); err != nil || len(blocks) < 3 {
		t.Fatalf("got %d blocks, %v; the test needs three", len(blocks), err)
	}
	return l, s, entries
}

func collected(messages iter.Seq2[eventstore.Message, error]) (all []string, err error) {
	for m, err := range messages {
		if err != nil {
			return all, err
		}
		all = append(all, fmt.Sprintf("%d %s %d %.20s", m.Sequence, m.Subject, len(m.Payload), m.Payload))
	}
	return all, nil
}

func TestStored(t *testing.T) {
	l, s, entries := severalBlocks(t)
	t.Run("reads what the engine reads", func(t *testing.T) { storedReadsAlike(t, l, s, entries) })
	t.Run("leaves other forms to the engine", func(t *testing.T) { storedLeavesOtherForms(t, s, entries) })
	t.Run("sees the disk", func(t *testing.T) { storedSeesTheDisk(t, s) })
}

// What lies on the disk is what the engine says, from wherever one begins.
func storedReadsAlike(t *testing.T, l *Log, s *Stored, entries uint64) {
	second, err := firstOf(s.path(2))
	if err != nil || second < 2 {
		t.Fatalf("the second block begins with %d, %v", second, err)
	}
	for _, after := range []uint64{0, 1, second - 2, second - 1, second, entries - 1, entries} {
		want, err := collected(l.Read(t.Context(), after))
		if err != nil {
			t.Fatal(err)
		}
		got, err := collected(s.Read(t.Context(), after))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") || uint64(len(got)) != entries-after {
			t.Errorf("after %d: got %d messages, the engine has %d", after, len(got), len(want))
		}
	}
	n := 0
	for range s.Read(t.Context(), 0) { // whoever has enough gets no more
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("got %d messages after a break at 3", n)
	}
}

// A bit that has changed on the disk is found although the engine still has the sound block in memory.
func storedSeesTheDisk(t *testing.T, s *Stored) {
	content, err := os.ReadFile(s.path(1))
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(s.path(1), content, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = collected(s.Read(t.Context(), 0))
	var d *DamageError
	if !errors.As(err, &d) || filepath.Base(d.File) != "1.blk" {
		t.Errorf("got %v, want a damage in 1.blk", err)
	}
}

// A block of a form that is not ours is the engine's to read.
func storedLeavesOtherForms(t *testing.T, s *Stored, entries uint64) {
	sound, err := os.ReadFile(s.path(2))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path(2), append([]byte("cmp"), sound...), 0o600); err != nil {
		t.Fatal(err)
	}
	after := uint64(0)
	if err := s.settled(context.Background(), &after, func(eventstore.Message) bool { return true }); err != nil {
		t.Fatal(err)
	}
	if first, err := firstOf(s.path(2)); first != 0 || err != nil || after == 0 || after >= entries {
		t.Errorf("got %d, %v, and went on to %d from the disk", first, err, after)
	}
}
