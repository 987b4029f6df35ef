package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/spf13/cobra"

	"truceledger/api/client"
	"truceledger/domain"
)

const defaultServer = "http://127.0.0.1:8080"

// clientFlags declares how a verb finds the server.
func (p *program) clientFlags(c *cobra.Command) {
	c.Flags().StringVar(&p.server, "server", p.fromEnv("SERVER", defaultServer), "The server's `URL`; TRUCE_SERVER in the environment.")
	p.tokenFlag(c)
}

// tokenFlag declares where the token is.
func (p *program) tokenFlag(c *cobra.Command) {
	c.Flags().StringVar(&p.tokenFile, "token-file", "", "Read the access token from a `FILE`; else TRUCE_TOKEN in the environment, else operator.token of a server of yours on this machine.")
}

// fromEnv is TRUCE_name of the environment, or the default.
func (p *program) fromEnv(name, otherwise string) string {
	if v := p.env("TRUCE_" + name); v != "" {
		return v
	}
	return otherwise
}

// attempts are few: whoever waits at a terminal wants to know that nobody answers.
const attempts = 3

// client speaks to the server that the flags name.
func (p *program) client() (*client.Client, error) {
	token, found, err := p.token(p.server)
	if err != nil {
		return nil, err
	}
	c, err := client.New(p.server, client.Options{Attempts: attempts, HTTP: &http.Client{
		Transport:     bearer{token: token, found: found, next: http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token is for this server alone
	}})
	if err != nil {
		return nil, usage("--server: %w", err)
	}
	return c, nil
}

// store puts a command on the record; already says that it was there before.
func store(c *client.Client) func(context.Context, domain.Command) (already bool, err error) {
	return func(ctx context.Context, command domain.Command) (bool, error) {
		a, err := c.Do(ctx, command)
		return a.Replayed, err
	}
}

// reachable says what to do where no server answers; other errors stay as they are.
func (p *program) reachable(err error) error {
	var dialing *net.OpError
	if errors.As(err, &dialing) && dialing.Op == "dial" && p.server != "" {
		return fmt.Errorf("no server answers at %s: start one with truce serve, or name another with --server", p.server)
	}
	return err
}

// problemCode is the exit code for the server's no.
func problemCode(p *client.Problem) int {
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
