package client_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"truceledger/api"
	"truceledger/api/access"
	"truceledger/api/client"
	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/registry"
	"truceledger/domain/when"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
	"truceledger/projections"
)

// demonstration is a server for the examples; a program of yours has one running already, and its address.
func demonstration() (address string, stop func()) {
	ctx, quiet := context.Background(), slog.New(slog.NewTextHandler(io.Discard, nil))
	dir, err := os.MkdirTemp("", "truce-example-")
	check(err)
	log := memory.New()
	ledger, err := eventstore.Open(ctx, log, eventstore.Options{Logger: quiet})
	check(err)
	views, err := projections.Open(ctx, projections.Options{Dir: dir, Log: log, LedgerID: ledger.ID(), Observe: ledger.Observe, Logger: quiet})
	check(err)
	views.Start(ctx)
	a := api.New(api.Options{Access: access.Everybody(access.Caller{Name: "local", Roles: []access.Role{access.Recorder, access.Operator}}), Ledger: ledger, Queries: views, Log: log, Logger: quiet})
	server := httptest.NewServer(a)
	return server.URL, func() {
		a.Close()
		server.CloseClientConnections()
		server.Close()
		_ = ledger.Close()
		_ = views.Close()
		_ = os.RemoveAll(dir)
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// Commands are typed; a no comes back as a Problem with a code and a sentence.
func ExampleClient_Do() {
	address, stop := demonstration()
	defer stop()
	c, err := client.New(address, client.Options{})
	check(err)
	ctx := context.Background()
	for _, name := range []string{"north", "south"} {
		_, err := c.Do(ctx, &registry.RegisterActor{Actor: name, Name: name, Kind: "state"})
		check(err)
	}
	p := &ceasefire.Propose{Ceasefire: "ford", Terms: ceasefire.Terms{
		Title: "Truce at the Ford", Parties: []string{"north", "south"}, From: when.When{At: "2016-06-01T06:00", Zone: "Asia/Damascus"}, Lasting: "PT48H",
	}}
	p.By, p.Occurred = "north", when.When{At: "2016-05-30T10:00Z"}
	var last uint64
	for _, command := range []domain.Command{p, agree("north"), agree("south")} {
		answer, err := c.Do(ctx, command)
		check(err)
		last = answer.Sequence
	}
	_, err = c.Do(ctx, agree("south"))
	problem := err.(*client.Problem)
	fmt.Println(problem.Status, problem.Code)

	noon := time.Date(2016, 6, 2, 12, 0, 0, 0, time.UTC)
	v, err := c.Ceasefire(ctx, "ford", client.Query{Clock: projections.Clock{Effective: &noon}, MinSequence: last})
	check(err)
	fmt.Println(v.Title, v.Status, v.Until.Latest.Format(time.RFC3339))
	// Output:
	// 422 already-consented
	// Truce at the Ford in_force 2016-06-03T03:00:00Z
}

func agree(by string) *ceasefire.Agree {
	c := &ceasefire.Agree{}
	c.Ceasefire, c.By, c.Occurred = "ford", by, when.When{At: "2016-05-30T12:00Z"}
	return c
}

// A watch goes on where it stopped when the connection breaks: no entry is missed and none comes twice.
func ExampleClient_Watch() {
	address, stop := demonstration()
	defer stop()
	c, err := client.New(address, client.Options{})
	check(err)
	ctx, enough := context.WithCancel(context.Background())
	defer enough()
	_, err = c.Do(ctx, &registry.RegisterPlace{Place: "ford", Name: "The Ford"})
	check(err)
	_ = c.Watch(ctx, 1, func(e client.Event) error {
		fmt.Println(e.Type, e.ID)
		enough()
		return nil
	})
	// Output:
	// entry 2
}

// An import tells what became of the rows; the same table again stores nothing.
func ExampleClient_Import() {
	address, stop := demonstration()
	defer stop()
	c, err := client.New(address, client.Options{})
	check(err)
	const table = "no,day,what\n1,2016-05-04,shelling\n2,someday,shelling\n"
	mapping := []byte("command: violate\nname: office\nkey: \"{no}\"\nfields:\n  by: {actor: office, name: Our office, kind: organisation}\n  at: {column: day, date: \"2006-01-02\"}\n  type: \"{what}\"\n")
	for range 2 {
		total, err := c.Import(context.Background(), client.Import{Format: "csv", Mapping: mapping}, strings.NewReader(table))
		check(err)
		fmt.Println(total.Stored, "stored,", total.Unchanged, "unchanged,", total.Quarantined, "in quarantine")
	}
	// Output:
	// 1 stored, 0 unchanged, 1 in quarantine
	// 0 stored, 1 unchanged, 1 in quarantine
}
