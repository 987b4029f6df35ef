package browser

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// slideAndMeasure lets a page rest, and then drags the effective time through its range for some seconds, a step in every
// frame. It tells how long frames took (99 of 100 took less; the longest) and how often the page followed.
const slideAndMeasure = `(async () => {
	const frame = () => new Promise(requestAnimationFrame);
	const measure = async (ms, each) => {
		const times = [];
		let before = await frame();
		for (const end = before + ms; before < end;) {
			each?.((end - before) / ms);
			const now = await frame();
			times.push(now - before);
			before = now;
		}
		times.sort((a, b) => a - b);
		return [times[Math.floor(times.length * 0.99)], times[times.length - 1], times.length];
	};
	const [idle] = await measure(700);
	let followed = 0, last = document.body.dataset.effective;
	const slider = document.getElementById("effective");
	const [sliding, longest, frames] = await measure(SLIDE, (left) => {
		slider.value = String(left * 980);
		slider.dispatchEvent(new Event("input", { bubbles: true }));
		if (document.body.dataset.effective !== last) followed++;
		last = document.body.dataset.effective;
	});
	return JSON.stringify({ idle, sliding, longest, frames, followed });
})()`

// smooth fails where frames take longer than 50 ms while a hand slides. On a machine that is busy with other things the
// frames of a resting page are late too: as many times as those, these may be.
func (p *tab) smooth(what string, slide time.Duration) {
	p.t.Helper()
	const most, resting = 50.0, 17.0 // ms
	var m struct {
		Idle, Sliding, Longest float64
		Frames, Followed       int
	}
	for range 3 { // one that was disturbed says nothing
		if err := json.Unmarshal([]byte(js[string](p, strings.Replace(slideAndMeasure, "SLIDE", fmt.Sprint(slide.Milliseconds()), 1))), &m); err != nil {
			p.t.Fatal(err)
		}
		p.t.Logf("%s: 99 of 100 of %d frames under %.0f ms while sliding, the longest %.0f ms; %.0f ms at rest; the page followed %d times in %v", what, m.Frames, m.Sliding, m.Longest, m.Idle, m.Followed, slide)
		if m.Sliding <= most*max(1, m.Idle/resting) && m.Followed > 0 {
			return
		}
	}
	p.t.Errorf("%s: a frame takes %.0f ms while sliding (at rest %.0f), and the page followed %d times", what, m.Sliding, m.Idle, m.Followed)
}

func TestSlidingIsSmooth(t *testing.T) {
	// Not in parallel: other tests' tabs would be measured too.
	s := demo(t)
	p := open(t, desk)
	for _, path := range []string{"/?lang=en", "/incidents?lang=en"} {
		p.visit(s.url(path))
		p.smooth(path, 2500*time.Millisecond)
	}
	p.quiet()
}

// A ledger of 10,000 ceasefires and 100,000 incidents is as smooth. Filling one takes a minute or two: set TRUCE_LONG=1, or
// to data:FOLDER to keep what was filled, or to the address of a server that holds one already.
func TestSlidingThroughALargeLedger(t *testing.T) {
	long := os.Getenv("TRUCE_LONG")
	if long == "" {
		t.Skip("set TRUCE_LONG=1 to slide through 10,000 ceasefires and 100,000 incidents")
	}
	needBrowser(t)
	p := open(t, desk)
	if folder, ok := strings.CutPrefix(long, "data:"); ok {
		s, err := launch("serve", folder, "--rate", "0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.down)
		if s.holds(t) == 0 {
			fillLarge(t, s, 10_000, 100_000)
		}
		long = s.url("")
		p.signIn(s)
	} else if !strings.HasPrefix(long, "http://") {
		s := start(t, "serve", "--rate", "0")
		fillLarge(t, s, 10_000, 100_000)
		long = s.url("")
		p.signIn(s)
	}
	p.visit(long + "/?lang=en")
	p.sees("#summary .count.all", "10000")
	p.smooth("10,000 ceasefires", 8*time.Second)
	p.visit(long + "/incidents?lang=en")
	if n := js[float64](p, `[...document.querySelectorAll("#trend [data-n]")].reduce((n, r) => n + Number(r.dataset.n), 0)`); n < 100_000 {
		t.Errorf("the chart shows %.0f incidents", n)
	}
	p.smooth("100,000 incidents", 8*time.Second)
	p.quiet()
}

// fillLarge puts ceasefires and incidents on the record, many at once: the ledger writes those together that wait together.
func fillLarge(t *testing.T, s *server, ceasefires, incidents int) {
	t.Helper()
	for _, id := range []string{"north", "south"} {
		s.command(t, "register-actor", `{"command":"register-actor","actor":"`+id+`","name":"`+id+`","kind":"armed_group"}`)
	}
	for i := range 20 {
		s.command(t, "register-place", fmt.Sprintf(`{"command":"register-place","place":"p%d","name":"Place %d","point":[%.1f,%.1f]}`, i, i, 36+0.4*float64(i%5), 34+0.5*float64(i/5)))
	}
	token := s.token(t)
	work := make(chan func(), 256)
	var busy sync.WaitGroup
	for range 128 {
		busy.Go(func() {
			for f := range work {
				f()
			}
		})
	}
	for i := range max(ceasefires, incidents) {
		work <- func() {
			day := fmt.Sprintf("2016-%02d-%02dT%02d:00Z", 1+i/28%12, 1+i%28, i%24)
			if i < ceasefires {
				post(t, s, token, "propose", fmt.Sprintf(`{"command":"propose","ceasefire":"c%d","title":"Truce %d","by":"north","parties":["north","south"],"area":"p%d","from":%q,"lasting":"P30D","occurred":"2015-12-01T00:00Z"}`, i, i, i%20, day))
				for _, who := range []string{"north", "south"} {
					if i%4 != 0 {
						post(t, s, token, "agree", fmt.Sprintf(`{"command":"agree","ceasefire":"c%d","by":%q,"occurred":"2015-12-02T00:00Z"}`, i, who))
					}
				}
			}
			post(t, s, token, "violate", fmt.Sprintf(`{"command":"violate","incident":"i%d","by":"south","at":%q,"place":"p%d","type":"shelling","occurred":"2017-01-01T00:00Z"}`, i, day, i%20))
		}
	}
	close(work)
	busy.Wait()
}

// holds is how many ceasefires a server has, as far as one page tells.
func (s *server) holds(t *testing.T) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.url("/v1/ceasefires?limit=1"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token(t))
	answer, err := crowd.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var page struct{ Items []json.RawMessage }
	if err := json.NewDecoder(answer.Body).Decode(&page); err != nil {
		t.Fatal(err)
	}
	return len(page.Items)
}

func post(t *testing.T, s *server, token, verb, body string) {
	r, err := http.NewRequest(http.MethodPost, s.url("/v1/commands/"+verb), strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := crowd.Do(r)
	if err != nil {
		t.Error(err)
		return
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		t.Errorf("%s %s: %d", verb, body, answer.StatusCode)
	}
}

// crowd keeps a connection for each of those who write at once.
var crowd = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}
