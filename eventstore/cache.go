package eventstore

import (
	"container/list"
	"math"
	"sync"

	"truceledger/domain"
)

// A cache keeps folded records, those last used, within a bound of bytes. It learns of entries from the reader and from
// this node's own appends; whatever does not follow on from what it holds makes it forget the record. Records that do
// not exist are never kept: one that another node makes would stay invisible.
type cache struct {
	mu      sync.Mutex
	most    int // bytes
	bytes   int
	items   map[domain.Ref]*list.Element // of *cached
	used    *list.List                   // the last used in front
	loading map[domain.Ref]*loading
}

type cached struct {
	record domain.Record
	bytes  int
}

// A loading watches a record while it is read from the log: what came in meanwhile would be missing from a record that
// is put into the cache afterwards, and no later entry would tell.
type loading struct {
	readers int
	newest  uint64 // the highest sequence of the record that was seen meanwhile
}

func newCache(most int) *cache {
	return &cache{most: most, items: map[domain.Ref]*list.Element{}, used: list.New(), loading: map[domain.Ref]*loading{}}
}

// get returns the record as it stands in the cache.
func (c *cache) get(r domain.Ref) (domain.Record, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	item, ok := c.items[r]
	if !ok {
		return domain.Record{}, false
	}
	c.used.MoveToFront(item)
	return item.Value.(*cached).record, true
}

// apply follows one entry of the log. It may be called again for the same entry.
func (c *cache) apply(e Entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.loading[e.Ref]; l != nil {
		l.newest = max(l.newest, e.Sequence)
	}
	item, ok := c.items[e.Ref]
	if !ok {
		return
	}
	held := item.Value.(*cached)
	switch version := held.record.Version(); {
	case e.Sequence <= version: // applied already
	case e.VersionBefore == version:
		held.record = held.record.Then(e.Step())
		held.bytes += weight(e)
		c.bytes += weight(e)
		c.trim()
	default:
		c.drop(item)
	}
}

// forget lets go of the record of an entry that cannot be followed, and of what is being read of it.
func (c *cache) forget(e Entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.loading[e.Ref]; l != nil {
		l.newest = max(l.newest, e.Sequence)
	}
	if item, ok := c.items[e.Ref]; ok && item.Value.(*cached).record.Version() < e.Sequence {
		c.drop(item)
	}
}

// begin says that somebody starts to read the record from the log; end must follow.
func (c *cache) begin(r domain.Ref) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loading[r] == nil {
		c.loading[r] = &loading{}
	}
	c.loading[r].readers++
}

// end takes what was read, unless entries came in that it does not hold or something newer is held. A zero bytes says
// that reading failed.
func (c *cache) end(record domain.Record, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.loading[record.Ref]
	if l.readers--; l.readers == 0 {
		delete(c.loading, record.Ref)
	}
	if bytes == 0 || record.Version() == 0 || l.newest > record.Version() {
		return
	}
	if item, ok := c.items[record.Ref]; ok {
		if item.Value.(*cached).record.Version() >= record.Version() {
			return
		}
		c.drop(item)
	}
	c.items[record.Ref] = c.used.PushFront(&cached{record: record, bytes: bytes})
	c.bytes += bytes
	c.trim()
}

// clear forgets everything, and lets nothing in that is being read.
func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.loading {
		l.newest = math.MaxUint64
	}
	c.items, c.bytes = map[domain.Ref]*list.Element{}, 0
	c.used.Init()
}

func (c *cache) trim() {
	for c.bytes > c.most && c.used.Len() > 0 {
		c.drop(c.used.Back())
	}
}

func (c *cache) drop(item *list.Element) {
	held := c.used.Remove(item).(*cached)
	delete(c.items, held.record.Ref)
	c.bytes -= held.bytes
}

// weight is about what an entry takes in memory once it is decoded, in bytes: its texts are parts of one copy of the
// payload, and the rest was measured (1.0 KiB).
func weight(e Entry) int { return 1024 + len(e.Payload) }

// assumedWeight is taken for an entry whose size is no longer known.
const assumedWeight = 2048
