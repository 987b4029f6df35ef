package interchange

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"truceledger/domain"
	"truceledger/domain/incident"
	"truceledger/domain/registry"
	"truceledger/domain/when"
)

// slug makes an id of a name: letters and digits of the Latin script, hyphens between. A name that leaves nothing, or too
// much, keeps its identity in a part of its hash: two names never share an id by being cut.
func slug(name string) string {
	var b strings.Builder
	lost := false
	for _, r := range norm.NFD.String(strings.ToLower(name)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r): // an accent, apart from its letter
		case unicode.IsLetter(r):
			lost = true
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	s := strings.TrimRight(b.String(), "-")
	const most = 64
	if s == "" || lost || len(s) > most {
		sum := sha256.Sum256([]byte(name))
		tail := hex.EncodeToString(sum[:4])
		s = strings.Trim(strings.TrimRight(s[:min(len(s), most-9)], "-")+"-"+tail, "-")
	}
	return s
}

// needs collects the register's entries that an item names, each once.
type needs struct {
	list []domain.Command
	seen map[domain.Ref]bool
}

func (n *needs) add(c domain.Command) string {
	if n.seen == nil {
		n.seen = map[domain.Ref]bool{}
	}
	if ref := c.Target(); !n.seen[ref] {
		n.seen[ref] = true
		n.list = append(n.list, c)
	}
	return c.Target().ID
}

func (n *needs) place(id, name, parent string, point []float64) string {
	return n.add(&registry.RegisterPlace{Place: id, Name: name, Parent: parent, Point: point})
}

// actor registers who is named. What a name tells of its kind is its form only: a government is a state, several names are
// a coalition, anything else that fights is an armed group.
func (n *needs) actor(id, name string) string {
	kind := registry.ActorKind("armed_group")
	switch {
	case strings.HasPrefix(name, "Government of "), strings.HasPrefix(name, "Military Forces of "), strings.HasPrefix(name, "Police Forces of "):
		kind = "state"
	case strings.Contains(name, ", "):
		kind = "coalition"
	}
	return n.add(&registry.RegisterActor{Actor: id, Name: name, Kind: kind})
}

func (n *needs) organisation(id, name string) string {
	return n.add(&registry.RegisterActor{Actor: id, Name: name, Kind: "organisation"})
}

// source registers what a row cites; published is a date, "" where none is known.
func (n *needs) source(prefix, publisher, published, title string) string {
	if title == "" {
		title = publisher
	}
	sum := sha256.Sum256([]byte(publisher + "\x00" + published + "\x00" + title))
	c := &registry.RegisterSource{
		Source: prefix + "-source-" + hex.EncodeToString(sum[:8]), Title: title, Publisher: publisher,
	}
	if _, err := time.Parse(time.DateOnly, published); err == nil {
		c.Published = when.When{At: published, Zone: "UTC"}
	}
	return n.add(c)
}

// number reads a count of people; ok is false for anything else.
func number(s string) (n int, ok bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// point reads longitude and latitude, nil where there are none.
func point(longitude, latitude string) ([]float64, error) {
	if longitude == "" && latitude == "" {
		return nil, nil
	}
	lon, err1 := strconv.ParseFloat(longitude, 64)
	lat, err2 := strconv.ParseFloat(latitude, 64)
	if err1 != nil || err2 != nil || lon < -180 || lon > 180 || lat < -90 || lat > 90 {
		return nil, unfit("no-place", "%q, %q is no longitude and latitude", longitude, latitude)
	}
	return []float64{lon, lat}, nil
}

func killed(unit domain.Unit, n int) incident.Casualties {
	return incident.Casualties{Unit: unit, Outcome: "killed", Qualifier: "exact", Best: &n}
}

// dated reads a day in one of the layouts and returns it as the ledger writes days.
func dated(s string, layouts ...string) (time.Time, error) {
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, unfit("bad-date", "%q is no date", s)
}

func day(t time.Time) string { return t.Format(time.DateOnly) }
