package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"time"

	"truceledger/cmd/truce/bench"
	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
	"truceledger/projections"
)

func open(ctx context.Context, dir string) (*bench.Node, error) {
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	e, err := jetstream.StartEmbedded(ctx, jetstream.EmbeddedOptions{Dir: dir, Log: logger})
	if err != nil {
		return nil, err
	}
	nc, err := e.Connect()
	if err != nil {
		return nil, err
	}
	n := &bench.Node{Conn: nc}
	if n.Log, err = jetstream.Open(ctx, nc, jetstream.Options{Log: logger}); err != nil {
		return nil, err
	}
	if n.Ledger, err = eventstore.Open(ctx, n.Log, eventstore.Options{Logger: logger, OwnReader: os.Getenv("NOPROJ") != "", FindCommand: func(ctx context.Context, p, id string) (uint64, bool) {
		if n.Models == nil {
			return 0, false
		}
		return n.Models.FindCommand(ctx, p, id)
	}}); err != nil {
		return nil, err
	}
	t := time.Now()
	if n.Models, err = projections.Open(ctx, projections.Options{Dir: filepath.Join(dir, "views"), Log: n.Log, LedgerID: n.Ledger.ID(), Zone: n.Ledger.Zone(), Observe: n.Ledger.Observe, Decode: n.Ledger.Decode, Logger: logger}); err != nil {
		return nil, err
	}
	if d := time.Since(t); d > 100*time.Millisecond {
		fmt.Fprintln(os.Stderr, "projections open took", d)
	}
	n.Models.Start(context.WithoutCancel(ctx))
	n.Handler = handler(n, logger)
	n.Close = func() {
		n.Ledger.Close()
		n.Models.Close()
		e.Shutdown()
	}
	return n, nil
}

func main() {
	only := flag.String("only", "", "")
	quick := flag.Bool("quick", false, "")
	prof := flag.String("prof", "", "")
	flag.Parse()
	c := bench.Full
	if *quick {
		c = bench.Quick
	}
	c.Open = open
	self, _ := os.Executable()
	c.Child = []string{self, "child"}
	if flag.Arg(0) == "child" {
		if err := bench.Child(context.Background(), c, flag.Args()[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if *only != "" {
		c.Only = strings.Split(*only, ",")
	}
	began := time.Now()
	c.Progress = func(s string) { fmt.Fprintf(os.Stderr, "%6.1f %s\n", time.Since(began).Seconds(), s) }
	if *prof != "" {
		f, _ := os.Create(*prof)
		pprof.StartCPUProfile(f)
		defer pprof.StopCPUProfile()
	}
	_, err := bench.Run(context.Background(), c, func(r bench.Row) {
		fmt.Printf("%-12s %10.4g %-12s raw %10.4g ratio %7.3g bar %5.3g aim %5.3g %v\n", r.Name, r.Value, r.Unit, r.Raw, r.Ratio, r.Bar, r.Aim, r.Holds)
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
