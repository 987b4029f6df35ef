package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"time"
)

// streamPause is the wait before a lost stream is taken up again.
const streamPause = time.Second

// stream follows the server's events until ctx ends. The first connection must succeed; a later loss is made good.
func (c *client) stream(ctx context.Context, q url.Values, show func(streamed) error) error {
	last, connected := "", false
	for {
		err := c.streamOnce(ctx, q, &last, &connected, show)
		var no *problem
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case !connected, errors.As(err, &no) && no.exitCode() != exitFailed, errors.As(err, new(showError)):
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(streamPause):
		}
	}
}

// A showError is a failure on this side.
type showError struct{ error }

func (c *client) streamOnce(ctx context.Context, q url.Values, last *string, connected *bool, show func(streamed) error) error {
	answer, err := c.openStream(ctx, q, *last)
	if err != nil {
		return err
	}
	defer answer.Close()
	*connected = true
	lines := bufio.NewReaderSize(answer, 256<<10)
	var e streamed
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return err
		}
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "id":
			e.ID = value
		case "event":
			e.Event = value
		case "data":
			e.Data = append(e.Data, value...)
		}
		if strings.TrimSpace(line) != "" {
			continue
		}
		if e.ID != "" {
			*last = e.ID
		}
		if len(e.Data) > 0 {
			if err := show(e); err != nil {
				return showError{err}
			}
		}
		e = streamed{}
	}
}

func (c *client) openStream(ctx context.Context, q url.Values, last string) (io.ReadCloser, error) {
	header := map[string]string{}
	if last != "" {
		header["Last-Event-ID"] = last
	}
	answer, err := c.openWith(ctx, "GET", "/v1/stream", q, nil, header)
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}
