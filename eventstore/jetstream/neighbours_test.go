package jetstream_test

import (
	"context"
	"slices"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"truceledger/eventstore/jetstream"
)

// TestNeighboursAreSeen looks at an account that others are in, at one that nobody else is in, and from a user who may not look.
func TestNeighboursAreSeen(t *testing.T) {
	shared, own := server.NewAccount("SHARED"), server.NewAccount("OWN")
	deaf := &server.Permissions{Publish: &server.SubjectPermission{Allow: []string{"nothing"}}}
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		Accounts: []*server.Account{shared, own}, Users: []*server.User{
			{Username: "ledger", Password: "p", Account: shared}, {Username: "reader", Password: "p", Account: shared},
			{Username: "lonely", Password: "p", Account: own}, {Username: "deaf", Password: "p", Account: shared, Permissions: deaf},
		}})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(s.Shutdown)
	url := func(user string) string { return "nats://" + user + ":p@" + s.Addr().String() }
	for _, user := range []string{"reader", "ledger"} { // the second is another node of the ledger
		nc, err := nats.Connect(url(user), nats.Name(map[string]string{"reader": "a program", "ledger": "truce"}[user]))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
	}
	for user, want := range map[string]jetstream.Neighbours{
		"ledger": {Account: "SHARED", Others: []string{"reader (a program)"}}, "lonely": {Account: "OWN"}, "deaf": {},
	} {
		got, err := jetstream.Look(t.Context(), jetstream.DialOptions{URL: url(user)})
		if err != nil || got.Account != want.Account || !slices.Equal(got.Others, want.Others) {
			t.Errorf("%s: got %+v, %v, want %+v", user, got, err, want)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := jetstream.Look(ended, jetstream.DialOptions{URL: "nats://127.0.0.1:1"}); err == nil {
		t.Error("a server that is not there was looked at")
	}
}
