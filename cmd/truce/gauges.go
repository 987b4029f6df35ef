package main

import (
	"context"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"truceledger/eventstore/jetstream"
	"truceledger/eventstore/proof"
)

// gauges are the figures of the node itself, beside those of its interface.
func (n *node) gauges(s *settings) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	gauge := func(name, help string, f func() float64) {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f))
	}
	revision, modified := commit()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "truce_build_info", Help: "1, with what runs as labels.",
		ConstLabels: prometheus.Labels{"version": version(), "commit": revision, "modified": strconv.FormatBool(modified), "go": runtime.Version()},
	})
	build.Set(1)
	registry.MustRegister(build)
	if !s.mirror.readOnly {
		gauge("truce_writable", "Whether commands can be stored: 0 where the node has stopped writing, the disk takes nothing, or the log cannot be reached.", func() float64 {
			if n.ledger.Stopped() != nil || n.halted() != nil || n.logState().Last == 0 {
				return 0
			}
			return 1
		})
		gauge("truce_commands_waiting", "Commands under way: being decided or stored, or waiting for their turn.", func() float64 { return float64(n.ledger.Waiting()) })
	}
	if n.embedded != nil {
		registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "truce_engine_restarts_total", Help: "How often the embedded engine was started again because a write had failed.",
		}, func() float64 { return float64(n.embedded.Restarts()) }))
	}
	gauge("truce_projections_stopped", "1 where the read models have met an entry that they cannot read.", func() float64 {
		if n.models.State().Stopped {
			return 1
		}
		return 0
	})
	gauge("truce_log_bytes", "What the log takes on disk.", func() float64 { return float64(n.logState().Bytes) })
	gauge("truce_disk_free_bytes", "What is free where the data folder is; -1 where this system does not tell.", func() float64 {
		free, err := jetstream.FreeBytes(s.data)
		if err != nil {
			return -1
		}
		return float64(free)
	})
	gauge("truce_disk_reserve_bytes", "Below this nothing is written.", func() float64 { return float64(s.reserve << 20) })
	if n.proof != nil {
		gauge("truce_head_sequence", "The newest entry that a signed head covers.", n.signed)
		gauge("truce_head_signed_timestamp_seconds", "When the newest head was signed, in Unix time; 0 before the first of this process.", func() float64 {
			return unixSeconds(n.proof.notary.Signed())
		})
		n.proof.courier.gauges(registry)
	}
	return registry
}

// gauges tell of each witness when it last cosigned a head.
func (c *courier) gauges(registry *prometheus.Registry) {
	if c == nil {
		return
	}
	for name := range c.witnesses() {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "truce_witness_cosigned_timestamp_seconds", Help: "When a witness last cosigned a head, in Unix time; 0 where it has not since the start.",
			ConstLabels: prometheus.Labels{"witness": name},
		}, func() float64 { return unixSeconds(c.witnesses()[name]) }))
	}
}

func unixSeconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// logState asks the log for its extent; nothing where it cannot be reached.
func (n *node) logState() jetstream.State {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	state, err := n.log.State(ctx)
	if err != nil {
		return jetstream.State{}
	}
	return state
}

func (n *node) signed() float64 {
	text, err := n.proof.heads.Last()
	if err != nil || text == nil {
		return 0
	}
	head, err := proof.OpenHead(text, n.proof.keeper.Verifier())
	if err != nil {
		return 0
	}
	return float64(head.Size)
}
