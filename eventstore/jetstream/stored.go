package jetstream

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"

	"truceledger/eventstore"
)

// Stored is a log of this process that is read from the disk, without the engine, by whoever reads all of it: who checks the
// disk wants to see the disk and not what the engine has kept of it in memory; who rebuilds is spared the way through the
// engine and its client; and the engine holds an index of the subjects of each block that it reads, for two minutes, which for
// a log of a million entries is as much memory as everything else together.
type Stored struct {
	*Log
	folder string // of the stream's blocks
	stream string
}

// Stored returns a log of this server as one that is read from its files.
func (e *Embedded) Stored(log *Log) *Stored {
	return &Stored{Log: log, stream: e.o.Stream, folder: filepath.Join(streamFolder(e.o.Dir, e.o.Stream), "msgs")}
}

// Read yields the messages after the given sequence up to the newest one, like Log.Read. Blocks that the server has done with
// come from the disk, and each payload is as good as its record's checksum: one that does not fit is a *DamageError. The last
// block, which the server is still writing to, and whatever follows a block of another form come from the engine.
func (s *Stored) Read(ctx context.Context, after uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		going := true
		err := s.settled(ctx, &after, func(m eventstore.Message) bool {
			going = yield(m, nil)
			return going
		})
		switch {
		case !going:
		case err != nil:
			yield(eventstore.Message{}, fmt.Errorf("read after %d from the disk: %w", after, err))
		default:
			s.Log.Read(ctx, after)(yield)
		}
	}
}

// settled hands over what stands in the blocks that are done with, as far as they follow each other.
func (s *Stored) settled(ctx context.Context, after *uint64, take func(eventstore.Message) bool) error {
	blocks, err := blocksOf(s.folder)
	if err != nil || len(blocks) < 2 {
		return err
	}
	for i, number := range blocks[:len(blocks)-1] {
		next, err := firstOf(s.path(blocks[i+1]))
		if err != nil {
			return err
		}
		if next != 0 && next <= *after+1 {
			continue // all of this block was read before
		}
		whole, err := s.block(ctx, number, after, take)
		if err != nil || !whole {
			return err
		}
	}
	return nil
}

func (s *Stored) path(number int) string {
	return filepath.Join(s.folder, strconv.Itoa(number)+".blk")
}

// block hands over the messages of one block; whole is false where the reader must go on with the engine, or has enough.
func (s *Stored) block(ctx context.Context, number int, after *uint64, take func(eventstore.Message) bool) (whole bool, err error) {
	b, err := openBlock(s.path(number), s.stream, number)
	if err != nil || b == nil {
		return false, err
	}
	for at := 0; at < len(b.content); {
		r, why := b.record(at)
		if why != "" {
			return false, &DamageError{File: s.path(number), Offset: int64(at), After: *after, Why: why}
		}
		at += r.size
		if r.erased || r.sequence <= *after {
			continue
		}
		if r.sequence != *after+1 {
			return false, nil
		}
		*after = r.sequence
		if !take(eventstore.Message{Sequence: r.sequence, Subject: string(r.subject), Payload: bytes.Clone(r.payload)}) {
			return false, nil
		}
	}
	return true, ctx.Err()
}

// firstOf is the sequence that a block begins with; 0 where it cannot be told, as of one that has only just been made.
func firstOf(path string) (uint64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("message block: %w", err)
	}
	defer func() { _ = f.Close() }()
	var head [recordHead]byte
	_, err = io.ReadFull(f, head[:])
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), bytes.HasPrefix(head[:], []byte("cmp")):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("message block: %w", err)
	}
	return binary.LittleEndian.Uint64(head[4:]) &^ erasedBits, nil
}
