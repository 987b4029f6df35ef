package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"truceledger/eventstore"
)

// startLog opens a log on an embedded server.
func startLog(t *testing.T) (*Embedded, *Log) {
	t.Helper()
	e, err := StartEmbedded(t.Context(), EmbeddedOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Shutdown)
	nc, err := e.Connect()
	if err != nil {
		t.Fatal(err)
	}
	l, err := Open(t.Context(), nc, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e, l
}

// startCommitter opens a log on an embedded server and returns its committer.
func startCommitter(t *testing.T) (*Log, *committer) {
	t.Helper()
	_, l := startLog(t)
	return l, l.appender.(*committer)
}

func subject(i int) string { return fmt.Sprintf("truce.tally.t-%d", i) }

// hold lets nothing go until release is called, and then all of what queued up meanwhile.
func (c *committer) hold() (release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plain++
	return c.landed
}

// queued waits until n messages wait.
func (c *committer) queued(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		is := len(c.queue)
		c.mu.Unlock()
		if is == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d messages wait, want %d", is, n)
		}
	}
}

// An answer is what an append came to.
type answer struct {
	sequence uint64
	err      error
}

// appendTogether appends messages that all wait for the same flush.
func appendTogether(t *testing.T, l *Log, c *committer, drafts []draft) []answer {
	t.Helper()
	fill := few // so many go by themselves before anybody queues
	c.mu.Lock()
	c.plain += fill
	c.mu.Unlock()
	answers := make([]answer, len(drafts))
	var group sync.WaitGroup
	for i, d := range drafts {
		group.Go(func() {
			answers[i].sequence, answers[i].err = l.Append(t.Context(), d.subject, d.expected, d.payload)
		})
	}
	c.queued(t, len(drafts))
	for range fill {
		c.landed()
	}
	group.Wait()
	return answers
}

func fresh(from, n int) (drafts []draft) {
	for i := from; i < from+n; i++ {
		drafts = append(drafts, draft{subject(i), 0, fmt.Appendf(nil, "message %d", i)})
	}
	return drafts
}

// counted counts the batches that are sent, by their size.
func (c *committer) counted() *[]int {
	var mu sync.Mutex
	var sizes []int
	send := c.send
	c.send = func(ctx context.Context, batch []*waiting) (uint64, error) {
		mu.Lock()
		sizes = append(sizes, len(batch))
		mu.Unlock()
		return send(ctx, batch)
	}
	return &sizes
}

// wantStored checks that what was acknowledged stands where its writer was told, and nothing else does.
func wantStored(t *testing.T, l *Log, drafts []draft, answers []answer) {
	t.Helper()
	stored := map[uint64]string{}
	for m, err := range l.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		stored[m.Sequence] = m.Subject + " " + string(m.Payload)
	}
	acknowledged := 0
	for i, a := range answers {
		if a.err != nil {
			continue
		}
		acknowledged++
		if got, want := stored[a.sequence], drafts[i].subject+" "+string(drafts[i].payload); got != want {
			t.Errorf("sequence %d holds %q, acknowledged was %q", a.sequence, got, want)
		}
	}
	if acknowledged != len(stored) {
		t.Errorf("%d acknowledged, %d stored", acknowledged, len(stored))
	}
}

func TestWhatWaitsTogetherSharesOneFlush(t *testing.T) {
	l, c := startCommitter(t)
	sizes := c.counted()
	drafts := fresh(0, 300)
	answers := appendTogether(t, l, c, drafts)
	for _, a := range answers {
		if a.err != nil {
			t.Fatal(a.err)
		}
	}
	wantStored(t, l, drafts, answers)
	if !slices.Equal(*sizes, []int{300}) {
		t.Errorf("got batches of %v, want one of 300", *sizes)
	}
}

func TestAnIdleLedgerPublishesAtOnce(t *testing.T) {
	l, c := startCommitter(t)
	sizes := c.counted()
	at := uint64(0)
	for range 30 {
		n, err := l.Append(t.Context(), subject(0), at, []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		at = n
	}
	if len(*sizes) != 0 {
		t.Errorf("a lone writer was put into batches of %v", *sizes)
	}
}

// The callers of a batch come back one after the other: half of them are waited for, but not for long, and not when they
// have gone home.
func TestACrowdIsWaitedFor(t *testing.T) {
	crowded := func(patience time.Duration) (*Log, *committer, *[]int) {
		l, c := startCommitter(t)
		c.crowd, c.patience, c.ended = 100, patience, time.Now()
		return l, c, c.counted()
	}
	come := func(l *Log, from, n int) *sync.WaitGroup {
		var group sync.WaitGroup
		for _, d := range fresh(from, n) {
			group.Go(func() {
				if _, err := l.Append(t.Context(), d.subject, 0, d.payload); err != nil {
					t.Error(err)
				}
			})
		}
		return &group
	}
	t.Run("until half of it is there", func(t *testing.T) {
		l, c, sizes := crowded(time.Hour)
		first := come(l, 0, 49)
		c.queued(t, 49)
		second := come(l, 49, 1)
		first.Wait()
		second.Wait()
		if !slices.Equal(*sizes, []int{50}) {
			t.Errorf("got batches of %v, want one of 50", *sizes)
		}
	})
	t.Run("or nearly all, where they come back soon", func(t *testing.T) {
		l, c, sizes := crowded(time.Hour)
		c.whole = nearly(100)
		first := come(l, 0, 89)
		c.queued(t, 89)
		second := come(l, 89, 1)
		first.Wait()
		second.Wait()
		if !slices.Equal(*sizes, []int{90}) {
			t.Errorf("got batches of %v, want one of 90", *sizes)
		}
	})
	t.Run("but not for long", func(t *testing.T) {
		l, _, sizes := crowded(500 * time.Millisecond)
		come(l, 0, 30).Wait()
		if len(*sizes) != 1 || (*sizes)[0] < few {
			t.Errorf("got batches of %v, want one", *sizes)
		}
	})
	t.Run("and not when it has gone home", func(t *testing.T) {
		l, c, sizes := crowded(time.Millisecond)
		c.ended = time.Now().Add(-time.Second)
		come(l, 0, 1).Wait()
		if len(*sizes) != 0 || c.crowd != 0 {
			t.Errorf("got batches of %v and a crowd of %d for a lone writer", *sizes, c.crowd)
		}
	})
}

// Two halves of a crowd take turns, unless waiting for the other half takes less than the flush that it saves.
func TestAllOfACrowdIsWaitedForWhereItIsBackSoon(t *testing.T) {
	for name, test := range map[string]struct {
		returned time.Duration // after a flush of 10 ms
		want     int
	}{
		"back soon":  {time.Millisecond, nearly(100)},
		"back late":  {8 * time.Millisecond, 0},
		"never seen": {0, 0},
	} {
		c := &committer{answered: 50, returned: test.returned, patience: 5 * time.Millisecond, queue: make([]*waiting, 50)}
		if c.landedWhole(time.Now().Add(-10*time.Millisecond), 50); c.whole != test.want {
			t.Errorf("%s: waits for %d, want %d", name, c.whole, test.want)
		}
	}
}

func TestARefusedBatchRefusesOnlyWhoIsAtFault(t *testing.T) {
	l, c := startCommitter(t)
	drafts := fresh(0, 100)
	first := []draft{drafts[7], drafts[40]} // these records exist already
	done := appendTogether(t, l, c, first)
	drafts[7].payload, drafts[40].payload = []byte("too late"), []byte("too late")
	drafts[99].expected = 1 << 40 // nobody's fault that a batch shows: no such message was ever there
	answers := appendTogether(t, l, c, drafts)
	for i, a := range answers {
		atFault := i == 7 || i == 40 || i == 99
		if atFault != errors.Is(a.err, eventstore.ErrConflict) || !atFault && a.err != nil {
			t.Errorf("member %d: got %v", i, a.err)
		}
	}
	wantStored(t, l, append(first, drafts...), append(done, answers...))
}

func TestABatchOfUnknownOutcomeIsUnknownToEachMember(t *testing.T) {
	l, c := startCommitter(t)
	c.send = func(context.Context, []*waiting) (uint64, error) { return 0, eventstore.ErrOutcomeUnknown }
	for i, a := range appendTogether(t, l, c, fresh(0, 50)) {
		if !errors.Is(a.err, eventstore.ErrOutcomeUnknown) {
			t.Fatalf("member %d: got %v", i, a.err)
		}
	}
}

func TestABatchThatTheServerHasNoRoomForIsTriedAgain(t *testing.T) {
	l, c := startCommitter(t)
	send, tries := c.send, atomic.Int64{}
	c.send = func(ctx context.Context, batch []*waiting) (uint64, error) {
		if tries.Add(1) < 3 {
			return 0, eventstore.ErrUnavailable
		}
		return send(ctx, batch)
	}
	drafts := fresh(0, 50)
	answers := appendTogether(t, l, c, drafts)
	wantStored(t, l, drafts, answers)
	if tries.Load() != 3 || answers[0].err != nil {
		t.Errorf("%d tries, then %v", tries.Load(), answers[0].err)
	}
}

func TestABatchHoldsOneMessageOfARecordAndTheOthersWait(t *testing.T) {
	var c committer
	for i := range 50 {
		c.queue = append(c.queue, &waiting{draft: draft{subject: subject(i % 10), expected: uint64(i)}})
	}
	for round := range 5 {
		batch := c.take()
		if len(batch) != 10 {
			t.Fatalf("round %d: got %d members, want 10", round, len(batch))
		}
		for i, w := range batch {
			if w.expected != uint64(10*round+i) {
				t.Errorf("round %d: member %d came out of its turn", round, i)
			}
		}
	}
	if len(c.queue) != 0 {
		t.Errorf("%d are left", len(c.queue))
	}
}

func TestABatchIsBounded(t *testing.T) {
	var many, large committer
	for i := range 2500 {
		many.queue = append(many.queue, &waiting{draft: draft{subject: subject(i)}})
	}
	for i := range 100 {
		large.queue = append(large.queue, &waiting{draft: draft{subject: subject(i), payload: make([]byte, eventstore.MaxPayload)}})
	}
	if n := len(many.take()); n != batchMessages {
		t.Errorf("got %d messages", n)
	}
	if n := len(large.take()); n*eventstore.MaxPayload > batchBytes || n < 10 {
		t.Errorf("got %d of the largest messages", n)
	}
}

func TestAFullQueueSaysSo(t *testing.T) {
	l, c := startCommitter(t)
	c.queue = make([]*waiting, mostQueued)
	if _, err := l.Append(t.Context(), subject(0), 0, nil); !errors.Is(err, eventstore.ErrQueueFull) {
		t.Errorf("got %v, want %v", err, eventstore.ErrQueueFull)
	}
}

func TestWhoLeavesTheQueueHasSentNothing(t *testing.T) {
	l, c := startCommitter(t)
	for range few {
		defer c.hold()()
	}
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := l.Append(ctx, subject(0), 0, nil)
		left <- err
	}()
	c.queued(t, 1)
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) || errors.Is(err, eventstore.ErrOutcomeUnknown) {
		t.Errorf("got %v: nothing was sent, so the outcome is known", err)
	}
	c.queued(t, 0)
}

func TestManyWritersKeepTheirOrder(t *testing.T) {
	const writers, each = 200, 20
	l, c := startCommitter(t)
	sizes := c.counted()
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			at := uint64(0)
			for i := range each {
				n, err := l.Append(t.Context(), subject(w), at, fmt.Appendf(nil, "%d", i))
				if err != nil || n <= at {
					t.Errorf("writer %d, message %d: got %d, %v after %d", w, i, n, err, at)
					return
				}
				at = n
			}
		})
	}
	group.Wait()
	next := map[string]int{}
	for m, err := range l.Read(t.Context(), 0) {
		if err != nil || string(m.Payload) != fmt.Sprint(next[m.Subject]) {
			t.Fatalf("%s holds %q at its place %d: %v", m.Subject, m.Payload, next[m.Subject], err)
		}
		next[m.Subject]++
	}
	if len(*sizes) == 0 || len(next) != writers {
		t.Errorf("%d batches, %d records", len(*sizes), len(next))
	}
}
