package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"truceledger/domain"
	"truceledger/eventstore"
)

const defaultServer = "http://127.0.0.1:8080"

// clientFlags declares how a verb finds the server.
func (p *program) clientFlags(c *cobra.Command) {
	c.Flags().StringVar(&p.server, "server", p.fromEnv("SERVER", defaultServer), "The server's `URL`; TRUCE_SERVER in the environment.")
	c.Flags().StringVar(&p.tokenFile, "token-file", "", "Read the access token from a `FILE`; else TRUCE_TOKEN in the environment.")
}

// fromEnv is TRUCE_name of the environment, or the default.
func (p *program) fromEnv(name, otherwise string) string {
	if v := p.env("TRUCE_" + name); v != "" {
		return v
	}
	return otherwise
}

// A client speaks to one server.
type client struct {
	base  *url.URL
	token string
	http  *http.Client
}

func (p *program) client() (*client, error) {
	base, err := url.Parse(p.server)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, usage("--server %q is no address: write it like %s", p.server, defaultServer)
	}
	token := p.env("TRUCE_TOKEN")
	if p.tokenFile != "" {
		text, err := os.ReadFile(p.tokenFile)
		if err != nil {
			return nil, usage("--token-file: %w", err)
		}
		token = strings.TrimSpace(string(text))
	}
	return &client{base: base, token: token, http: &http.Client{}}, nil
}

// An answer is what the server says of a command.
type answer struct {
	Record   string `json:"record"`
	Sequence uint64 `json:"sequence"`
	Events   []struct {
		Type string `json:"type"`
	} `json:"events"`
	Replayed bool `json:"-"`
	raw      []byte
}

func (a answer) eventTypes() []string {
	var types []string
	for _, e := range a.Events {
		types = append(types, e.Type)
	}
	return types
}

func (c *client) command(ctx context.Context, verb string, body []byte) (a answer, err error) {
	status, raw, err := c.do(ctx, http.MethodPost, "/v1/commands/"+verb, nil, body)
	if err != nil {
		return a, err
	}
	a.raw, a.Replayed = raw, status == http.StatusOK
	return a, json.Unmarshal(raw, &a)
}

func (c *client) store(ctx context.Context, command domain.Command) (already bool, err error) {
	body, err := eventstore.EncodeCommand(command)
	if err != nil {
		return false, err
	}
	a, err := c.command(ctx, command.Verb(), body)
	return a.Replayed, err
}

// do makes one request and reads the answer.
func (c *client) do(ctx context.Context, method, path string, query url.Values, body []byte) (int, []byte, error) {
	r, err := c.open(ctx, method, path, query, body)
	if err != nil {
		return 0, nil, err
	}
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	return r.StatusCode, raw, err
}

// open makes one request; the caller closes the answer's body.
func (c *client) open(ctx context.Context, method, path string, query url.Values, body []byte) (*http.Response, error) {
	return c.openWith(ctx, method, path, query, body, nil)
}

func (c *client) openWith(ctx context.Context, method, path string, query url.Values, body []byte, header map[string]string) (*http.Response, error) {
	u := c.base.JoinPath(path)
	u.RawQuery = query.Encode()
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, v := range header {
		r.Header.Set(name, v)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, c.unreachable(err)
	}
	if answer.StatusCode >= 300 {
		defer answer.Body.Close()
		return nil, readProblem(answer)
	}
	return answer, nil
}

func (c *client) unreachable(err error) error {
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, syscall.ECONNREFUSED), errors.As(err, &dns):
		return fmt.Errorf("no server answers at %s: start one with truce serve, or name another with --server", c.base)
	}
	return err
}

// A problem is the server's no.
type problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Field  string `json:"field"`
}

func readProblem(r *http.Response) error {
	raw, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	p := &problem{}
	if json.Unmarshal(raw, p) != nil || p.Detail == "" && p.Title == "" {
		p.Detail = fmt.Sprintf("the server answered %s", r.Status)
	}
	p.Status = r.StatusCode
	return p
}

func (p *problem) Error() string {
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	if p.Status == http.StatusServiceUnavailable {
		text += "; try again in a moment"
	}
	return text
}

func (p *problem) exitCode() int {
	switch p.Status {
	case http.StatusNotFound:
		return exitNotFound
	case http.StatusConflict, http.StatusPreconditionFailed:
		return exitConflict
	case http.StatusUnprocessableEntity:
		if p.Code == "invalid-field" {
			return exitUsage
		}
		return exitRefused
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return exitUsage
	}
	return exitFailed
}
