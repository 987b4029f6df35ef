package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"

	"truceledger/api"
	"truceledger/cmd/truce/bench"
	"truceledger/eventstore/jetstream"
	"truceledger/eventstore/proof/witness"
)

// openProved opens a ledger with a witness beside it, whom it asks to cosign its heads. Both begin with Sign.
func (p *program) openProved(ctx context.Context, dir string) (*bench.Node, error) {
	logger := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	s := &settings{data: dir, zone: "UTC", stream: jetstream.DefaultStream}
	n, err := openNode(ctx, s, logger) // makes the log's key, which the witness must know
	if err != nil {
		return nil, err
	}
	key := n.proof.keeper.Verifier()
	n.close()
	skey, err := witnessKey(filepath.Join(dir, "witness.key"), "bench/witness")
	if err != nil {
		return nil, err
	}
	vkey, err := witness.VerifierKey(skey)
	if err != nil {
		return nil, err
	}
	store, err := witness.OpenStore(filepath.Join(dir, "witness.db"))
	if err != nil {
		return nil, err
	}
	w, err := witness.New(skey, store, key)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := api.NewServer(w.Handler(), slog.New(slog.NewTextHandler(io.Discard, nil)))
	go func() { _ = server.Serve(listener) }()
	end := func() { _ = server.Close(); _ = store.Close() }
	s.witnesses = []string{vkey + " http://" + listener.Addr().String() + "/"}
	if n, err = openNode(ctx, s, logger); err != nil {
		end()
		return nil, err
	}
	return &bench.Node{
		Conn: n.conn, Log: n.log, Ledger: n.ledger, Models: n.models, Handler: n.api,
		Close: func() { n.close(); end() },
		Sign:  n.signs, Cosigned: n.cosigned,
	}, nil
}

// signs begins or ends the signing of heads and the asking of witnesses. What a start does besides, once, is not measured.
func (n *node) signs(ctx context.Context, on bool) {
	if !on {
		n.proof.end()
		return
	}
	n.proof.sign(ctx)
}

// cosigned is the size of the newest head that the witness has cosigned.
func (n *node) cosigned() (newest int64, err error) {
	for size := int64(0); err == nil; size = newest + 1 {
		text, at, failed := n.proof.heads.Cosigned(size, n.proof.policy.Witnesses[0].Verifier)
		if err = failed; text == nil {
			break
		}
		newest = at
	}
	return newest, err
}
