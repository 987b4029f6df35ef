package interchange

import (
	"regexp"
	"strings"
	"time"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/when"
)

// pax reads the CSV of the PA-X peace agreements database: the agreements of its stage Cea become ceasefires.
type pax struct{ Settings }

func (pax) Name() string      { return "pa-x" }
func (pax) Grouped() bool     { return false }
func (pax) Kind() domain.Kind { return domain.KindCeasefire }
func (pax) Prefix() string    { return "pa-x" }
func (pax) Key(r Row) string  { return r.Get("AgtId") }
func (pax) Columns() []string {
	return []string{"AgtId", "Agt", "Dat", "Status", "Stage", "Con", "Part"}
}

// Translate makes a proposal of each agreement, and the consent of each party where PA-X says that it was signed or agreed.
func (f pax) Translate(rows []Row) (Item, error) {
	r, n := rows[0], &needs{}
	if r.Get("Stage") != "Cea" {
		return Item{}, unfit("not-a-ceasefire", "its stage is %q: only agreements of the stage Cea are ceasefires", r.Get("Stage"))
	}
	d, err := dated(r.Get("Dat"), time.DateOnly, "02/01/2006")
	if err != nil {
		return Item{}, err
	}
	parties := f.names(r.Get("Part"), n)
	if len(parties) == 0 {
		return Item{}, unfit("no-party", "the row names no party")
	}
	id := recordOf(f, f.Key(r)).ID
	on := when.When{At: day(d), Zone: firstOf(f.Zone, "UTC")}
	head := domain.Header{By: parties[0], Occurred: on, Sources: []domain.SourceRef{{
		Source: n.source("pa-x", "PA-X Peace Agreements Database", "", "Agreement "+f.Key(r)+": "+r.Get("Agt")), Modality: domain.Asserts,
	}}}
	p := &ceasefire.Propose{Header: head, Ceasefire: id}
	p.Title, p.Parties = r.Get("Agt"), parties
	p.Class = "cessation_of_hostilities"
	p.Guarantors = without(f.names(r.Get("ThrdPart"), n), parties)
	p.Note = note("PA-X "+f.Key(r), r, "Status", "Stage", "StageSub", "PPName", "Reg", "OthAgr", "Interim", "Ce", "CeProv", "CeGen", "ImE")
	for _, country := range regexp.MustCompile(`[/()]`).Split(r.Get("Con"), -1) {
		if country = strings.TrimSpace(country); country != "" {
			p.Area = append(p.Area, n.place(slug(country), country, "", nil))
		}
	}
	if len(p.Area) == 0 {
		return Item{}, unfit("no-place", "the row names no country")
	}
	status := r.Get("Status")
	if strings.HasPrefix(status, "Unilateral") {
		p.Class, p.Consent = "unilateral_declaration", parties[:1]
	}
	return Item{Needs: n.list, Parts: f.parts(p, status)}, nil
}

// parts adds the consents. Of an agreement whose status is unclear nothing is said but that it was put forward.
func (f pax) parts(p *ceasefire.Propose, status string) []Part {
	parts := []Part{{Command: p}}
	consenting := p.Parties
	switch {
	case strings.HasPrefix(status, "Unilateral"):
		consenting = p.Parties[:1]
	case !strings.HasPrefix(status, "Multiparty signed") && !strings.HasPrefix(status, "Agreement with"):
		return parts
	}
	for _, actor := range consenting {
		c := &ceasefire.Agree{}
		c.Header, c.Ceasefire = domain.Header{By: actor, Occurred: p.Occurred, Sources: p.Sources}, p.Ceasefire
		parts = append(parts, Part{Name: "agree/" + actor, Command: c})
	}
	return parts
}

// names registers the actors of a list in free text. What stands in brackets is how they signed, not who they are.
var aside = regexp.MustCompile(`\([^)]*\)|\[[^\]]*\]`)

func (f pax) names(text string, n *needs) (ids []string) {
	for _, name := range regexp.MustCompile(`[;\n\r]+`).Split(aside.ReplaceAllString(text, ""), -1) {
		name = strings.Trim(strings.TrimSpace(name), ",. ")
		if name == "" {
			continue
		}
		if id := n.actor("pa-x-"+slug(name), name); !contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func without(list, taken []string) (rest []string) {
	for _, x := range list {
		if !contains(taken, x) {
			rest = append(rest, x)
		}
	}
	return rest
}
