package bundle

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"truceledger/eventstore/proof"
)

// atOnce is how many tiles are asked for at once: over a long line one at a time would take longer than the entries.
const atOnce = 8

// sameTiles compares the tiles that a server gives out with those that follow from its entries. Whoever trusts a receipt, or
// checks with another program, relies on them; and where the entries are not those of the head, the first leaf that differs is
// the entry to look at. The lowest level comes first, so that it is named.
func (r Remote) sameTiles(ctx context.Context, dir string, size int64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for level := 0; size>>(proof.Height*level) > 0; level++ {
		if err := r.sameLevel(ctx, dir, level, size); err != nil {
			return err
		}
	}
	return nil
}

func (r Remote) sameLevel(ctx context.Context, dir string, level int, size int64) error {
	tiles := (size>>(proof.Height*level) + 255) / 256
	for from := int64(0); from < tiles; from += atOnce {
		errs := make([]error, min(atOnce, tiles-from))
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { errs[i] = r.sameTile(ctx, dir, tileAt(level, from+int64(i), size)) })
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// sameTile compares one tile; leaf by leaf on the lowest level.
func (r Remote) sameTile(ctx context.Context, dir string, t tlog.Tile) error {
	ours, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(proof.TilePath(t))))
	if err != nil {
		return err
	}
	first := uint64(t.N)<<(proof.Height*(t.L+1)) + 1
	theirs, err := r.tile(ctx, t)
	var refused *StatusError
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return failed(first, "tile", "the server does not give out /log/%s, which its head covers", proof.TilePath(t))
	}
	if err != nil || bytes.Equal(ours, theirs) {
		return err
	}
	if t.L > 0 || len(theirs) != len(ours) {
		return failed(first, "tile", "/log/%s is not what follows from the entries", proof.TilePath(t))
	}
	at := 0
	for bytes.Equal(ours[at:at+tlog.HashSize], theirs[at:at+tlog.HashSize]) {
		at += tlog.HashSize
	}
	return failed(first+uint64(at/tlog.HashSize), "tile", "the bytes that the server gives out are not those that its tree was built over: /log/%s has another hash", proof.TilePath(t))
}

// tile asks for a tile. A log that has grown meanwhile may have nothing but the full tile in the place of a partial one.
func (r Remote) tile(ctx context.Context, t tlog.Tile) ([]byte, error) {
	raw, err := r.read(ctx, "/log/"+proof.TilePath(t), 256*tlog.HashSize)
	var refused *StatusError
	if t.W < 256 && errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		full := t
		full.W = 256
		if raw, err := r.read(ctx, "/log/"+proof.TilePath(full), 256*tlog.HashSize); err == nil && len(raw) == 256*tlog.HashSize {
			return raw[:t.W*tlog.HashSize], nil
		}
	}
	return raw, err
}
