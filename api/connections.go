package api

import (
	lists "container/list"
	"net"
	"net/http"
	"sync"
)

// connections bound how many connections a server holds. Whoever opens many and sends nothing loses them, the oldest first, so
// that they cannot take the place of those who do ask something: those are silent for as long as a header takes on the way.
type connections struct {
	most       int // in all
	mostSilent int // that have not sent a whole header yet

	mu     sync.Mutex
	open   int
	silent *lists.List // of those who have asked nothing yet, the oldest first
	idle   *lists.List // of those who have asked before, and nothing now
	at     map[net.Conn]place
}

// A place is where a connection stands; no list while it is being answered.
type place struct {
	list    *lists.List
	element *lists.Element
}

func newConnections(most int) *connections {
	return &connections{most: most, mostSilent: max(1, most/4), silent: lists.New(), idle: lists.New(), at: map[net.Conn]place{}}
}

// state is the server's ConnState. It closes connections outside its lock: that may call state again.
func (c *connections) state(conn net.Conn, s http.ConnState) {
	if loser := c.note(conn, s); loser != nil {
		_ = loser.Close()
	}
}

// note takes down a change, and returns who has to go for it; nil for nobody.
func (c *connections) note(conn net.Conn, s http.ConnState) (loser net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if was, known := c.at[conn]; known && was.list != nil {
		was.list.Remove(was.element)
	}
	switch s {
	case http.StateNew:
		c.open++
		c.at[conn] = place{c.silent, c.silent.PushBack(conn)}
	case http.StateActive:
		c.at[conn] = place{}
	case http.StateIdle:
		c.at[conn] = place{c.idle, c.idle.PushBack(conn)}
	case http.StateHijacked, http.StateClosed:
		c.open--
		delete(c.at, conn)
		return nil
	}
	switch {
	case c.silent.Len() > c.mostSilent, c.open > c.most && c.silent.Len() > 1:
		return c.drop(c.silent)
	case c.open > c.most && c.idle.Len() > 0:
		return c.drop(c.idle)
	case c.open > c.most:
		return conn // all others are being answered
	}
	return nil
}

// drop takes the oldest of a list out of it. That it is closed is noted when the server sees it.
func (c *connections) drop(l *lists.List) net.Conn {
	conn := l.Remove(l.Front()).(net.Conn)
	c.at[conn] = place{}
	return conn
}
