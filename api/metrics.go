package api

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the server's figures.
type metrics struct {
	http.Handler
	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	streams  prometheus.Gauge
	refused  *prometheus.CounterVec
	secrets  prometheus.Counter
}

// newMetrics registers the figures. No label holds anything that a caller chooses: routes are patterns, not paths.
func (a *API) newMetrics() *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "truce_http_requests_total", Help: "Requests answered, by route, method and status.",
		}, []string{"route", "method", "status"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "truce_http_request_duration_seconds", Help: "Time to answer, by route; a stream counts when it ends.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "truce_refused_total", Help: "Requests refused or failed, by the code of their problem.",
		}, []string{"code"}),
		secrets: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "truce_secret_reads_total", Help: "Sealed values that were read; each reading is on the record.",
		}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{Name: "truce_streams", Help: "Readers of the event stream."}),
	}
	gauge := func(name, help string, f func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f)
	}
	a.Metrics.MustRegister(m.requests, m.latency, m.streams, m.refused, m.secrets,
		gauge("truce_ledger_sequence", "The log's newest sequence; -1 where the log cannot be reached.", a.lastSequence),
		gauge("truce_projections_sequence", "How far the read models have come.", func() float64 { return float64(a.queries.Applied()) }),
		gauge("truce_projections_lag", "Entries that the read models are behind; -1 where the log cannot be reached.", a.lag),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	if a.Behind != nil {
		a.Metrics.MustRegister(
			gauge("truce_origin_lag", "Entries that this copy is behind its origin, as far as it knew when it last heard of it.", func() float64 {
				entries, _, _ := a.behindOrigin()
				return float64(entries)
			}),
			gauge("truce_origin_heard_seconds", "Seconds since this copy last heard of its origin; -1 where it has not since the start.", func() float64 {
				if _, heard, known := a.behindOrigin(); known {
					return heard.Seconds()
				}
				return -1
			}),
		)
	}
	m.Handler = promhttp.HandlerFor(a.Metrics, promhttp.HandlerOpts{DisableCompression: true})
	return m
}

func (a *API) lastSequence() float64 {
	ctx, cancel := context.WithTimeout(a.life, 2*time.Second)
	defer cancel()
	last, err := a.Log.Last(ctx)
	if err != nil {
		return -1
	}
	return float64(last)
}

func (a *API) lag() float64 {
	last := a.lastSequence()
	if last < 0 {
		return -1
	}
	return max(0, last-float64(a.queries.Applied()))
}

// knownMethod is the method of a request, where it is one that routes have.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete:
		return method
	}
	return "other"
}

// count takes note of one answer. code is of the problem that it told, "" for none.
func (m *metrics) count(r *http.Request, status int, code string, took time.Duration) {
	route := r.Pattern
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, knownMethod(r.Method), strconv.Itoa(status)).Inc()
	m.latency.WithLabelValues(route).Observe(took.Seconds())
	if status >= http.StatusBadRequest {
		m.refused.WithLabelValues(cmp.Or(code, "none")).Inc()
	}
}
