package when

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // a bare machine has no zone files of its own
)

// zoneNames are the names in the IANA time zone database that this Go release carries, one a line, without "Factory",
// which means that nobody has set a zone. A fixed list keeps out what a machine's own zone directory would let in: other
// spellings on a case-blind disk, "localtime", "posixrules", and the leap-second clocks under "right/".
//
//go:embed zones.txt
var zoneNames string

var knownZones = sync.OnceValue(func() map[string]bool {
	known := make(map[string]bool)
	for name := range strings.Lines(zoneNames) {
		known[strings.TrimSuffix(name, "\n")] = true
	}
	return known
})

// loadedZones holds *time.Location by name. Only valid names get in, so that it cannot grow beyond a few thousand.
var loadedZones sync.Map

// LoadZone returns the zone that name stands for: an IANA name in its exact spelling (Asia/Damascus), "UTC", or a fixed
// offset from -14:00 to +14:00 (+03:00). The empty name and "Local" are refused: neither says where. Errors are of type
// *Error with the field "zone".
func LoadZone(name string) (*time.Location, error) {
	if zone, ok := loadedZones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := findZone(name)
	if err != nil {
		return nil, err
	}
	held, _ := loadedZones.LoadOrStore(strings.Clone(name), zone)
	return held.(*time.Location), nil
}

func findZone(name string) (*time.Location, error) {
	if name != "" && (name[0] == '+' || name[0] == '-') {
		return fixedZone(name)
	}
	if !knownZones()[name] {
		return nil, notAZone(name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, notAZone(name) // unreachable while zones.txt lists what time/tzdata holds
	}
	return zone, nil
}

// fixedZone reads ±HH:MM. ISO 8601 has no -00:00, and no place on earth has kept more than 14 hours since 1900.
func fixedZone(name string) (*time.Location, error) {
	s := scanner{rest: name[1:]}
	hours := s.number(2)
	s.need(':')
	minutes := s.number(2)
	seconds := (hours*60 + minutes) * 60
	if s.bad || s.rest != "" || minutes > 59 || seconds > 14*60*60 || name == "-00:00" {
		return nil, notAZone(name)
	}
	if name[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone(strings.Clone(name), seconds), nil
}

func notAZone(name string) error {
	problem := quote(name) + " is not a zone: give an IANA name in its exact spelling, such as Asia/Damascus, or UTC, " +
		"or an offset from -14:00 to +14:00, such as +03:00"
	if name == "" {
		problem = strconv.Quote(name) + " names no zone: give an IANA name, such as Asia/Damascus, or UTC, or an offset, such as +03:00"
	}
	return &Error{Field: "zone", Problem: problem}
}
