package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"truceledger/api"
	"truceledger/domain/when"
	"truceledger/eventstore"
	"truceledger/eventstore/jetstream"
)

// Settings say how a node is run. Each is a flag, and TRUCE_* in the environment; the flag wins.
type settings struct {
	data     string
	listen   string
	zone     string
	stream   string
	replicas int
	nats     jetstream.DialOptions // no URL: embedded
	bus      busSettings
	alerts   alertSettings
	access   accessSettings
	mirror   mirrorSettings
	layers   []string // files with layers of the map
	built    [][]byte // layers that the program brings

	origin     string   // the host in the log's name; "" keeps the one it has
	signatures string   // which commands must be signed
	witnesses  []string // "KEY URL" each
	policy     string   // a file
}

const defaultListen = "127.0.0.1:8080"

// settingsFlags declares the flags of a node. data is the folder by default; "" is a throw-away one.
func (p *program) settingsFlags(c *cobra.Command, data string) *settings {
	s := &settings{}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&s.data, "data", data, "The `folder` that holds the ledger. Whoever loses it loses the record.")
	f.StringVar(&s.listen, "listen", defaultListen, "The `address` to serve on; port 0 takes a free one. Other machines only over TLS, or through a proxy.")
	f.StringVar(&s.zone, "zone", "UTC", "The `zone` of dates that are stated without one, for a ledger that is new; an existing one keeps its own.")
	f.StringVar(&s.nats.URL, "nats", "", "The `URL` of an external JetStream; by default one is embedded.")
	f.StringVar(&s.nats.CredsFile, "nats-creds", "", "NATS credentials, a `file`.")
	f.StringVar(&s.nats.CAFile, "nats-ca", "", "The authorities that may sign the NATS server's certificate, a PEM `file`.")
	f.StringVar(&s.nats.CertFile, "nats-cert", "", "Our own certificate for NATS, a PEM `file`; needs --nats-key.")
	f.StringVar(&s.nats.KeyFile, "nats-key", "", "The key of --nats-cert, a PEM `file`.")
	f.StringVar(&s.stream, "stream", jetstream.DefaultStream, "The `name` of the stream that holds the log.")
	f.StringArrayVar(&s.layers, "map-layer", nil, "A GeoJSON `file` drawn over the coastlines, with a title and a disclaimer beside its features. Repeat it for more.")
	f.IntVar(&s.replicas, "replicas", 0, "How many copies of the log a cluster keeps; 0 leaves it as it is.")
	s.mirror.declare(c)
	s.bus.declare(c)
	s.alerts.declare(c)
	s.access.declare(c)
	f.StringVar(&s.origin, "origin", "", "The `host` in the name of the log that its signed heads carry, such as ledger.example; it never changes later. Default localhost.")
	f.StringVar(&s.signatures, "signatures", "", "Which commands must be signed by their actors' keys: `off`, when-registered (those of actors with a key), required (all). A change is put on the record; by default it stays as it is, and a new ledger takes when-registered.")
	f.StringArrayVar(&s.witnesses, "witness", nil, "Ask this witness to cosign, `\"KEY URL\"`: the line that it prints at its start. May be repeated; all of them are the quorum.")
	f.StringVar(&s.policy, "policy", "", "Ask the witnesses of a policy instead (C2SP tlog-policy), a `FILE`.")
	return s
}

// fromEnvironment sets the flags that were not given from TRUCE_*.
func (p *program) fromEnvironment(c *cobra.Command) error {
	var failed error
	c.Flags().VisitAll(func(f *pflag.Flag) {
		name := "TRUCE_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		v := p.env(name)
		if f.Changed || v == "" || f.Name == "help" {
			return
		}
		if err := c.Flags().Set(f.Name, v); err != nil && failed == nil {
			failed = usage("%s=%s: %w", name, strconv.Quote(v), err)
		}
	})
	return failed
}

// check refuses settings that cannot work, before anything is opened.
func (s *settings) check() error {
	if _, err := when.LoadZone(s.zone); err != nil {
		return usage("--zone: %w", err)
	}
	if s.replicas < 0 || s.replicas > 5 {
		return usage("--replicas %d: a stream has 1 to 5 copies", s.replicas)
	}
	if s.nats.URL == "" && (s.nats.CredsFile != "" || s.nats.CAFile != "" || s.nats.CertFile != "" || s.replicas > 1) {
		return usage("--nats-creds, --nats-ca, --nats-cert and --replicas are for an external JetStream: name it with --nats")
	}
	if (s.nats.CertFile == "") != (s.nats.KeyFile == "") {
		return usage("--nats-cert and --nats-key go together: give both")
	}
	if err := errors.Join(s.mirror.check(s), s.bus.check(s), s.alerts.check()); err != nil {
		return err
	}
	switch eventstore.Signatures(s.signatures) {
	case "", eventstore.SignaturesOff, eventstore.SignaturesRegistered, eventstore.SignaturesRequired:
	default:
		return usage("--signatures %q is none of off, when-registered, required", s.signatures)
	}
	if len(s.witnesses) > 0 && s.policy != "" {
		return usage("--witness and --policy say the same: give one of them")
	}
	if err := checkListen(s.listen); err != nil {
		return err
	}
	return s.access.check(s)
}

// checkListen refuses what is no address to listen on.
func checkListen(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return usage("--listen %q: write it like 127.0.0.1:8080", address)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return usage("--listen %q: the port must be a number up to 65535", address)
	}
	return nil
}

// isLoopback reports whether only this machine can reach an address.
func isLoopback(address string) bool { return api.CheckLoopback(address) == nil }

// defaultData is where this system keeps a program's data for a user.
func (p *program) defaultData() string {
	if dir := p.env("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "truce")
	}
	if dir := p.env("LOCALAPPDATA"); runtime.GOOS == "windows" && dir != "" {
		return filepath.Join(dir, "truce")
	}
	home, err := os.UserHomeDir()
	if h := p.env("HOME"); h != "" {
		home, err = h, nil
	}
	if err != nil || home == "" {
		return ""
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", "truce")
	}
	return filepath.Join(home, ".local", "share", "truce")
}

// mapLayers reads the layers of the map: those of the program, then the operator's.
func (s *settings) mapLayers() (layers []api.Layer, err error) {
	for _, raw := range s.built {
		l, err := api.ParseLayer(raw)
		if err != nil {
			return nil, err
		}
		layers = append(layers, l)
	}
	for _, file := range s.layers {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, usage("--map-layer: %w", err)
		}
		l, err := api.ParseLayer(raw)
		if err != nil {
			return nil, usage("--map-layer %s: %w", file, err)
		}
		layers = append(layers, l)
	}
	return layers, nil
}
