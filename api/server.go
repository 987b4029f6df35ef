package api

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// CheckLoopback refuses an address to listen on that other machines could reach: without TLS, tokens could be read on the way.
func CheckLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen address %q: write it like 127.0.0.1:8080: %w", address, err)
	}
	addr, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && addr.Unmap().IsLoopback() {
		return nil
	}
	return fmt.Errorf("listen address %q: without TLS it must be one of this machine alone: use 127.0.0.1, [::1] or localhost", address)
}

// NewServer returns an HTTP server for h with the limits that keep slow and greedy clients from holding it up. Streams and
// exports set limits of their own.
func NewServer(h http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		// What net/http answers by itself passes by everything that this package says of an answer.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
		ConnState:                    newConnections(mostConnections()).state,
	}
}

// mostConnections is how many connections a server holds: 20,000, or what the files that it may open leave after its own.
func mostConnections() int {
	const most, own = 20_000, 512
	if files := openFiles(); files > 0 && files < most+own {
		return max(64, files-own)
	}
	return most
}

// stopPatience bounds the wait for requests under way when a server stops: longer than a command may take.
const stopPatience = 30 * time.Second

// Stop lets no new request in, calls ending (streams would keep the server from stopping) and waits until the requests
// under way are answered. The ledger must stay open until Stop has returned: that is how nothing is lost.
func Stop(server *http.Server, ending func(), logger *slog.Logger) {
	patience, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	server.RegisterOnShutdown(ending)
	if err := server.Shutdown(patience); err != nil {
		logger.Warn("some requests did not end in time and are cut off", "err", err)
		_ = server.Close()
	}
}

// lasting is a request that may take longer than the server's limits allow.
type lasting struct{ control *http.ResponseController }

// Resolve implements huma.Resolver.
func (l *lasting) Resolve(ctx huma.Context) []error {
	_, w := humago.Unwrap(ctx)
	l.control = http.NewResponseController(w)
	return nil
}

// lasts takes the request out of the server's limits.
func (l *lasting) lasts() {
	_ = l.control.SetReadDeadline(time.Time{})
	_ = l.control.SetWriteDeadline(time.Time{})
}
