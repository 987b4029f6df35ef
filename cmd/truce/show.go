package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"truceledger/domain"
	"truceledger/domain/when"
)

func (p *program) showVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "show KIND/ID",
		Short:   "Show one record",
		Long:    "Show one record as it stands on the asked clocks. Times are told in the record's zone.",
		Example: "  truce show ceasefire/aleppo-silence\n  truce show ceasefire/aleppo-silence --effective-at 2016-05-06T12:00:00+03:00 --reported-by 2016-05-06T00:00:00Z\n  truce show tally/sohr-aleppo-civilians -o json",
		Args:    cobra.ExactArgs(1),
	}
	r := p.newReading(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		path, err := recordPath(args[0])
		if err != nil {
			return err
		}
		raw, err := r.one(c.Context(), path)
		if err != nil {
			return err
		}
		if *r.out == outputJSON {
			return r.printRaw(raw)
		}
		rows, err := describeRecord(raw)
		if err != nil {
			return err
		}
		return r.printTable([]column{{"", 20}, {"", 78}}, rows)
	}
	return c
}

// recordPath is where the server keeps a record.
func recordPath(ref string) (string, error) {
	record, err := domain.ParseRef(ref)
	if err != nil {
		return "", usageError{err}
	}
	kind, err := collectionOf(string(record.Kind))
	return kind.path() + "/" + record.ID, err
}

// describeRecord makes a row of each member of a record's answer that says something.
func describeRecord(raw []byte) ([][]string, error) {
	w := wordingOf(raw)
	var rows [][]string
	err := members(raw, func(name string, v jsontext.Value) {
		if said := w.tell(v, "\n"); said != "" && said != "0" && said != "false" {
			rows = append(rows, []string{visible(strings.ReplaceAll(name, "_", " ")), said})
		}
	})
	return rows, err
}

// members calls f for each member of an object, in order.
func members(raw []byte, f func(name string, v jsontext.Value)) error {
	in := jsontext.NewDecoder(bytes.NewReader(raw))
	if _, err := in.ReadToken(); err != nil {
		return err
	}
	for in.PeekKind() != '}' {
		name, err := in.ReadToken()
		if err != nil {
			return err
		}
		key := name.String()
		v, err := in.ReadValue()
		if err != nil {
			return err
		}
		f(key, v)
	}
	return nil
}

// A wording tells JSON to people. A ceasefire has a zone, in which all of its times are told. Other records' times have
// their own; what is a bare instant is told in the zone of when the record says that it happened.
type wording struct{ zone, instants string }

func wordingOf(raw []byte) wording {
	var head struct {
		Zone                    string
		At, Occurred, Published when.Bounds
		Latest                  struct {
			AsOf when.Bounds `json:"as_of"`
		}
		Statuses []struct{ Occurred when.Bounds }
	}
	_ = json.Unmarshal(raw, &head)
	w := wording{zone: head.Zone, instants: cmp.Or(head.Zone, head.At.Zone, head.Occurred.Zone, head.Latest.AsOf.Zone, head.Published.Zone)}
	if n := len(head.Statuses); w.instants == "" && n > 0 {
		w.instants = head.Statuses[n-1].Occurred.Zone
	}
	return w
}

// tell tells a value; the items of a list of objects are joined by between.
func (w wording) tell(v jsontext.Value, between string) string {
	switch v.Kind() {
	case '"':
		var s string
		_ = json.Unmarshal(v, &s)
		return w.text(s)
	case '{':
		return w.object(v)
	case '[':
		return w.list(v, between)
	case 'n':
		return ""
	}
	return string(v)
}

// text tells instants in the zone.
func (w wording) text(s string) string {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		b := when.At(t)
		b.Zone = w.instants
		return b.String()
	}
	return visible(s)
}

func (w wording) object(v jsontext.Value) string {
	var b when.Bounds
	if json.Unmarshal(v, &b) == nil && !b.IsZero() {
		if w.zone != "" {
			b.Zone = w.zone
		}
		if b.ZoneAssumed {
			return visible(b.String()) + " (zone assumed)"
		}
		return visible(b.String())
	}
	var parts []string
	_ = members(v, func(name string, v jsontext.Value) {
		if said := w.tell(v, "; "); said != "" {
			parts = append(parts, visible(strings.ReplaceAll(name, "_", " "))+" "+said)
		}
	})
	return strings.Join(parts, ", ")
}

func (w wording) list(v jsontext.Value, between string) string {
	var items []jsontext.Value
	_ = json.Unmarshal(v, &items)
	var parts []string
	for _, item := range items {
		if item.Kind() != '{' {
			between = ", "
		}
		parts = append(parts, w.tell(item, "; "))
	}
	return strings.Join(parts, between)
}
