// Package client speaks to a Truce Ledger over HTTP, for Go programs and for the command line. A command that it sends is
// stored once, however often the connection breaks; a no comes back as a *Problem with the server's own sentence.
//
// It caches nothing, decides nothing, and never tries again what a rule has refused.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"truceledger/api/wire"
)

// A Problem is the server's no, as RFC 9457 writes it.
type Problem = wire.Problem

// Options say how a client behaves. The zero Options are good for most.
type Options struct {
	// HTTP sends the requests, by default http.DefaultClient. Its Timeout must be 0, or it ends streams.
	HTTP *http.Client
	// Attempts is how often a request is sent at most while the server cannot be reached or asks to come later, by
	// default 5.
	Attempts int
	// Pause is the shortest pause between attempts, by default 200 ms; it doubles each time.
	Pause time.Duration
	// Timeout is how long one attempt may take, by default a minute. Streams and rebuilds have no limit.
	Timeout time.Duration
}

// A Client asks one server. All methods may be called by any number of goroutines at once.
type Client struct {
	base *url.URL
	o    Options
}

// New returns a client of the server at base, such as http://127.0.0.1:8080.
func New(base string, o Options) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("server %q: write it like http://127.0.0.1:8080", base)
	}
	if o.HTTP == nil {
		o.HTTP = http.DefaultClient
	}
	if o.Attempts <= 0 {
		o.Attempts = 5
	}
	if o.Pause <= 0 {
		o.Pause = 200 * time.Millisecond
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	return &Client{base: u, o: o}, nil
}

// A request can be sent more than once.
type request struct {
	method string
	path   string
	query  url.Values
	header http.Header
	body   []byte
	lasts  bool // it may take as long as it takes
}

// send sends the request until it is answered, and returns the status and the body of a yes. It tries again where the
// server cannot be reached and where it says 503: every request of this package may be repeated.
func (c *Client) send(ctx context.Context, r request) (status int, body []byte, err error) {
	for attempt := 1; ; attempt++ {
		status, body, err = c.once(ctx, r)
		wait, again := c.again(err, attempt)
		if !again || ctx.Err() != nil {
			return status, body, err
		}
		if sleep(ctx, wait); ctx.Err() != nil {
			return status, body, err
		}
	}
}

// again says whether to try again after the given number of attempts, and when.
func (c *Client) again(err error, attempts int) (time.Duration, bool) {
	if attempts >= c.o.Attempts || !passes(err) {
		return 0, false
	}
	return c.pause(err, attempts), true
}

// passes reports whether an error may be gone in a moment.
func passes(err error) bool {
	var p *Problem
	if errors.As(err, &p) {
		return p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests || p.Status == http.StatusBadGateway || p.Status == http.StatusGatewayTimeout
	}
	return err != nil
}

// pause is how long to wait after the given number of attempts: longer each time, and as long as the server asks.
func (c *Client) pause(err error, attempts int) time.Duration {
	wait := min(c.o.Pause<<min(attempts-1, 10), 10*time.Second)
	var p *Problem
	if errors.As(err, &p) {
		if seconds, err := strconv.Atoi(p.Header.Get("Retry-After")); err == nil && seconds > 0 {
			wait = max(wait, min(time.Duration(seconds)*time.Second, 30*time.Second))
		}
	}
	return wait + rand.N(wait/4+1) // so that many clients do not come back together
}

// once sends the request once.
func (c *Client) once(ctx context.Context, r request) (int, []byte, error) {
	if !r.lasts {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.o.Timeout)
		defer cancel()
	}
	response, err := c.open(ctx, r)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, fmt.Errorf("the answer of %s broke off: %w", c.base.Host, err)
	}
	return response.StatusCode, body, nil
}

// open sends the request and returns the response of a yes. A no is returned as a *Problem.
func (c *Client) open(ctx context.Context, r request) (*http.Response, error) {
	target := c.base.JoinPath(r.path)
	target.RawQuery = strings.ReplaceAll(r.query.Encode(), "+", "%20") // a plus sign is one in the clocks of the ledger
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	q, err := http.NewRequestWithContext(ctx, r.method, target.String(), body)
	if err != nil {
		return nil, err
	}
	for name, values := range r.header {
		q.Header[name] = values
	}
	response, err := c.o.HTTP.Do(q)
	if err != nil {
		return nil, fmt.Errorf("the server at %s cannot be reached; is it running?: %w", c.base, err)
	}
	if response.StatusCode >= 400 {
		defer response.Body.Close()
		return nil, readProblem(response)
	}
	return response, nil
}

// readProblem reads a no. What is not written as a problem came from something between us and the server.
func readProblem(response *http.Response) *Problem {
	raw, _ := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	p := &Problem{}
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if kind != "application/problem+json" || json.Unmarshal(raw, p) != nil || p.Detail == "" {
		p = &Problem{
			Type: "about:blank", Title: http.StatusText(response.StatusCode), Code: "http-" + strconv.Itoa(response.StatusCode),
			Detail: "the server answered " + strings.TrimSpace(response.Status) + " without saying why",
		}
	}
	p.Status, p.Header = response.StatusCode, response.Header
	return p
}

// sleep waits, but not longer than ctx lives.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
