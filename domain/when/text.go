package when

import "time"

// String tells b in its own zone, in short and for people: an instant as "2016-05-05 01:00 Asia/Damascus", with seconds
// only where there are some; a whole day, month or year as "2016-05-02", "2016-02" or "2016"; everything else as
// "2016-05-03 18:00 to 2016-05-04 00:00 Asia/Damascus". Bounds in a zone that does not load are told in UTC. Unset bounds
// are empty.
func (b Bounds) String() string {
	if b.IsZero() {
		return ""
	}
	name, zone := b.Zone, time.UTC
	if found, err := LoadZone(b.Zone); err == nil {
		zone = found
	} else {
		name = "UTC"
	}
	switch whole := b.whole(zone); {
	case whole != "":
		return whole
	case b.IsInstant():
		return shown(b.Earliest.In(zone)) + " " + name
	}
	return b.fromTo(zone) + " " + name
}

// fromTo tells both edges. A time that the clocks showed twice would read the same on both sides, so it gets its offsets.
func (b Bounds) fromTo(zone *time.Location) string {
	earliest, latest := b.Earliest.In(zone), b.Latest.In(zone)
	from, to := shown(earliest), shown(latest)
	if from == to {
		from, to = from+earliest.Format("-07:00"), to+latest.Format("-07:00")
	}
	return from + " to " + to
}

// whole is the day, month or year that the bounds span, or empty if they do not span the whole of one: adding hours to a
// day leaves its precision, but no day.
func (b Bounds) whole(zone *time.Location) string {
	layouts := map[Precision]string{Day: "2006-01-02", Month: "2006-01", Year: "2006"}
	layout, ok := layouts[b.Precision]
	if !ok {
		return ""
	}
	text := b.Earliest.In(zone).Format(layout)
	m, err := readMoment(text)
	if err != nil || !firstAt(m.wall, zone).Equal(b.Earliest) || !firstAt(m.next(), zone).Equal(b.Latest) {
		return ""
	}
	return text
}

func shown(t time.Time) string {
	if t.Second() == 0 {
		return t.Format("2006-01-02 15:04")
	}
	return t.Format("2006-01-02 15:04:05")
}
