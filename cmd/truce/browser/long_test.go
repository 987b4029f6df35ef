package browser

import (
	"fmt"
	"strings"
	"testing"
)

// crooked lists the cells that do not stand under the head of their column, and what is wider than the page.
const crooked = `(() => {
	const found = [];
	if (document.documentElement.scrollWidth > innerWidth) {
		let at = document.body; // down to what the page is no wider without
		const path = [];
		for (let down = true; down; ) {
			down = false;
			for (const e of at.children) {
				const was = e.style.display;
				e.style.display = "none";
				const narrow = document.documentElement.scrollWidth <= innerWidth;
				e.style.display = was;
				if (narrow) { at = e; path.push(e.outerHTML.slice(0, 120)); down = true; break; }
			}
		}
		found.push("the page is " + document.documentElement.scrollWidth + " wide for " + path.slice(-3).join(" > "));
	}
	for (const table of document.querySelectorAll("main table")) {
		for (const d of document.querySelectorAll("details")) d.open = true;
		const lefts = [...table.tHead.rows[0].cells].map((c) => Math.round(c.getBoundingClientRect().left));
		const taken = new Map(); // column -> rows that a cell from above still covers
		for (const row of [...table.tBodies].flatMap((b) => [...b.rows])) {
			let column = 0;
			for (const cell of row.cells) {
				while (taken.get(column) > 0) column++;
				if (cell.colSpan > 1) break;
				const left = Math.round(cell.getBoundingClientRect().left);
				if (Math.abs(left - lefts[column]) > 1) found.push(cell.textContent.slice(0, 40) + " stands at " + left + ", its head at " + lefts[column]);
				if (cell.rowSpan > 1) taken.set(column, cell.rowSpan);
				column++;
			}
			for (const [c, n] of taken) taken.set(c, n - 1);
		}
	}
	return found.join("; ");
})()`

// The longest ids and names, without a place to break, neither shift a column nor widen the page.
func TestTheLongestIDsShiftNothing(t *testing.T) {
	t.Parallel()
	s := start(t, "demo")
	long := strings.Repeat("w", 64)
	for verb, body := range map[string]string{
		"register-place":   `{"command":"register-place","place":%[1]q,"name":%[1]q}`,
		"register-actor":   `{"command":"register-actor","actor":%[1]q,"name":%[1]q,"kind":"armed_group"}`,
		"propose":          `{"command":"propose","ceasefire":%[1]q,"title":%[1]q,"by":"russia","area":"aleppo","parties":["russia","united-states"],"from":"2016-05-05T00:00Z"}`,
		"violate":          `{"command":"violate","incident":%[1]q,"by":"russia","at":"2016-05-04T10:00Z","place":"aleppo","ceasefires":["aleppo-silence"]}`,
		"record-statement": `{"command":"record-statement","statement":%[1]q,"statement_kind":"hope","by":"russia","about":["ceasefire/aleppo-silence"],"text":%[1]q}`,
		"register-source":  `{"command":"register-source","source":%[1]q,"title":%[1]q,"publisher":%[1]q}`,
	} {
		s.command(t, verb, fmt.Sprintf(body, long))
	}
	s.command(t, "attest", fmt.Sprintf(`{"command":"attest","ceasefire":%[1]q,"by":%[1]q,"from":"2016-05-05T00:00Z","occurred":"2016-05-05T00:00Z"}`, long))
	s.command(t, "violate", fmt.Sprintf(`{"command":"violate","incident":"second","by":%[1]q,"at":"2016-05-04T10:00Z","place":%[1]q,"type":%[1]q,"ceasefires":[%[1]q]}`, long))
	for _, day := range []string{"2016-05-03", "2016-05-04"} {
		s.command(t, "record-tally", fmt.Sprintf(`{"command":"record-tally","tally":%[1]q,"source":%[1]q,"area":%[1]q,"unit":"people","outcome":"killed","best":3,"as_of":%[2]q}`, long, day))
	}
	p := open(t, desk)
	p.signIn(s)
	for _, path := range []string{"/?lang=en", "/incidents?lang=en", "/sources?lang=en", "/ceasefires/aleppo-silence?lang=ar", "/ceasefires/" + long + "?lang=en", "/incidents/second?lang=ru", "/act/propose?lang=fr"} {
		p.visit(s.url(path))
		for _, as := range []sight{desk, phone} {
			p.look(as)
			js[bool](p, `new Promise((come) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => come(true)))))`) // charts follow the width a frame later
			if found := js[string](p, crooked); found != "" {
				t.Errorf("%s at %d pixels: %s", strings.ReplaceAll(path, long, "LONG"), as.width, found)
			}
		}
	}
	p.visit(s.url("/incidents?lang=en"))
	js[string](p, `(() => { const c = document.querySelector("main tbody td"); c.style.position = "relative"; return c.style.left = "9px"; })()`)
	if js[string](p, crooked) == "" {
		t.Error("a shifted cell is not noticed: the test looks away")
	}
}
