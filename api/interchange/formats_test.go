package interchange

import (
	"strings"
	"testing"

	"truceledger/projections"
)

const acledTable = `event_id_cnty;event_date;time_precision;event_type;sub_event_type;actor1;assoc_actor_1;actor2;country;admin1;admin2;location;latitude;longitude;geo_precision;source;fatalities;notes
SYR1;2016-05-04;1;Explosions/Remote violence;Air/drone strike;Military Forces of Syria;;Civilians (Syria);Syria;Aleppo;Jebel Saman;Aleppo;36.2;37.1;1;SOHR; Reuters;3;A strike.
SYR2;2016-05-04;1;Explosions/Remote violence;Air/drone strike;Military Forces of Syria;;Civilians (Syria);Syria;Aleppo;Jebel Saman;Aleppo;36.2;37.1;1;"SOHR; Reuters";3;A strike.
SYR3;05 May 2016;2;Violence against civilians;Attack;IS;;Civilians (Syria);Syria;Aleppo;;North of Aleppo;36.4;37.1;2;SOHR;0;
SYR4;2016-05-06;3;Battles;Armed clash;IS;FSA;SDF;Syria;Aleppo;;Aleppo;36.4;37.1;3;SOHR;1;
SYR5;2016-05-06;4;Battles;Armed clash;IS;;SDF;Syria;Aleppo;;Aleppo;36.4;37.1;3;SOHR;1;
`

func TestACLED(t *testing.T) {
	w := newWorld(t)
	total, told := w.load("acled", acledTable, Settings{Zone: "Asia/Damascus"})
	if total.Stored != 3 || total.Quarantined != 2 || told[0].Code != "wrong-width" || told[1].Code != "bad-date" {
		t.Fatalf("got %+v %+v", total, told)
	}
	all := w.incidents(projections.IncidentFilter{})
	if got := all[0]; got.Type != "air_drone_strike" || len(got.Accused) != 0 || len(got.Sources) != 2 || got.Targets[0] != "civilians" || *got.Casualties[0].Best != 3 {
		t.Errorf("got %+v: the order of actors must blame nobody", got)
	}
	if got := all[1]; len(got.Accused) != 1 || got.Accused[0] != "acled-is" || got.At.String() != "2016-05-02/2016-05-08" && got.At.Latest.Sub(got.At.Earliest).Hours() != 7*24 {
		t.Errorf("got %+v %s: violence against civilians names who did it, and a week is a week", got, got.At)
	}
	if got := all[2].At.String(); got != "2016-05" {
		t.Errorf("got %s, want the month", got)
	}
	if got := w.incidents(projections.IncidentFilter{Place: "syria-aleppo"}); len(got) != 3 {
		t.Errorf("got %d incidents in the governorate, want 3", len(got))
	}
	if again, _ := w.load("acled", acledTable, Settings{Zone: "Asia/Damascus"}); again.Entries != 0 {
		t.Errorf("the second run stored %d", again.Entries)
	}
}

const paxTable = `Con,AgtId,Agt,Dat,Status,Stage,StageSub,Part,ThrdPart
Syria,1507,Joint Statement on Cessation of Hostilities,2016-02-22,Multiparty signed/agreed,Cea,Ceas,"Russian Federation (Sergey Lavrov); United States [signed]",United Nations (witness)
Syria,1508,Declaration,23/02/2016,Unilateral document,Cea,Ceas,Ahrar,
Syria,1509,Constitution,2016-02-24,Multiparty signed/agreed,SubComp,Fr,A; B,
Syria,1510,No date,unknown,Multiparty signed/agreed,Cea,Ceas,A; B,
Sudan/South Sudan,1511,Unclear,2016-02-25,Status unclear,Cea,Rel,A; B,
`

func TestPAX(t *testing.T) {
	w := newWorld(t)
	total, told := w.load("pa-x", paxTable, Settings{})
	if total.Stored != 3 || total.Quarantined != 2 || told[0].Code != "not-a-ceasefire" || told[1].Code != "bad-date" {
		t.Fatalf("got %+v %+v", total, told)
	}
	want := map[string]string{"pa-x-1507": "agreed", "pa-x-1508": "agreed", "pa-x-1511": "proposed"}
	for id, status := range want {
		v, err := w.views.Ceasefire(t.Context(), id, w.now())
		if err != nil || v.Status != status {
			t.Errorf("%s: got %q %v, want %q", id, v.Status, err, status)
		}
		if id == "pa-x-1507" && (len(v.Parties) != 2 || len(v.Guarantors) != 1 || strings.Contains(v.Parties[0], "lavrov")) {
			t.Errorf("got %+v", v)
		}
	}
	if again, _ := w.load("pa-x", paxTable, Settings{}); again.Entries != 0 || again.Unchanged != 3 {
		t.Errorf("the second run: %+v", again)
	}
}

const ethTable = `cf_id,location,actor_name,cf_dec_yr,cf_dec_month,cf_dec_day,cf_effect_yr,cf_effect_month,cf_effect_day,end_yr,end_month,end_day,ceasefire_type,purpose_1,implement
SYR-1,Syria,Government of Syria,2016,2,22,2016,2,27,2016,7,-1,2,2,1
SYR-1,Syria,Syrian insurgents,2016,2,26,2016,2,27,2016,7,-1,2,2,1
SYR-2,Syria,Ahrar,2016,5,-1,-1,-1,-1,-1,-1,-1,-1,1,0
SYR-3,Syria,Ahrar,-1,,,,,,,,,,,
SYR-4,Syria,,2016,5,5,,,,,,,,,
`

func TestEthPrio(t *testing.T) {
	w := newWorld(t)
	total, told := w.load("eth-prio", ethTable, Settings{})
	if total.Rows != 5 || total.Stored != 3 || total.Quarantined != 2 {
		t.Fatalf("got %+v %+v", total, told)
	}
	v, err := w.views.Ceasefire(t.Context(), "eth-prio-syr-1", w.now())
	if err != nil || v.Status != "in_force" || v.Class != "preliminary_ceasefire" || len(v.Parties) != 2 || len(v.Views) != 1 || v.Views[0].Status != "lapsed" {
		t.Errorf("got %+v %v, want in force by the ledger and lapsed in the table's view", v, err)
	}
	if v, err := w.views.Ceasefire(t.Context(), "eth-prio-syr-2", w.now()); err != nil || v.Class != "humanitarian_pause" || v.Status != "agreed" {
		t.Errorf("got %+v %v", v, err)
	}
	if again, _ := w.load("eth-prio", ethTable, Settings{}); again.Entries != 0 {
		t.Errorf("the second run: %+v", again)
	}
}

const mappingFile = `
command: violate
name: field-office
key: "{no}"
zone: Asia/Damascus
fields:
  by: {actor: field-office, name: Our field office, kind: organisation}
  at: {column: when, date: "02.01.2006 15:04"}
  place: {place: "{district} {village}", name: "{village}", longitude: lon, latitude: lat, parent: {place: "{district}", name: "{district}"}}
  type: {column: kind, values: {Beschuss: shelling, Luftangriff: air_strike}}
  accused: [{actor: "{who}", name: "{who}"}]
  casualties: [{unit: people, outcome: killed, best: {column: dead, number: true}}]
  sources: [{source: "office {no}", title: "Report {no}", published: "2016-05-05"}]
  description: "{text}"
`

const mappedTable = "no\twhen\tdistrict\tvillage\tlon\tlat\tkind\twho\tdead\ttext\n" +
	"1\t04.05.2016 21:30\tNorth\tFord\t37.1\t36.2\tBeschuss\tSouth\t2\tAt the ford.\n" +
	"2\t04.05.2016 22:00\tNorth\tFord\t37.1\t36.2\tLärm\tSouth\t2\t\n" +
	"3\t05.05.2016 22:00\tNorth\tMill\t37.2\t36.2\tLuftangriff\t\t0\t\n"

func TestAnyTableByAMapping(t *testing.T) {
	w := newWorld(t)
	s := Settings{Mapping: []byte(mappingFile)}
	total, told := w.load("csv", mappedTable, s)
	if total.Stored != 2 || total.Quarantined != 1 || told[0].Code != "unknown-value" {
		t.Fatalf("got %+v %+v", total, told)
	}
	v, err := w.views.Incident(t.Context(), "field-office-1", w.now())
	if err != nil || v.By != "field-office" || v.Place != "north-ford" || v.Type != "shelling" || v.Accused[0] != "south" ||
		*v.Casualties[0].Best != 2 || v.At.Earliest.Format("15:04") != "18:30" || v.Sources[0].Source != "office-1" {
		t.Errorf("got %+v %v", v, err)
	}
	if again, _ := w.load("csv", mappedTable, s); again.Entries != 0 {
		t.Errorf("the second run: %+v", again)
	}
}

func TestAMappingThatCannotWorkIsRefused(t *testing.T) {
	for name, m := range map[string]string{
		"needs a mapping":   "",
		"begins no record":  "command: agree\nname: x\nkey: a\nfields: {by: b}",
		"must be an id":     "command: violate\nname: X Y\nkey: a\nfields: {by: b}",
		"are required":      "command: violate\nname: x\nfields: {by: b}",
		"mapping: ":         "comand: violate",
		"is no format: one": "-",
	} {
		format := "csv"
		if m == "-" {
			format = "excel"
		}
		if _, err := NewFormat(format, Settings{Mapping: []byte(m)}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: got %v, want %q", m, err, name)
		}
	}
}

func TestSlugsDoNotMeet(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"Aleppo", "حلب", "حمص", "Al-Bab", strings.Repeat("x", 80), strings.Repeat("x", 81), "Köln", "Zürich 1"} {
		id := slug(name)
		if other, met := seen[id]; met {
			t.Errorf("%q and %q share %q", name, other, id)
		}
		if seen[id] = name; !incidentRefOK(id) {
			t.Errorf("%q is no id for %q", id, name)
		}
	}
}
