package incident

import (
	"math"
	"math/rand/v2"
	"testing"
)

// However a square is asked for again, its middle stays its middle; and it is never further from the place than half the
// square's diagonal.
func TestACoarsePointIsTheMiddleOfItsSquare(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		point := []float64{r.Float64()*360 - 180, r.Float64()*170 - 85}
		km := 1 + r.Float64()*99
		n, ok := Coarse(point, km)
		if !ok || n.check() != nil {
			t.Fatalf("%v within %v: got %v, %v", point, km, n, n.check())
		}
		north := (point[1] - n.Point[1]) * kmPerDegree
		east := (point[0] - n.Point[0]) * kmPerDegree * math.Cos(n.Point[1]*math.Pi/180)
		if math.Hypot(north, east) > km*math.Sqrt2/2+0.01 {
			t.Fatalf("%v within %v: %v is %.1f km away", point, km, n.Point, math.Hypot(north, east))
		}
	}
}

func TestPlacesInOneSquareGiveOnePoint(t *testing.T) {
	a, _ := Coarse([]float64{37.1601, 36.2021}, 10)
	b, _ := Coarse([]float64{37.1612, 36.2029}, 10)
	if a.Point[0] != b.Point[0] || a.Point[1] != b.Point[1] {
		t.Errorf("got %v and %v: two reports of one place tell more than one", a, b)
	}
}

func TestWhatIsNoCoarsePoint(t *testing.T) {
	for _, n := range []Near{
		{Point: []float64{37.16, 36.2}, WithinKm: 10}, {Point: []float64{37.16}, WithinKm: 10}, {Point: []float64{200, 36}, WithinKm: 10}, {Point: []float64{math.NaN(), 0}, WithinKm: 10},
		{Point: []float64{0, 0}, WithinKm: 0.5}, {Point: []float64{0, 0}, WithinKm: 501}, {Point: []float64{0, 0}, WithinKm: math.NaN()}, {WithinKm: 10},
	} {
		if n.check() == nil {
			t.Errorf("%+v passes", n)
		}
	}
	if (Near{}).check() != nil {
		t.Error("nothing is refused")
	}
}
