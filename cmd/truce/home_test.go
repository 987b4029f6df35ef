package main

import (
	"fmt"
	"net/http"
	"os"
	"testing"
)

// atHome runs the tests with a home of their own: servers leave a trace there of where their first token is.
type atHome struct{ *testing.M }

func (m atHome) Run() int {
	dir, err := os.MkdirTemp("", "truce-home-")
	if err == nil {
		err = os.Setenv("XDG_DATA_HOME", dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	return m.M.Run()
}

// homeEnv is the environment of a verb that runs in this process.
func homeEnv(name string) string {
	if name == "XDG_DATA_HOME" {
		return os.Getenv(name)
	}
	return ""
}

// serverEnv is homeEnv with the server's address.
func serverEnv(address string) func(string) string {
	return func(name string) string {
		if name == "TRUCE_SERVER" {
			return address
		}
		return homeEnv(name)
	}
}

// asOperator sends requests with the first token of the server that they go to.
type asOperator struct {
	env  func(string) string
	next http.RoundTripper
}

func (a asOperator) RoundTrip(r *http.Request) (*http.Response, error) {
	token, found, err := (&program{env: a.env}).token(r.URL.Scheme + "://" + r.URL.Host)
	if err != nil {
		return nil, err
	}
	return bearer{token: token, found: found, next: a.next}.RoundTrip(r)
}

// operator is a client that every server of these tests lets in.
var operator = &http.Client{Transport: asOperator{homeEnv, http.DefaultTransport}}
