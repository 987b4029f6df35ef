package blobs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// DefaultFileBytes is how large a file may be where nobody says otherwise.
const DefaultFileBytes = 64 << 20

// Types are the media types of files that are taken. What a browser would run is not among them.
var Types = []string{
	"application/geo+json", "application/gzip", "application/json", "application/pdf", "application/zip",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"audio/aac", "audio/flac", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav",
	"image/gif", "image/heic", "image/jpeg", "image/png", "image/tiff", "image/webp",
	"text/csv", "text/plain", "video/mp4", "video/mpeg", "video/ogg", "video/quicktime", "video/webm",
}

// known are the types whose first bytes say what they are.
var known = []string{"application/gzip", "application/pdf", "application/zip", "image/gif", "image/jpeg", "image/png", "image/webp", "video/webm"}

// Why a file is not taken.
var (
	ErrTooLarge = errors.New("the file is larger than this server takes")
	ErrEmpty    = errors.New("the file is empty")
	ErrType     = errors.New("files of this media type are not taken")
	ErrMistyped = errors.New("the file's first bytes are not those of the media type that it is said to have")
)

// Files are files named by the SHA-256 of their bytes. All methods may be called by any number of goroutines at once.
type Files struct {
	dir  string
	most int64
}

// A File is what is stored.
type File struct {
	SHA256 string // in hex
	Bytes  uint64
}

// OpenFiles opens the files in a folder, which is made if missing. most bounds the bytes of one file; 0: DefaultFileBytes.
func OpenFiles(dir string, most int64) (*Files, error) {
	if most == 0 {
		most = DefaultFileBytes
	}
	s := &Files{dir: dir, most: most}
	if err := errors.Join(makeDir(s.incoming()), removeTemps(s.incoming())); err != nil {
		return nil, fmt.Errorf("attachments: %w", err)
	}
	return s, nil
}

// Most is how many bytes one file may have.
func (s *Files) Most() int64 { return s.most }

func (s *Files) incoming() string { return filepath.Join(s.dir, "incoming") }

// path is where a file lies. Two levels of folders keep each of them short.
func (s *Files) path(digest string) string {
	return filepath.Join(s.dir, "sha256", digest[:2], digest[2:4], digest)
}

// IsDigest reports whether name can be the name of a file.
func IsDigest(name string) bool {
	raw, err := hex.DecodeString(name)
	return err == nil && len(raw) == sha256.Size && strings.ToLower(name) == name
}

// CheckType refuses a media type that is not taken.
func CheckType(mediaType string) error {
	t, _, err := mime.ParseMediaType(mediaType)
	if err != nil || !slices.Contains(Types, t) {
		return ErrType
	}
	return nil
}

// Put stores what r holds. When it returns, the file is on disk under its name. A file that is there already is written
// anew, which mends one that was damaged, and takes as long as any other: nobody learns that somebody else has sent it.
//
// A crash before the rename leaves a temporary file, which the next start removes; after it, the whole file.
func (s *Files) Put(r io.Reader, mediaType string) (File, error) {
	if err := CheckType(mediaType); err != nil {
		return File{}, err
	}
	temp, err := os.CreateTemp(s.incoming(), tempPrefix)
	if err != nil {
		return File{}, fmt.Errorf("attachment: %w", err)
	}
	defer os.Remove(temp.Name()) // after the rename there is none
	f, err := s.receive(temp, r, mediaType)
	if err = errors.Join(err, temp.Close()); err != nil {
		return File{}, err
	}
	path := s.path(f.SHA256)
	if err := errors.Join(makeDir(filepath.Dir(filepath.Dir(path))), makeDir(filepath.Dir(path))); err != nil {
		return File{}, fmt.Errorf("attachment: %w", err)
	}
	if err := place(temp.Name(), path); err != nil {
		return File{}, fmt.Errorf("attachment: %w", err)
	}
	return f, nil
}

// receive copies r into temp, and syncs it.
func (s *Files) receive(temp *os.File, r io.Reader, mediaType string) (File, error) {
	head := make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return File{}, err
	}
	head = head[:n]
	switch t, _, _ := mime.ParseMediaType(mediaType); {
	case n == 0:
		return File{}, ErrEmpty
	case slices.Contains(known, t) && sniffed(head) != t:
		return File{}, ErrMistyped
	}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(temp, sum), io.LimitReader(io.MultiReader(bytes.NewReader(head), r), s.most+1))
	switch {
	case err != nil:
		return File{}, err
	case size > s.most:
		return File{}, ErrTooLarge
	}
	if err := temp.Sync(); err != nil {
		return File{}, err
	}
	return File{SHA256: hexSum(sum), Bytes: uint64(size)}, nil
}

// sniffed is the media type that the first bytes of a file say.
func sniffed(head []byte) string {
	t, _, _ := mime.ParseMediaType(http.DetectContentType(head))
	if t == "application/x-gzip" {
		return "application/gzip"
	}
	return t
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// HasFile reports whether a file is there with so many bytes. It does not read it.
func (s *Files) HasFile(digest string, size uint64) bool {
	if !IsDigest(digest) {
		return false
	}
	info, err := os.Stat(s.path(digest))
	return err == nil && info.Mode().IsRegular() && uint64(info.Size()) == size
}

// Open returns a file after all of it was compared with its name. ErrMissing, or *DamagedError where it is not what was
// stored. Close it.
func (s *Files) Open(digest string) (io.ReadSeekCloser, error) {
	if !IsDigest(digest) {
		return nil, ErrMissing
	}
	f, err := os.Open(s.path(digest))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrMissing
	}
	if err != nil {
		return nil, fmt.Errorf("attachment: %w", err)
	}
	sum := sha256.New()
	if _, err = io.Copy(sum, f); err != nil {
		err = &DamagedError{Path: s.path(digest), Why: "it cannot be read: " + err.Error()}
	} else if got := hexSum(sum); got != digest {
		err = &DamagedError{Path: s.path(digest), Why: "its bytes have the SHA-256 " + got}
	} else {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
