package bus

import (
	"sync"
	"time"

	"github.com/nats-io/nats.go/micro"
)

// stats count what an endpoint answered. The service's own figures see only that a request was taken in, because each is
// carried out beside the others; these stand in the field data of $SRV.STATS.
type stats struct {
	mu     sync.Mutex
	byName map[string]*figures
}

type figures struct {
	Answered int           `json:"answered"`
	Errors   int           `json:"errors"`
	ByStatus map[int]int   `json:"by_status"`
	Took     time.Duration `json:"processing_time"`
}

func (s *stats) count(endpoint string, status int, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.byName[endpoint]
	if f == nil {
		if s.byName == nil {
			s.byName = map[string]*figures{}
		}
		f = &figures{ByStatus: map[int]int{}}
		s.byName[endpoint] = f
	}
	f.Answered++
	f.ByStatus[status]++
	f.Took += took
	if status >= 400 {
		f.Errors++
	}
}

// of is a copy, because the service encodes it while counting goes on.
func (s *stats) of(e *micro.Endpoint) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	copied := figures{ByStatus: map[int]int{}}
	if f := s.byName[e.Name]; f != nil {
		copied.Answered, copied.Errors, copied.Took = f.Answered, f.Errors, f.Took
		for status, n := range f.ByStatus {
			copied.ByStatus[status] = n
		}
	}
	return copied
}
