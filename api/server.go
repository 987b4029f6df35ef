package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// CheckLoopback refuses an address to listen on that other machines could reach. There is no access control yet: whoever
// reaches the server may put anything on the record.
func CheckLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen address %q: write it like 127.0.0.1:8080: %w", address, err)
	}
	addr, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && addr.Unmap().IsLoopback() {
		return nil
	}
	return fmt.Errorf("listen address %q: there is no access control yet, so the server listens on this machine only: use 127.0.0.1, [::1] or localhost", address)
}

// Serve answers on listener until ctx ends. Then it takes no new requests, ends the streams, answers what is under way,
// closes the API and returns nil. The ledger must stay open until Serve has returned: that is how nothing is lost.
func (a *API) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           a,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second, // streams and exports set their own
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	defer a.Close()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	a.end() // the streams would keep the server from stopping
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.limits.stop)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		a.log.Warn("some requests did not end in time and are cut off", "err", err)
		_ = server.Close()
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	}
	return nil
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
