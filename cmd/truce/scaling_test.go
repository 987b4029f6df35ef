package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
)

// BenchmarkScaling puts a monitoring mission's reports on the record, command by command, as fast as one node takes them, and
// measures at each size what docs/scaling.md reckons with. TRUCE_SCALING names the sizes, in entries:
//
//	TRUCE_SCALING=10000,100000,300000 go test ./cmd/truce -run '^$' -bench Scaling -benchtime 1x -timeout 2h
func BenchmarkScaling(b *testing.B) {
	sizes := "5000,50000"
	if given := os.Getenv("TRUCE_SCALING"); given != "" {
		sizes = given
	}
	for size := range strings.SplitSeq(sizes, ",") {
		entries, err := strconv.Atoi(size)
		if err != nil {
			b.Fatalf("TRUCE_SCALING: %v", err)
		}
		b.Run(size, func(b *testing.B) {
			for b.Loop() {
				(&mission{b: b, dir: b.TempDir(), entries: entries}).run()
			}
			b.ReportMetric(0, "ns/op") // the whole of it says nothing
		})
	}
}

const (
	missionCallers    = 256
	missionCeasefires = 100
	missionPlaces     = 200
	missionActors     = 20
)

// A mission is a year of a monitoring mission, in a hurry.
type mission struct {
	b       *testing.B
	dir     string
	entries int
	node    *node

	nats     jetstream.DialOptions // where the log is kept; by default in this process
	replicas int
}

func (m *mission) run() {
	m.open()
	m.register()
	before, err := m.node.log.State(m.b.Context())
	if err != nil {
		m.b.Fatal(err)
	}
	m.b.ReportMetric(m.report(), "writes/s")
	after, err := m.node.log.State(m.b.Context())
	if err != nil {
		m.b.Fatal(err)
	}
	m.b.ReportMetric(float64(after.Bytes-before.Bytes)/float64(after.Last-before.Last), "log-B/entry")
	m.b.ReportMetric(float64(m.viewsBytes())/float64(after.Last), "views-B/entry")
	for _, q := range []struct{ metric, path string }{ // in this order: what is asked first decodes for those after
		{"one-ms", "/v1/incidents/i-7"},
		{"page-ms", "/v1/incidents?limit=100"},
		{"list-ms", "/v1/ceasefires?limit=100"},
		{"history-ms", "/v1/ceasefires/c-7/history?limit=100"},
		{"place-ms", "/v1/incidents?limit=100&place=place-7"},
		{"counts-ms", "/v1/incidents/counts?by=day"},
		{"web-ms", "/"},
	} {
		m.b.ReportMetric(m.ask(q.path), q.metric)
	}
	m.b.ReportMetric(resident(m.b), "RSS-MiB")
	began := time.Now()
	if err := m.node.models.Rebuild(m.b.Context(), nil); err != nil {
		m.b.Fatal(err)
	}
	m.b.ReportMetric(float64(after.Last)/time.Since(began).Seconds(), "rebuild/s")
	m.node.close()
	began = time.Now()
	m.open()
	m.b.ReportMetric(float64(time.Since(began).Milliseconds()), "start-ms")
	m.node.close()
}

func (m *mission) open() {
	n, err := openNode(m.b.Context(), &settings{data: m.dir, zone: "UTC", stream: "TRUCE", nats: m.nats, replicas: m.replicas, access: accessSettings{open: true}}, slog.New(slog.DiscardHandler))
	if err != nil {
		m.b.Fatal(err)
	}
	m.node = n
	if err := (&program{stderr: m.b.Output()}).awaitReady(m.b.Context(), n); err != nil {
		m.b.Fatal(err)
	}
}

// register puts on the record whom and what the reports speak of.
func (m *mission) register() {
	m.send(`{"command":"register-source","source":"mission","title":"The mission's daily reports"}`)
	m.send(`{"command":"register-actor","actor":"mission","name":"The mission","kind":"organisation"}`)
	for i := range missionActors {
		m.send(fmt.Sprintf(`{"command":"register-actor","actor":"actor-%d","name":"Actor %d","kind":"armed_group"}`, i, i))
	}
	for i := range missionPlaces {
		m.send(fmt.Sprintf(`{"command":"register-place","place":"place-%d","name":"Place %d"}`, i, i))
	}
	for i := range missionCeasefires {
		m.send(fmt.Sprintf(`{"command":"propose","ceasefire":"c-%d","title":"Ceasefire %d","class":"silence_regime","area":["place-%d"],"parties":["actor-%d","actor-%d"],`+
			`"monitors":["mission"],"from":"2017-01-01T00:00:00Z","until":"2037-01-01T00:00:00Z","by":"actor-%d","occurred":"2016-12-20"}`, i, i, i, i%missionActors, (i+1)%missionActors, i%missionActors))
	}
}

// report puts the entries on the record, and returns how many a second. One in twenty corroborates an earlier one.
func (m *mission) report() (perSecond float64) {
	var next atomic.Int64
	var callers sync.WaitGroup
	began := time.Now()
	for range missionCallers {
		callers.Go(func() {
			for i := next.Add(1); i <= int64(m.entries) && !m.b.Failed(); i = next.Add(1) {
				m.send(reported(int(i)))
			}
		})
	}
	callers.Wait()
	rate := float64(m.entries) / time.Since(began).Seconds()
	last, err := m.node.log.Last(m.b.Context())
	if err == nil {
		err = m.node.models.WaitFor(m.b.Context(), last)
	}
	if err != nil {
		m.b.Fatal(err)
	}
	return rate
}

func reported(i int) string {
	if i%20 == 0 && i > 4*missionCallers { // long enough ago to be there
		return fmt.Sprintf(`{"command":"corroborate","incident":"i-%d","by":"actor-%d","description":"seen by the local council","sources":[{"source":"mission"}]}`, i-4*missionCallers+7, i%missionActors)
	}
	at := time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i*79) * time.Second) // 400,000 in a year
	return fmt.Sprintf(`{"command":"violate","incident":"i-%d","by":"mission","ceasefires":["c-%d"],"at":%q,"occurred":%q,"place":"place-%d","type":"shelling","weapon":"mortar",`+
		`"accused":["actor-%d"],"count":%d,"description":"explosions heard from the observation post, assessed as outgoing","sources":[{"source":"mission"}]}`,
		i, i%missionCeasefires, at.Format(time.RFC3339), at.Format(time.RFC3339), i%missionPlaces, i%missionActors, 1+i%9)
}

func (m *mission) send(body string) {
	c, err := eventstore.DecodeCommand("", []byte(body))
	if err == nil {
		_, err = m.node.ledger.Execute(context.WithoutCancel(m.b.Context()), eventstore.Request{Command: c, Principal: "mission"})
	}
	if err != nil {
		m.b.Errorf("%s: %v", body, err)
	}
}

// ask returns the median time of an answer in milliseconds; of one that takes seconds the first.
func (m *mission) ask(path string) float64 {
	var took []time.Duration
	for len(took) < 5 && (len(took) == 0 || took[0] < time.Second) {
		answer := httptest.NewRecorder()
		began := time.Now()
		m.node.api.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil))
		took = append(took, time.Since(began))
		if answer.Code != http.StatusOK {
			m.b.Errorf("%s: %d %s", path, answer.Code, answer.Body)
		}
	}
	slices.Sort(took)
	return float64(took[len(took)/2].Microseconds()) / 1000
}

func (m *mission) viewsBytes() (bytes int64) {
	files, _ := filepath.Glob(filepath.Join(m.dir, "views", "*.db"))
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}

// resident is what the system holds for this process, in MiB; 0 where it does not say.
func resident(b *testing.B) float64 {
	runtime.GC()
	debug.FreeOSMemory()
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				b.Fatal(err)
			}
			return kib / 1024
		}
	}
	return 0
}
