package natsheads_test

import (
	"bytes"
	"errors"
	"testing"

	js "github.com/nats-io/nats.go/jetstream"

	"truceledger/eventstore/jetstream"
	"truceledger/eventstore/proof"
	"truceledger/eventstore/proof/natsheads"
)

func TestOnlyOneNodeReplacesAHead(t *testing.T) {
	server, err := jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	open := func(ledger string) *natsheads.Register {
		conn, err := server.Connect()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(conn.Close)
		stream, err := js.New(conn)
		if err != nil {
			t.Fatal(err)
		}
		r, err := natsheads.Open(t.Context(), stream, ledger, 1)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	one, two, other := open("ledger-a"), open("ledger-a"), open("ledger-b")
	if head, revision, err := one.Load(t.Context()); head != nil || revision != 0 || err != nil {
		t.Fatalf("an empty register: got %s, %d, %v", head, revision, err)
	}
	if err := one.CompareAndSet(t.Context(), 0, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := two.CompareAndSet(t.Context(), 0, []byte("rival")); !errors.Is(err, proof.ErrMoved) {
		t.Errorf("a second first head: got %v, want ErrMoved", err)
	}
	head, revision, err := two.Load(t.Context())
	if err != nil || !bytes.Equal(head, []byte("first")) {
		t.Fatalf("got %s, %v", head, err)
	}
	if err := two.CompareAndSet(t.Context(), revision, []byte("second")); err != nil {
		t.Fatal(err)
	}
	if err := one.CompareAndSet(t.Context(), revision, []byte("rival")); !errors.Is(err, proof.ErrMoved) {
		t.Errorf("a rival of the second head: got %v, want ErrMoved", err)
	}
	if err := other.CompareAndSet(t.Context(), 0, []byte("another ledger's")); err != nil {
		t.Errorf("another ledger: %v", err)
	}
}
