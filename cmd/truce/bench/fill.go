package bench

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
)

// longEntries is how many entries the one long ceasefire has.
const (
	longEntries = 1000
	longID      = "long"
)

// A story is a record's entries as a real ledger decided them. Every other record of its kind gets the same, under its own
// id: deciding a million commands would take longer than all measures together.
type story []eventstore.Entry

// fill puts stories onto an empty log, spread over the records so that neighbours in the log belong to different records,
// and the long ceasefire in between. One record in ten is a ceasefire, the others are incidents.
func fill(ctx context.Context, l *ledger, entries, records int) error {
	stories, long, err := told(ctx)
	if err != nil {
		return err
	}
	base, err := l.node.Log.Last(ctx)
	if err != nil {
		return err
	}
	f := &filler{ctx: ctx, l: l, at: base, base: base, ledger: l.node.Ledger.ID(), random: rand.NewChaCha8([32]byte{1}), now: time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond)}
	versions := make([]uint64, records)
	longVersion, longs := uint64(0), 0
	for step := 0; step < 20 && f.at < uint64(entries); step++ {
		for i := 0; i < records && f.at < uint64(entries); i++ {
			s := stories[min(1, i%10)]
			if step >= len(s) {
				continue
			}
			if versions[i], err = f.add(s[step], "r-"+strconv.Itoa(i), versions[i]); err != nil {
				return err
			}
			if longs < len(long) && int(f.at)*len(long) > longs*entries {
				if longVersion, err = f.add(long[longs], longID, longVersion); err != nil {
					return err
				}
				longs++
			}
		}
	}
	return f.flush()
}

// told has a ledger in memory decide what the stories are copies of.
func told(ctx context.Context) (stories [2]story, long story, err error) {
	log := memory.New()
	l, err := eventstore.Open(ctx, log, eventstore.Options{OwnReader: true})
	if err != nil {
		return stories, nil, err
	}
	defer l.Close()
	for _, body := range append(register, append(ceasefireStory("r"), incidentStory("i")...)...) {
		if err := send(ctx, l, body); err != nil {
			return stories, nil, err
		}
	}
	for _, body := range longStory() {
		if err := send(ctx, l, body); err != nil {
			return stories, nil, err
		}
	}
	for i, r := range []domain.Ref{ref(domain.KindCeasefire, "r"), ref(domain.KindIncident, "i"), ref(domain.KindCeasefire, longID)} {
		s, err := entriesOf(ctx, log, r)
		if err != nil {
			return stories, nil, err
		}
		if i < 2 {
			stories[i] = s
		} else {
			long = s
		}
	}
	return stories, long, nil
}

func send(ctx context.Context, l *eventstore.Ledger, body string) error {
	c, err := eventstore.DecodeCommand("", []byte(body))
	if err == nil {
		_, err = l.Execute(ctx, eventstore.Request{Command: c, Principal: "bench"})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", body, err)
	}
	return nil
}

func entriesOf(ctx context.Context, log eventstore.Log, r domain.Ref) (s story, err error) {
	for m, err := range log.Load(ctx, eventstore.Subject(r), 0) {
		if err != nil {
			return nil, err
		}
		e, err := eventstore.Decode(m)
		if err != nil {
			return nil, err
		}
		s = append(s, e)
	}
	return s, nil
}

// A filler writes entries as fast as the disk takes them: a thousand share a flush.
type filler struct {
	ctx    context.Context
	l      *ledger
	at     uint64
	base   uint64
	ledger string
	random *rand.ChaCha8
	now    time.Time
	batch  []*nats.Msg
}

// add writes a copy of an entry for another record, and returns its sequence.
func (f *filler) add(e eventstore.Entry, id string, before uint64) (uint64, error) {
	e.Command.SetTarget(id)
	e.Command.Head().CommandID = f.uuid()
	e.ID, e.Ledger, e.Nonce = f.uuid(), f.ledger, f.nonce()
	e.Ref.ID, e.VersionBefore, e.ReadTo = id, before, f.base
	f.now = f.now.Add(time.Microsecond)
	e.RecordedAt = f.now
	payload, err := eventstore.Encode(e)
	if err != nil {
		return 0, err
	}
	f.batch = append(f.batch, &nats.Msg{Subject: eventstore.Subject(e.Ref), Data: payload, Header: nats.Header{}})
	f.at++
	if len(f.batch) == 1000 {
		err = f.flush()
	}
	return f.at, err
}

func (f *filler) flush() error {
	if len(f.batch) == 0 {
		return nil
	}
	ack, err := jetstreamext.PublishMsgBatch(f.ctx, f.l.raw, f.batch)
	f.batch = f.batch[:0]
	if err == nil && ack.Sequence != f.at {
		err = errors.New("somebody else writes to the ledger that is being filled")
	}
	return err
}

func (f *filler) uuid() string {
	var id uuid.UUID
	f.random.Read(id[:])
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id.String()
}

func (f *filler) nonce() string {
	var b [16]byte
	f.random.Read(b[:])
	return hex.EncodeToString(b[:])
}
