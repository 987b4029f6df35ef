package eventstore_test

import (
	"context"
	"iter"
	"slices"
	"testing"

	"truceledger/domain"
	"truceledger/eventstore"
	"truceledger/eventstore/memory"
)

// asked notes after which entry each load of the record begins.
type asked struct {
	eventstore.Log
	subject string
	after   []uint64
}

func (a *asked) Load(ctx context.Context, subject string, after uint64) iter.Seq2[eventstore.Message, error] {
	if subject == a.subject {
		a.after = append(a.after, after)
	}
	return a.Log.Load(ctx, subject, after)
}

// A record that was forgotten comes from what is kept beside the log, and from the log only what is newer; what is kept and
// does not fit the log changes nothing but the way.
func TestAForgottenRecordIsRecalled(t *testing.T) {
	river := domain.Ref{Kind: domain.KindCeasefire, ID: "river"}
	first := memory.New()
	l := open(t, first)
	for _, body := range []string{north, south, town, propose, northAgrees} {
		must(t, l, body)
	}
	all := collect(t, first.Load(t.Context(), eventstore.Subject(river), 0)) // entries 5 and 6
	other := all[0]
	other.Payload = append(slices.Clone(other.Payload[:40]), '?')
	for name, c := range map[string]struct {
		kept []eventstore.Message
		want []uint64 // where the loads begin
	}{
		"all of it":       {all, []uint64{all[1].Sequence}},
		"its beginning":   {all[:1], []uint64{all[0].Sequence}},
		"nothing":         {nil, []uint64{0}},
		"without a piece": {all[1:], []uint64{0}},
		"unreadable":      {[]eventstore.Message{other}, []uint64{0}},
	} {
		t.Run(name, func(t *testing.T) {
			log := &asked{Log: first, subject: eventstore.Subject(river)}
			l := open(t, log, deaf, func(o *eventstore.Options) {
				o.Recall = func(r domain.Ref, after uint64) iter.Seq2[eventstore.Message, error] {
					return func(yield func(eventstore.Message, error) bool) {
						for _, m := range c.kept {
							if r == river && m.Sequence > after && !yield(m, nil) {
								return
							}
						}
					}
				}
			})
			record, err := l.Record(t.Context(), river)
			if err != nil || len(record.Steps) != len(all) || record.Version() != all[1].Sequence {
				t.Errorf("got %d entries up to %d and %v", len(record.Steps), record.Version(), err)
			}
			if !slices.Equal(log.after, c.want) {
				t.Errorf("read from the log after %d, want %d", log.after, c.want)
			}
		})
	}
}

// Entries that are kept beside the log after one that the log no longer goes on from are no record of it.
func TestWhatIsKeptMustGoOnInTheLog(t *testing.T) {
	river := domain.Ref{Kind: domain.KindCeasefire, ID: "river"}
	l, log := onTheTable(t)
	kept := collect(t, log.Load(t.Context(), eventstore.Subject(river), 0))
	agreed := must(t, l, northAgrees)
	elsewhere, copied := onTheTable(t)
	kept = append(kept, collect(t, copied.Load(t.Context(), eventstore.Subject(river), kept[0].Sequence))...)
	must(t, elsewhere, southAgrees)
	kept = append(kept, collect(t, copied.Load(t.Context(), eventstore.Subject(river), kept[0].Sequence))...) // of another ledger
	again := open(t, log, deaf, func(o *eventstore.Options) {
		o.Recall = func(domain.Ref, uint64) iter.Seq2[eventstore.Message, error] {
			return func(yield func(eventstore.Message, error) bool) {
				for _, m := range kept {
					if !yield(m, nil) {
						return
					}
				}
			}
		}
	})
	record, err := again.Record(t.Context(), river)
	if err != nil || record.Version() != agreed.Sequence || record.Steps[1].Command.Head().By != "north" {
		t.Errorf("got the record up to %d and %v, want %d", record.Version(), err, agreed.Sequence)
	}
}

func collect(t *testing.T, messages iter.Seq2[eventstore.Message, error]) (all []eventstore.Message) {
	t.Helper()
	for m, err := range messages {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}
