package incident

import (
	"math"

	"truceledger/domain"
)

// Near is where something happened, as exactly as everybody may know. Its point is the middle of a square of a fixed grid:
// the same place gives the same point however often it is reported, so that many reports together tell no more than one.
type Near struct {
	Point    []float64 `json:"point" doc:"Longitude and latitude of the square's middle, in degrees, WGS 84." required:"true"`
	WithinKm float64   `json:"within_km" doc:"The side of the square in kilometres, from 1 to 500." required:"true"`
}

// IsZero reports whether nothing is said of where.
func (n Near) IsZero() bool { return n.Point == nil && n.WithinKm == 0 }

const (
	leastKm     = 1
	mostKm      = 500
	kmPerDegree = 111.32 // of latitude
)

// Coarse returns the middle of the square, of side km kilometres, that a point (longitude, latitude in degrees) lies in. ok
// is false for what is no point or no such side.
func Coarse(point []float64, km float64) (n Near, ok bool) {
	if len(point) != 2 || !within(point[0], 180) || !within(point[1], 90) || !(km >= leastKm && km <= mostKm) {
		return Near{}, false
	}
	side := km / kmPerDegree
	lat := middle(point[1], side, 90)
	lon := middle(point[0], side/math.Max(math.Cos(lat*math.Pi/180), 0.01), 180)
	return Near{Point: []float64{rounded(lon), rounded(lat)}, WithinKm: km}, true
}

// middle is that of the step of the given width that x lies in, not beyond the edge of the map.
func middle(x, width, edge float64) float64 {
	return math.Max(-edge, math.Min(edge, (math.Floor(x/width)+0.5)*width))
}

// rounded keeps five decimals, about a metre: a middle is exact enough with them, and reads well.
func rounded(x float64) float64 { return math.Round(x*1e5) / 1e5 }

func within(x, most float64) bool { return x >= -most && x <= most }

// check refuses a point that is more exact than its square. It repeats nothing of it.
func (n Near) check() error {
	if n.IsZero() {
		return nil
	}
	coarse, ok := Coarse(n.Point, n.WithinKm)
	switch {
	case !ok && (n.WithinKm < leastKm || n.WithinKm > mostKm):
		return domain.Field("near.within_km", "must be from %d to %d kilometres", leastKm, mostKm)
	case !ok:
		return domain.Field("near.point", "must be a longitude and a latitude in degrees")
	case coarse.Point[0] != n.Point[0] || coarse.Point[1] != n.Point[1]:
		return domain.Field("near.point", "is more exact than near.within_km says: take the point that POST /v1/secrets (truce secret put --point) answers")
	}
	return nil
}
