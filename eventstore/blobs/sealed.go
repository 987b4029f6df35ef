package blobs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"filippo.io/age"
)

func encryptTo(to age.Recipient, dir, name string, data []byte) error {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	return write(dir, name, out.Bytes())
}

// padded brings a value to one of a few lengths, so that the length of a file does not tell a short name from a long one.
func padded(data []byte) []byte {
	size := 256
	for size < len(data)+4 {
		size *= 4
	}
	out := make([]byte, size)
	binary.BigEndian.PutUint32(out, uint32(len(data)))
	copy(out[4:], data)
	return out
}

func unpadded(data []byte) ([]byte, bool) {
	if len(data) < 4 {
		return nil, false
	}
	n := binary.BigEndian.Uint32(data)
	if uint64(n) > uint64(len(data)-4) {
		return nil, false
	}
	return data[4 : 4+n], true
}

// decrypt reads a file; what it holds goes to take, and into no error.
func decrypt(identity age.Identity, path string, take func([]byte) bool) error {
	sealed, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrMissing
	}
	if err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	var data []byte
	if err == nil {
		data, err = io.ReadAll(r)
	}
	if err != nil || !take(data) {
		return &DamagedError{Path: path, Why: "it cannot be decrypted with its key"}
	}
	return nil
}
