package browser

import (
	"os"
	"strings"
	"testing"
)

// TestPictures keeps pictures of the main pages in docs/screenshots, where they are asked for.
func TestPictures(t *testing.T) {
	if os.Getenv("TRUCE_SCREENSHOTS") == "" {
		t.Skip("set TRUCE_SCREENSHOTS=1 to take the pictures of the documentation again")
	}
	t.Parallel()
	s := demo(t)
	for _, c := range []struct {
		name, path string
		as         sight
	}{
		{"overview", "/?lang=en&effective_at=2016-05-04T09:00:00Z", desk},
		{"overview-wide", "/?lang=en&effective_at=2016-05-04T09:00:00Z", wide},
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
			if c.name == "form" {
				p.fill("lasting", "PT72H")
				p.fill("occurred.at", "2016-05-09T20:00+03:00")
				p.click(".send-row button")
				p.await(`document.querySelector(".reads")`)
			}
			p.shoot(c.name)
			p.quiet()
		})
	}
}
