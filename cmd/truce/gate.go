package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"

	"truceledger/api"
)

// A gate is what listens: from the very first moment, so that whoever starts the ledger sees that it lives, and with
// nothing behind it until open is called.
type gate struct {
	listener net.Listener
	secure   bool
	server   *http.Server
	logger   *slog.Logger
	behind   atomic.Pointer[http.Handler]
	failed   chan error
}

// listen takes the address and begins to answer.
// It speaks HTTPS where secure is given.
func listen(ctx context.Context, address string, secure *tls.Config, logger *slog.Logger) (*gate, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.Errno(windowsTaken)) {
		return nil, takenError(address)
	}
	if err != nil {
		return nil, fmt.Errorf("--listen: %w", err)
	}
	g := &gate{listener: listener, secure: secure != nil, logger: logger, failed: make(chan error, 1)}
	g.server = api.NewServer(g, logger)
	g.server.TLSConfig = secure
	go func() {
		if secure != nil {
			g.failed <- g.server.ServeTLS(listener, "", "") // the certificate is the configuration's
			return
		}
		g.failed <- g.server.Serve(listener)
	}()
	return g, nil
}

// windowsTaken is WSAEADDRINUSE: Windows does not use the number that package syscall gives the name EADDRINUSE.
const windowsTaken = 10048

// A takenError says that another process has the address.
type takenError string

func (e takenError) Error() string {
	return string(e) + " is taken by another process: stop it, or take another address with --listen (port 0 takes a free one)"
}

// address is where the gate can be reached.
func (g *gate) address() string {
	if g.secure {
		return "https://" + g.listener.Addr().String()
	}
	return "http://" + g.listener.Addr().String()
}

// open lets requests through to h.
func (g *gate) open(h http.Handler) { g.behind.Store(&h) }

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := g.behind.Load(); h != nil {
		(*h).ServeHTTP(w, r)
		return
	}
	if r.URL.Path == "/healthz" {
		fmt.Fprintln(w, `{"status":"starting"}`)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusServiceUnavailable)
	fmt.Fprintln(w, `{"type":"urn:truce:problem:not-ready","title":"The server is not ready yet","status":503,"code":"not-ready",`+
		`"detail":"the ledger is being opened; try again in a moment"}`)
}

// close lets no new request in and waits for those under way. ending is called once no new ones come, so that streams,
// which would last for ever, end.
func (g *gate) close(ending func()) {
	api.Stop(g.server, ending, g.logger)
}
