package jetstream

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/minio/highwayhash"
)

// A DamageError says that a file of the log is not as it was written. Nothing was changed; nothing is served.
type DamageError struct {
	File   string // the file
	Offset int64  // where the damage begins
	After  uint64 // the last entry before it
	Why    string
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("%s is damaged at byte %d, after entry %d (%s): nothing was changed; keep a copy of the folder, look at the disk, "+
		"and restore the newest backup with truce restore", e.File, e.Offset, e.After, e.Why)
}

// The form of a message block as nats-server 2.15 writes it; TestTheScrubKnowsTheBlocks fails when that changes.
//
//	length(4) sequence(8) time(8) subject length(2) subject [header length(4) header] message checksum(8)
//
// The length's highest bit says that there is a header; the two highest bits of the sequence mark what was erased.
const (
	recordHead     = 22
	recordChecksum = 8
	recordMost     = 32 << 20
	headerBit      = 1 << 31
	erasedBits     = 3 << 62
)

// streamFolder is where the embedded server keeps a stream.
func streamFolder(dir, stream string) string {
	return filepath.Join(dir, "jetstream", "$G", "streams", stream)
}

// scrub reads every message block of the stream before the server does. The server would cut a block off at the first record
// that does not fit its checksum, and everything after it, acknowledged or not, would be gone.
//
// What a crash leaves is cut off by the server as it should be: an end of the last block that was never acknowledged. known
// tells the newest entry that this node remembers to have been stored: damage before it is no such end.
func scrub(dir, stream string, known func() uint64) error {
	folder := filepath.Join(streamFolder(dir, stream), "msgs")
	blocks, err := blocksOf(folder)
	if err != nil {
		return err
	}
	last := uint64(0)
	for i, n := range blocks {
		d, err := scrubBlock(filepath.Join(folder, strconv.Itoa(n)+".blk"), stream, n, &last)
		if err != nil {
			return err
		}
		if d != nil && (i < len(blocks)-1 || d.After < known()) {
			return d
		}
	}
	return missingEnd(folder, last, known)
}

// missingEnd looks for entries that are remembered and of which nothing is left: the server would write on after them, or begin
// a new stream. A log that is shorter and whole in itself is another matter: it may be an older copy, which is served and not
// written to, so that everybody can look at it.
func missingEnd(folder string, last uint64, known func() uint64) error {
	if recorded := lastRecorded(folder); last > 0 && recorded <= last {
		return nil
	}
	remembered := known()
	if remembered <= last {
		return nil
	}
	return &DamageError{File: folder, After: last, Why: fmt.Sprintf("nothing follows there, and entry %d was stored", remembered)}
}

// lastRecorded is the last sequence of the stream by the file in which the server records the state of its blocks; 0 where
// that cannot be read, which the server mends.
//
//	magic(1) version(1) messages bytes first-sequence base-time last-sequence ...
func lastRecorded(folder string) uint64 {
	content, err := os.ReadFile(filepath.Join(folder, "index.db"))
	if err != nil || len(content) < 2 {
		return 0
	}
	rest, value := content[2:], uint64(0)
	for range 5 { // a time is written as the numbers are, and only its length matters here
		n := 0
		if value, n = binary.Uvarint(rest); n <= 0 {
			return 0
		}
		rest = rest[n:]
	}
	return value
}

// blocksOf returns the numbers of the blocks in order; none where there is no stream yet.
func blocksOf(folder string) ([]int, error) {
	found, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("message blocks: %w", err)
	}
	var blocks []int
	for _, f := range found {
		name, isBlock := strings.CutSuffix(f.Name(), ".blk")
		if n, err := strconv.Atoi(name); isBlock && err == nil {
			blocks = append(blocks, n)
		}
	}
	slices.Sort(blocks)
	return blocks, nil
}

// scrubBlock reads one block, at most a few megabytes, and returns where it stops being whole. last is counted up.
func scrubBlock(path, stream string, number int, last *uint64) (*DamageError, error) {
	b, err := openBlock(path, stream, number)
	if err != nil || b == nil {
		return nil, err
	}
	for at := 0; at < len(b.content); {
		r, why := b.record(at)
		if why == "" && !r.erased && r.sequence != *last+1 {
			why = fmt.Sprintf("entry %d follows", r.sequence)
		}
		if why != "" {
			return &DamageError{File: path, Offset: int64(at), After: *last, Why: why}, nil
		}
		if !r.erased {
			*last = r.sequence
		}
		at += r.size
	}
	return nil, nil
}

// A block is one file of messages, in memory.
type block struct {
	content []byte
	hash    hash.Hash64 // keyed with the block's name, as the server does
}

// openBlock reads a block; nil for one that is compressed, by a server that is not ours: that is that server's to check.
func openBlock(path, stream string, number int) (*block, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("message block: %w", err)
	}
	if bytes.HasPrefix(content, []byte("cmp")) {
		return nil, nil
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%s-%d", stream, number))
	h, err := highwayhash.New64(key[:])
	if err != nil {
		return nil, fmt.Errorf("message block: %w", err)
	}
	return &block{content: content, hash: h}, nil
}

// A stored record is one message as it lies in its block.
type storedRecord struct {
	size     int // of all of it, in bytes
	sequence uint64
	erased   bool
	subject  []byte // these two share the block's memory
	payload  []byte
}

// record reads the record that begins at a byte of the block, or says why there is none.
func (b *block) record(at int) (r storedRecord, why string) {
	rest := b.content[at:]
	if len(rest) < recordHead {
		return r, "a record is cut off"
	}
	length := binary.LittleEndian.Uint32(rest)
	size := int(length &^ headerBit)
	subject, head := int(binary.LittleEndian.Uint16(rest[20:])), 0
	if length&headerBit != 0 {
		head = 4 // the header's length is not part of the checksum
	}
	switch {
	case size > recordMost || size < recordHead+subject+head+recordChecksum:
		return r, "a record has an impossible length"
	case size > len(rest):
		return r, "a record is cut off"
	}
	body, checksum := rest[recordHead:size-recordChecksum], rest[size-recordChecksum:size]
	b.hash.Reset()
	_, _ = b.hash.Write(rest[4:20])
	_, _ = b.hash.Write(body[:subject])
	_, _ = b.hash.Write(body[subject+head:])
	if !bytes.Equal(b.hash.Sum(nil), checksum) {
		return r, "a record does not fit its checksum"
	}
	payload, ok := divided(body, subject, head)
	if !ok {
		return r, "a record's parts have impossible lengths"
	}
	sequence := binary.LittleEndian.Uint64(rest[4:])
	return storedRecord{size: size, sequence: sequence &^ erasedBits, erased: sequence&erasedBits != 0, subject: body[:subject], payload: payload}, ""
}

// divided returns the payload, and checks the two lengths that no checksum covers, which say where the subject and the header
// end: an entry is an object, and a header is written in one way.
func divided(body []byte, subject, head int) (payload []byte, ok bool) {
	if len(body) == subject+head {
		return nil, true // an erased record has no payload
	}
	payload = body[subject+head:]
	if head > 0 {
		n := binary.LittleEndian.Uint32(body[subject:])
		if uint64(n) > uint64(len(payload)) || !bytes.HasPrefix(payload[:n], []byte("NATS/1.0")) || !bytes.HasSuffix(payload[:n], []byte("\r\n\r\n")) {
			return nil, false
		}
		payload = payload[n:]
	}
	return payload, bytes.HasPrefix(body, []byte("truce.")) && len(payload) > 0 && payload[0] == '{' && !bytes.ContainsAny(body[:subject], "{ ")
}
