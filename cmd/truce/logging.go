package main

import (
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"truceledger/api"
)

// logSettings say what a node tells about itself on standard error, and how.
type logSettings struct{ level, form string }

func (l *logSettings) declare(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&l.level, "log-level", "warn", "What is logged: debug, info (a line for each request and each command), warn, error. A `WORD`.")
	f.StringVar(&l.form, "log-format", "text", "How it is logged: text or json. A `WORD`.")
}

func (l *logSettings) check() error {
	var level slog.Level
	if l.level != "" && level.UnmarshalText([]byte(l.level)) != nil {
		return usage("--log-level %q: debug, info, warn or error", l.level)
	}
	if l.form != "" && l.form != "text" && l.form != "json" {
		return usage("--log-format %q: text or json", l.form)
	}
	return nil
}

// logger writes to w. Lines that belong to a request carry its id.
func (s *settings) logger(w io.Writer) *slog.Logger {
	level := slog.LevelWarn
	_ = level.UnmarshalText([]byte(s.log.level)) // "" leaves it
	o := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(w, o)
	if s.log.form == "json" {
		h = slog.NewJSONHandler(w, o)
	}
	return slog.New(api.LogHandler(h))
}
