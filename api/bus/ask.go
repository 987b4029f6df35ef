package bus

import (
	"bytes"
	"context"
	"net/http"
)

// An answer is what the handler answered, in memory.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// ask hands a request to the handler, as from this machine.
func ask(ctx context.Context, h http.Handler, method, path string, header http.Header, body []byte) (a *answer) {
	a = &answer{header: http.Header{}}
	r, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path, bytes.NewReader(body))
	if err != nil {
		a.status = http.StatusBadRequest
		return a
	}
	r.Header, r.RequestURI, r.RemoteAddr = header, path, "127.0.0.1:0"
	defer func() {
		if failed := recover(); failed != nil { // an answer that was cut off: http.ErrAbortHandler
			a.status = http.StatusInternalServerError
			a.body.Reset()
		}
	}()
	h.ServeHTTP(a, r)
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a
}
