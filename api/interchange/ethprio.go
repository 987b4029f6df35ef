package interchange

import (
	"fmt"
	"strconv"
	"strings"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/when"
)

// ethPrio reads the ETH/PRIO civil conflict ceasefire table: one row for each actor's declaration, rows of one ceasefire
// beside each other.
type ethPrio struct{ Settings }

func (ethPrio) Name() string      { return "eth-prio" }
func (ethPrio) Grouped() bool     { return true }
func (ethPrio) Kind() domain.Kind { return domain.KindCeasefire }
func (ethPrio) Prefix() string    { return "eth-prio" }
func (ethPrio) Key(r Row) string  { return r.Get("cf_id") }
func (ethPrio) Columns() []string {
	return []string{"cf_id", "location", "actor_name", "cf_dec_yr", "cf_dec_month", "cf_dec_day"}
}

// Translate makes one proposal of the rows of a ceasefire, each row's actor consenting on its own day, and the table's own
// view of the term: that it ended is what the coders saw, not what anybody did.
func (f ethPrio) Translate(rows []Row) (Item, error) {
	r, n := rows[0], &needs{}
	declared, err := f.date(r, "cf_dec")
	if err != nil {
		return Item{}, err
	}
	if declared.IsZero() {
		return Item{}, unfit("bad-date", "the row has no year of declaration")
	}
	from, err := f.date(r, "cf_effect")
	if err != nil {
		return Item{}, err
	}
	p := &ceasefire.Propose{Ceasefire: recordOf(f, f.Key(r)).ID}
	p.Occurred, p.Class, p.From = declared, ethClass(rows), from
	source := n.source("eth-prio", "ETH/PRIO Civil Conflict Ceasefire Dataset", "", "ETH/PRIO Civil Conflict Ceasefire Dataset")
	p.Sources = []domain.SourceRef{{Source: source, Modality: domain.Asserts}}
	if r.Get("location") == "" {
		return Item{}, unfit("no-place", "the row names no location")
	}
	p.Area = domain.Places{n.place(slug(r.Get("location")), r.Get("location"), "", nil)}
	p.Title = "Ceasefire " + f.Key(r) + ", " + r.Get("location")
	p.Note = note("ETH/PRIO "+f.Key(r), r, "ucdp_acd_id", "ucdp_dyad", "ceasefire_type", "purpose_1", "purpose_2", "mediator_nego", "implement", "enforcement", "written", "geography", "timing", "ddr", "nsa_frac")
	consents, err := f.consents(rows, n, p)
	if err != nil {
		return Item{}, err
	}
	view, err := f.view(r, n, p)
	if err != nil {
		return Item{}, err
	}
	return Item{Needs: n.list, Parts: append(append([]Part{{Command: p}}, consents...), view...)}, nil
}

func (f ethPrio) consents(rows []Row, n *needs, p *ceasefire.Propose) (parts []Part, err error) {
	for _, r := range rows {
		name := r.Get("actor_name")
		if name == "" {
			return nil, unfit("no-party", "row %d names no actor", r.Number)
		}
		actor := n.actor("eth-prio-"+slug(name), name)
		on, err := f.date(r, "cf_dec")
		if err != nil {
			return nil, err
		}
		if on.IsZero() {
			on = p.Occurred
		}
		if contains(p.Parties, actor) {
			continue
		}
		p.Parties = append(p.Parties, actor)
		c := &ceasefire.Agree{}
		c.Header, c.Ceasefire = domain.Header{By: actor, Occurred: on, Sources: p.Sources}, p.Ceasefire
		parts = append(parts, Part{Name: "agree/" + actor, Command: c})
	}
	p.By = p.Parties[0]
	return parts, nil
}

// view attests what the table holds the term to have been, where it says when it ended.
func (f ethPrio) view(r Row, n *needs, p *ceasefire.Propose) ([]Part, error) {
	end, err := f.date(r, "end")
	if err != nil || end.IsZero() {
		return nil, err
	}
	yes := true
	c := &ceasefire.Attest{}
	c.By, c.Ceasefire, c.Sources, c.Occurred = n.organisation("eth-prio", "ETH/PRIO Civil Conflict Ceasefire Dataset"), p.Ceasefire, p.Sources, p.Occurred
	c.InForce, c.Until = &yes, end
	if c.From = p.From; c.From.IsZero() {
		c.From = p.Occurred
	}
	return []Part{{Name: "term", Command: c}}, nil
}

func ethClass(rows []Row) ceasefire.Class {
	switch r := rows[0]; {
	case r.Get("purpose_1") == "1":
		return "humanitarian_pause"
	case r.Get("ceasefire_type") == "1":
		return "definitive_ceasefire"
	case r.Get("ceasefire_type") == "2" && r.Get("implement") == "1":
		return "preliminary_ceasefire" // it has a mechanism to see to it
	case len(rows) == 1:
		return "unilateral_declaration"
	}
	return "cessation_of_hostilities"
}

// date joins year, month and day as far as they are known: -1, 0, 99 and nothing mean that they are not.
func (f ethPrio) date(r Row, prefix string) (when.When, error) {
	text, known := "", true
	for i, column := range []string{prefix + "_yr", prefix + "_month", prefix + "_day"} {
		v := strings.TrimSuffix(r.Get(column), ".0")
		n, err := strconv.Atoi(v)
		switch {
		case v == "" || v == "NA" || err == nil && (n <= 0 || n == 99):
			known = false
		case err != nil:
			return when.When{}, unfit("bad-date", "%s is %q, not a number", column, v)
		case known && i == 0:
			text = fmt.Sprintf("%04d", n)
		case known:
			text += fmt.Sprintf("-%02d", n)
		}
	}
	if text == "" {
		return when.When{}, nil
	}
	w := when.When{At: text, Zone: firstOf(f.Zone, "UTC")}
	if _, err := w.Resolve("UTC"); err != nil {
		return w, unfit("bad-date", "%s: %s", prefix, err)
	}
	return w, nil
}
