package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
)

// DialOptions name an external JetStream and who we are to it. Empty fields are not used.
type DialOptions struct {
	URL       string // nats://host:port or tls://host:port; several separated by commas
	CredsFile string // NATS credentials (JWT and seed)
	CAFile    string // PEM of the authorities that may sign the server's certificate
	CertFile  string // PEM of our own certificate; needs KeyFile
	KeyFile   string
	Name      string       // shown by the server's monitoring; "truce" when empty
	Log       *slog.Logger // connection losses and returns; nil drops them
}

// dialPause is the wait between two attempts to reach a server that does not answer.
const dialPause = time.Second

// Dial connects to an external JetStream. While no server answers it tries again until ctx ends; what trying again cannot
// mend (credentials, certificates, a bad URL) is returned at once. Once connected it reconnects for ever.
func Dial(ctx context.Context, o DialOptions) (*nats.Conn, error) {
	options := append(connOptions(o.Log), o.identity()...)
	for {
		nc, err := nats.Connect(o.URL, options...)
		if err == nil {
			return nc, nil
		}
		if !errors.Is(err, nats.ErrNoServers) && !errors.Is(err, nats.ErrTimeout) {
			return nil, fmt.Errorf("nats %q: %w", o.URL, err)
		}
		logger(o.Log).Warn("nats does not answer, trying again", "url", o.URL, "error", err)
		if wait(ctx, dialPause) != nil {
			return nil, fmt.Errorf("nats %q: %w: %w", o.URL, err, ctx.Err())
		}
	}
}

func (o DialOptions) identity() []nats.Option {
	var options []nats.Option
	if o.Name != "" {
		options = append(options, nats.Name(o.Name))
	}
	if o.CredsFile != "" {
		options = append(options, nats.UserCredentials(o.CredsFile))
	}
	if o.CAFile != "" {
		options = append(options, nats.RootCAs(o.CAFile))
	}
	if o.CertFile != "" || o.KeyFile != "" {
		options = append(options, nats.ClientCert(o.CertFile, o.KeyFile))
	}
	return options
}

// connOptions are the rules of every connection of ours, embedded or dialled.
func connOptions(log *slog.Logger) []nats.Option {
	log = logger(log)
	return []nats.Option{
		nats.Name("truce"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, 250*time.Millisecond),
		// Without this, what is published while disconnected waits in a buffer and lands after its caller was told that
		// the log is not available.
		nats.ReconnectBufSize(-1),
		// nats.go makes room for 65,536 messages (half a MiB) in every subscription of a Load; one page is all that comes.
		nats.SyncQueueLen(2 * pageMessages),
		// A server that is silent, because its machine is, is left for another one within 6 s; one that is gone, at once.
		nats.PingInterval(2 * time.Second),
		nats.MaxPingsOutstanding(2),
		nats.DisconnectErrHandler(func(nc *nats.Conn, err error) {
			if err != nil { // nil: closed by us
				log.Warn("nats connection lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			log.Info("nats connection is back", "server", nc.ConnectedUrlRedacted())
		}),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			log.Error("nats connection", "subject", subject, "error", err)
		}),
	}
}

// logger makes nil a logger that drops everything.
func logger(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// wait pauses for d, or less when ctx ends; then it returns ctx's error.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
