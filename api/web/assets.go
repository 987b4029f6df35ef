package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed assets js vendor/*.js vendor/*.css vendor/*.json vendor/*.LICENSE vendor/VENDOR.md
var assets embed.FS

// A file is what is sent for one asset. Both forms are made once: the coastlines would cost a tenth of a second each time.
type file struct {
	plain, packed []byte
	media, tag    string
}

var (
	files     = map[string]*file{}
	filesLock sync.Mutex
)

var media = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".json": "application/json",
	".svg": "image/svg+xml", ".md": "text/plain; charset=utf-8", ".LICENSE": "text/plain; charset=utf-8",
}

// Asset returns a file that the pages refer to, by its name: a script, a style, a picture or what others made.
func Asset(name string) (*file, bool) {
	filesLock.Lock()
	defer filesLock.Unlock()
	if f, ok := files[name]; ok {
		return f, true
	}
	var plain []byte
	err := fs.ErrNotExist
	for _, folder := range []string{"assets", "js", "vendor"} {
		if plain, err = assets.ReadFile(path.Join(folder, name)); err == nil {
			break
		}
	}
	if err != nil || strings.Contains(name, "/") {
		return nil, false
	}
	f := NewFile(plain, media[path.Ext(name)])
	files[name] = f
	return f, true
}

// NewFile prepares content for sending.
func NewFile(plain []byte, mediaType string) *file {
	sum := sha256.Sum256(plain)
	return &file{plain: plain, packed: pack(plain), media: mediaType, tag: `"` + hex.EncodeToString(sum[:8]) + `"`}
}

func pack(plain []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a valid one
	_, _ = w.Write(plain)
	_ = w.Close()
	return b.Bytes()
}

// ServeHTTP sends the file, compressed where the browser takes that, and only where its copy is not the same.
func (f *file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("ETag", f.tag)
	h.Set("Cache-Control", "no-cache")
	h.Add("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == f.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.media)
	body := f.plain
	if Packs(r) {
		h.Set("Content-Encoding", "gzip")
		body = f.packed
	}
	_, _ = w.Write(body)
}

// Packs reports whether the browser takes a compressed answer.
func Packs(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") }
