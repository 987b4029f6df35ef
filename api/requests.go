package api

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/google/uuid"

	"truceledger/api/access"
)

type requestKey struct{}

// plainID is a request id that somebody else may have given, a proxy for example: nothing that could forge a line of a log.
var plainID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Identify gives every request an id, its own X-Request-Id where that is plain: it is answered, and stands in every line that is
// logged on behalf of the request. One line at level info tells how it ended; it names the route and never the path, because
// a path may name what not everybody may see.
func Identify(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !plainID.MatchString(id) || access.HoldsToken(id) { // a slip in a script must not bring a token into the log
			id = uuid.Must(uuid.NewV7()).String()
		}
		w.Header().Set("X-Request-Id", id)
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, id))
		began, rec := time.Now(), &recorder{ResponseWriter: w}
		defer func() {
			log.InfoContext(r.Context(), "request", "method", knownMethod(r.Method), "route", r.Pattern, "status", rec.sent(), "took", time.Since(began))
		}()
		next.ServeHTTP(rec, r)
	})
}

// LogHandler adds the id of the request to every line that is logged on behalf of one.
func LogHandler(h slog.Handler) slog.Handler { return requestLog{h} }

type requestLog struct{ slog.Handler }

func (l requestLog) Handle(ctx context.Context, r slog.Record) error {
	if id, ok := ctx.Value(requestKey{}).(string); ok {
		r.AddAttrs(slog.String("request_id", id))
	}
	return l.Handler.Handle(ctx, r)
}

func (l requestLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestLog{l.Handler.WithAttrs(attrs)}
}
func (l requestLog) WithGroup(name string) slog.Handler { return requestLog{l.Handler.WithGroup(name)} }
