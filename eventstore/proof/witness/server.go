package witness

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxBody bounds a request: 63 hashes and a head.
const maxBody = 128 << 10

// Handler serves POST /add-checkpoint. It asks nobody who they are: the log's signature on the head is what counts.
func (w *Witness) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxBody))
		if err != nil {
			http.Error(rw, ErrMalformed.Error(), http.StatusBadRequest)
			return
		}
		line, err := w.AddCheckpoint(body)
		if err != nil {
			refuse(rw, err)
			return
		}
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = rw.Write(line)
	})
	return mux
}

// refuse answers with the status that tlog-witness gives to each refusal.
func refuse(rw http.ResponseWriter, err error) {
	var stale *StaleError
	if errors.As(err, &stale) {
		rw.Header().Set("Content-Type", "text/x.tlog.size")
		rw.WriteHeader(http.StatusConflict)
		_, _ = fmt.Fprintf(rw, "%d\n", stale.Size)
		return
	}
	for _, known := range []struct {
		err    error
		status int
	}{
		{ErrMalformed, http.StatusBadRequest}, {ErrShrinks, http.StatusBadRequest}, {ErrUnsigned, http.StatusForbidden},
		{ErrUnknownLog, http.StatusNotFound}, {ErrFork, http.StatusConflict}, {ErrProof, http.StatusUnprocessableEntity},
	} {
		if errors.Is(err, known.err) {
			http.Error(rw, known.err.Error(), known.status)
			return
		}
	}
	http.Error(rw, "the witness's memory failed; nothing was signed", http.StatusInternalServerError)
}
