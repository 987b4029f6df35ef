package browser

import (
	"strings"
	"testing"
)

// TestPictures shows the main pages, and keeps their pictures where they are asked for.
func TestPictures(t *testing.T) {
	s := start(t, "demo")
	for _, c := range []struct {
		name, path string
		as         sight
	}{
		{"overview", "/?lang=en&effective_at=2016-05-04T09:00:00Z", desk},
		{"overview-night", "/?lang=en&effective_at=2016-05-01T18:00:00Z", night},
		{"then-and-now", "/?lang=en&effective_at=2016-05-06T09:00:00Z&reported_by=2016-05-05T12:00:00Z", desk},
		{"overview-arabic", "/?lang=ar&content=ar&effective_at=2016-05-04T09:00:00Z", desk},
		{"ceasefire", "/ceasefires/aleppo-silence?lang=en&effective_at=2016-05-06T09:00:00Z", desk},
		{"sources", "/sources?lang=en", desk},
		{"incidents", "/incidents?lang=fr", desk},
		{"form", "/act/extend?lang=en&ceasefire=aleppo-silence&by=russia", desk},
		{"phone", "/?lang=ru&effective_at=2016-05-04T09:00:00Z", phone},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := open(t, c.as)
			if strings.HasPrefix(c.path, "/act") {
				p.signIn(s)
			}
			p.visit(s.url(c.path))
			p.shoot(c.name)
			p.quiet()
		})
	}
}
