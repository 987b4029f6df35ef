package registry_test

import (
	"math"
	"testing"

	"truceledger/domain"
	. "truceledger/domain/registry"
	"truceledger/domain/when"
)

func actor(names map[string]string) *RegisterActor {
	return &RegisterActor{Actor: "msf", Name: "Médecins Sans Frontières", Kind: "organisation", Names: names}
}

func place(change func(*RegisterPlace)) *RegisterPlace {
	c := &RegisterPlace{Place: "aleppo", Name: "Aleppo", Parent: "syria"}
	if change != nil {
		change(c)
	}
	return c
}

func at(point ...float64) *RegisterPlace {
	return place(func(c *RegisterPlace) { c.Point = point })
}

func outline(kind string, coordinates ...any) *RegisterPlace {
	return place(func(c *RegisterPlace) { c.Geometry = &Geometry{Type: kind, Coordinates: coordinates} })
}

func source(url string, cites ...string) *RegisterSource {
	return &RegisterSource{Source: "s0", Title: "A report", URL: url, Cites: cites, Published: when.When{At: "2016-05-09", Phrase: "on Monday"}}
}

// p is a position, ps a list of positions or of lists, as JSON decodes them.
func p(numbers ...float64) []any {
	list := make([]any, len(numbers))
	for i, n := range numbers {
		list[i] = n
	}
	return list
}

func ps(items ...any) []any { return items }

// square is a closed ring.
func square() []any { return ps(p(37, 36), p(38, 36), p(38, 37), p(37, 37), p(37, 36)) }

func TestJudge(t *testing.T) {
	tests := []struct {
		name    string
		when    domain.Command
		refused string
	}{
		{name: "an actor has names by language", when: actor(map[string]string{"fr": "MSF", "ar": "أطباء بلا حدود", "zh-Hant-TW": "無國界醫生"})},
		{name: "a name stands under a language", when: actor(map[string]string{"french": "MSF"}), refused: "names"},
		{name: "not under a language of one letter", when: actor(map[string]string{"f": "MSF"}), refused: "names"},
		{name: "nor under nothing", when: actor(map[string]string{"": "MSF"}), refused: "names"},
		{name: "a name is not blank", when: actor(map[string]string{"fr": " "}), refused: "names.fr"},
		{name: "an actor is of some kind", when: &RegisterActor{Actor: "msf", Name: "MSF"}, refused: "kind"},

		{name: "a place needs no point", when: place(nil)},
		{name: "a place's names stand under languages", when: place(func(c *RegisterPlace) { c.Names = map[string]string{"1": "Aleppo"} }), refused: "names"},
		{name: "a point is longitude and latitude", when: at(37.16, 36.2)},
		{name: "the edges of the map are on it", when: at(-180, 90)},
		{name: "a point has two numbers", when: at(37.16), refused: "point"},
		{name: "a point has no altitude", when: at(37.16, 36.2, 379), refused: "point"},
		{name: "no longitude lies beyond 180", when: at(180.1, 36), refused: "point"},
		{name: "no latitude lies beyond 90", when: at(36, -90.1), refused: "point"},
		{name: "a longitude is a number", when: at(math.NaN(), 36), refused: "point"},
		{name: "a latitude is a number", when: at(37, math.NaN()), refused: "point"},

		{name: "an outline may be a point", when: outline("Point", p(37, 36)...)},
		{name: "with an altitude", when: outline("Point", p(37, 36, 379)...)},
		{name: "but nothing after it", when: outline("Point", p(37, 36, 379, 1)...), refused: "geometry.coordinates"},
		{name: "an outline may be points", when: outline("MultiPoint", p(37, 36), p(38, 36))},
		{name: "an outline may be a line", when: outline("LineString", p(37, 36), p(38, 36))},
		{name: "a line has two ends", when: outline("LineString", p(37, 36)), refused: "geometry.coordinates"},
		{name: "an outline may be lines", when: outline("MultiLineString", ps(p(37, 36), p(38, 36)))},
		{name: "each of them has two ends", when: outline("MultiLineString", ps(p(37, 36), p(38, 36)), ps(p(37, 36))), refused: "geometry.coordinates[1]"},
		{name: "an outline may be a polygon", when: outline("Polygon", square())},
		{name: "with a hole", when: outline("Polygon", square(), square())},
		{name: "a ring is closed", when: outline("Polygon", square()[:4]), refused: "geometry.coordinates[0]"},
		{name: "a ring has four positions", when: outline("Polygon", ps(p(37, 36), p(38, 36), p(37, 36))), refused: "geometry.coordinates[0]"},
		{name: "an outline may be polygons", when: outline("MultiPolygon", ps(square()), ps(square()))},
		{name: "their rings are closed", when: outline("MultiPolygon", ps(square()), ps(square()[1:])), refused: "geometry.coordinates[1][0]"},
		{name: "coordinates nest as their type says", when: outline("Polygon", square()...), refused: "geometry.coordinates[0][0]"},
		{name: "and no deeper", when: outline("LineString", square(), square()), refused: "geometry.coordinates[0]"},
		{name: "nor flat", when: outline("Polygon", p(37, 36)...), refused: "geometry.coordinates[0]"},
		{name: "nor flatter still", when: outline("LineString", p(37, 36)...), refused: "geometry.coordinates[0]"},
		{name: "a polygon has a ring", when: outline("Polygon"), refused: "geometry.coordinates"},
		{name: "a ring has positions", when: outline("Polygon", ps()), refused: "geometry.coordinates[0]"},
		{name: "positions are of numbers", when: outline("Point", "37", 36.0), refused: "geometry.coordinates[0]"},
		{name: "that are finite", when: outline("LineString", p(37, 36), p(math.Inf(1), 36)), refused: "geometry.coordinates[1][0]"},
		{name: "positions lie on the map", when: outline("LineString", p(37, 36), p(36, 137)), refused: "geometry.coordinates[1]"},
		{name: "a collection is no outline", when: outline("GeometryCollection"), refused: "geometry.type"},

		{name: "a source may have no address", when: source("")},
		{name: "a source's address is a page's", when: source("https://example.org/a?b=c")},
		{name: "a script is no address", when: source("javascript:alert(1)//https://"), refused: "url"},
		{name: "nor is a bare scheme", when: source("https://"), refused: "url"},
		{name: "nor an address with a blank", when: source("https://example.org/a b"), refused: "url"},
		{name: "a source may rest on others", when: source("", "s1", "s2")},
		{name: "a source does not rest on itself", when: source("", "s1", "s0"), refused: "cites-itself"},
		{name: "a source's hash is one", when: &RegisterSource{Source: "s0", Title: "A report", SHA256: "abc"}, refused: "sha256"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, err := begin(test.when.Target()).says(test.when)
			if got := refusal(err); got != test.refused {
				t.Fatalf("got refusal %q (%v), want %q", got, err, test.refused)
			}
			if (err == nil) != (len(d.Events) == 1) {
				t.Errorf("got events %v with %v", d.Events, err)
			}
		})
	}
}

func TestAPlaceDoesNotLieInItself(t *testing.T) {
	for name, test := range map[string]struct {
		parents facts
		want    string
	}{
		"a new parent":                      {facts{"syria": "levant"}, ""},
		"itself":                            {facts{"syria": "aleppo"}, "place-cycle"},
		"what lies in it, far down":         {facts{"syria": "levant", "levant": "asia", "asia": "aleppo"}, "place-cycle"},
		"a circle further up, not its work": {facts{"syria": "levant", "levant": "syria"}, ""},
	} {
		s := begin(domain.Ref{Kind: domain.KindPlace, ID: "aleppo"}, place(func(c *RegisterPlace) { c.Parent = "" }))
		s.facts = test.parents
		_, err := s.says(&domain.Correct{
			CorrectionTarget: domain.CorrectionTarget{Record: "place/aleppo", Sequence: 1}, Reason: "it lies there", Replacement: place(nil),
		})
		if got := refusal(err); got != test.want {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, test.want)
		}
	}
}

func TestTheRegisterSaysWhatTheCommandsSaid(t *testing.T) {
	a := FoldActor(begin(domain.Ref{Kind: domain.KindActor, ID: "msf"}, actor(map[string]string{"en": "Doctors Without Borders"})).readings())
	if !a.Exists() || a.ID != "msf" || a.Kind != "organisation" || a.Names["en"] != "Doctors Without Borders" {
		t.Errorf("got %+v", a)
	}
	p := FoldPlace(begin(domain.Ref{Kind: domain.KindPlace, ID: "aleppo"}, at(37, 36)).readings())
	if !p.Exists() || p.ID != "aleppo" || p.Parent != "syria" || p.Point[1] != 36 {
		t.Errorf("got %+v", p)
	}
	s := FoldSource(begin(domain.Ref{Kind: domain.KindSource, ID: "s0"}, source("https://example.org", "s1")).readings())
	if !s.Exists() || s.ID != "s0" || s.Published.String() != "2016-05-09" || s.Published.Phrase != "on Monday" || s.Cites[0] != "s1" {
		t.Errorf("got %+v", s)
	}
	if FoldActor(nil).Exists() || FoldPlace(nil).Exists() || FoldSource(nil).Exists() {
		t.Error("nothing is registered")
	}
}

func TestACorrectionReplacesWhatTheRegisterSays(t *testing.T) {
	s := begin(domain.Ref{Kind: domain.KindActor, ID: "msf"}, actor(nil), &domain.Correct{
		CorrectionTarget: domain.CorrectionTarget{Record: "actor/msf", Sequence: 1}, Reason: "it has aliases",
		Replacement: &RegisterActor{Actor: "msf", Name: "MSF", Kind: "organisation", Aliases: []string{"Doctors Without Borders"}},
	})
	if got := FoldActor(s.readings()); got.Name != "MSF" || len(got.Aliases) != 1 {
		t.Errorf("got %+v", got)
	}
}
