package projections

import (
	"container/list"
	"sync"

	"truceledger/domain"
)

// A held record is one whose entries are decoded. It is shared and never changed; how it reads is found out once.
type held struct {
	domain.Record
	principals []string   // of each step
	signers    [][]string // of each step: the fingerprints of the keys that have signed it
	bytes      int

	once  sync.Once
	all   reading // of every step
	plain bool    // no step corrects another
}

// A cache keeps decoded records, those last used, within a bound of bytes. What it holds is good for the row that names
// the same newest entry; the log never changes what stands before it.
type cache struct {
	mu    sync.Mutex
	most  int
	bytes int
	items map[domain.Ref]*list.Element // of *held
	used  *list.List                   // the last used in front
}

func newCache(most int) *cache {
	return &cache{most: most, items: map[domain.Ref]*list.Element{}, used: list.New()}
}

func (c *cache) get(r domain.Ref) *held {
	c.mu.Lock()
	defer c.mu.Unlock()
	item, ok := c.items[r]
	if !ok {
		return nil
	}
	c.used.MoveToFront(item)
	return item.Value.(*held)
}

// put keeps a record, unless a newer one is kept already.
func (c *cache) put(h *held) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if item, ok := c.items[h.Ref]; ok {
		if item.Value.(*held).Version() > h.Version() {
			return
		}
		c.drop(item)
	}
	c.items[h.Ref] = c.used.PushFront(h)
	c.bytes += h.bytes
	for c.bytes > c.most && c.used.Len() > 0 {
		c.drop(c.used.Back())
	}
}

func (c *cache) drop(item *list.Element) {
	h := c.used.Remove(item).(*held)
	delete(c.items, h.Ref)
	c.bytes -= h.bytes
}
