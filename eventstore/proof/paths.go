package proof

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore"
)

// The paths of C2SP tlog-tiles differ from those of package tlog only in their beginning: the height is fixed, and
// "entries" stands for "data".
//
//	tile/<L>/<N>[.p/<W>]        hashes: up to 256 of 32 bytes
//	tile/entries/<N>[.p/<W>]    entries: each its length as a big-endian uint16, then its payload

// ErrNotATile says that a path names no tile.
var ErrNotATile = errors.New("not a tile of this log: tile/<level>/<number> or tile/entries/<number>, with .p/<width> for a partial one")

// ParseTilePath reads a tlog-tiles path. A tile of level -1 is an entry bundle.
func ParseTilePath(path string) (tlog.Tile, error) {
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok {
		return tlog.Tile{}, fmt.Errorf("%q: %w", clip(path), ErrNotATile)
	}
	if n, entries := strings.CutPrefix(rest, "entries/"); entries {
		rest = "data/" + n
	} else if strings.HasPrefix(rest, "data/") {
		return tlog.Tile{}, fmt.Errorf("%q: %w", clip(path), ErrNotATile)
	}
	t, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", Height, rest))
	if err != nil || t.L > 63/Height || t.N < 0 || t.N > 1<<54 {
		return tlog.Tile{}, fmt.Errorf("%q: %w", clip(path), ErrNotATile)
	}
	return t, nil
}

// TilePath is the tlog-tiles path of a tile.
func TilePath(t tlog.Tile) string {
	rest := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", Height))
	if n, data := strings.CutPrefix(rest, "data/"); data {
		rest = "entries/" + n
	}
	return "tile/" + rest
}

// TileBytes returns the bytes of a tile of hashes. ErrBeyond: the log is not that long, or the tile not that wide.
func (t Tree) TileBytes(tile tlog.Tile) ([]byte, error) {
	if tile.L < 0 {
		return nil, fmt.Errorf("%s: %w", TilePath(tile), ErrNotATile)
	}
	data, err := t.tile(tile)
	if err != nil {
		return nil, err
	}
	return append([]byte(nil), data...), nil
}

// A Reader yields the messages of the log after a sequence; an eventstore.Log is one.
type Reader interface {
	Read(ctx context.Context, after uint64) iter.Seq2[eventstore.Message, error]
}

// EntryBundle assembles an entry bundle from the log. ErrBeyond: the log does not hold all of it.
func EntryBundle(ctx context.Context, log Reader, tile tlog.Tile) ([]byte, error) {
	first, rest := uint64(tile.N)*width, tile.W
	var bundle []byte
	for m, err := range log.Read(ctx, first) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", TilePath(tile), err)
		}
		if bundle, err = AppendToBundle(bundle, m.Payload); err != nil {
			return nil, fmt.Errorf("entry %d: %w", m.Sequence, err)
		}
		if rest--; rest == 0 {
			return bundle, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", TilePath(tile), ErrBeyond)
}

// AppendToBundle appends one entry to an entry bundle.
func AppendToBundle(bundle, payload []byte) ([]byte, error) {
	if len(payload) > eventstore.MaxPayload {
		return nil, fmt.Errorf("%w: %d bytes do not fit into an entry bundle", eventstore.ErrTooLarge, len(payload))
	}
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(payload)))
	return append(bundle, payload...), nil
}

// SplitBundle yields the entries of an entry bundle.
func SplitBundle(bundle []byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for len(bundle) > 0 {
			if len(bundle) < 2 {
				yield(nil, errors.New("an entry bundle ends within a length"))
				return
			}
			n := int(binary.BigEndian.Uint16(bundle))
			if bundle = bundle[2:]; len(bundle) < n {
				yield(nil, errors.New("an entry bundle ends within an entry"))
				return
			}
			if !yield(bundle[:n:n], nil) {
				return
			}
			bundle = bundle[n:]
		}
	}
}

// clip shortens what somebody sent before it is repeated in an error.
func clip(s string) string {
	const most = 80
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
