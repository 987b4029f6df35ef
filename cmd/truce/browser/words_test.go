package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// translations reads the catalogue: English texts that a language says differently.
func translations(t testing.TB, lang string) (english []string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "api", "web", "catalogue.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	same := map[string]bool{} // what some message says in this language too, such as "date" in French
	for _, byLang := range all {
		if text, ok := byLang[lang].(string); ok {
			same[text] = true
		}
	}
	for _, byLang := range all {
		if text, ok := byLang["en"].(string); ok && !same[text] {
			english = append(english, text)
		}
	}
	return english
}

// leftInEnglish lists the texts of a page that the frame should say in its own language and does not. What the record, the
// rules and the schemas say is marked as English, or as nobody's language in particular; the rest is the frame.
const leftInEnglish = `((english, latin) => {
	const words = new Set(english), found = new Set();
	const exempt = "[lang=en], bdi, [dir=auto], cite, q, pre, code, script, style, datalist, .exports a, .brand, #f-area option, #f-actor option, #f-place option, #set-zone option, svg.bar .lane, #map text, .id, [lang]:not(html):not([lang=" + document.documentElement.lang + "])";
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n = walk.nextNode(); n; n = walk.nextNode()) {
		const text = n.data.trim();
		if (!text || n.parentElement.closest(exempt)) continue;
		if (words.has(text)) found.add(text);
		if (!latin && /[A-Za-z]{3,}/.test(text.replace(/UTC|GMT|JSON|GeoJSON|SHA-256|PT48H|P3D|SSH|SVG|CSV|Natural Earth|Asia\/\w+|Europe\/\w+|America\/\w+|Truce Ledger|Page Up|Page Down|SHA256|Atom|iCalendar|\(id\)|ssh-keygen|Shift|truce token create|truce secret put|ISO|WGS|BCP|RFC|command_id|air_strike|shelling|attack|image\/jpeg|sk-ssh-ed25519@openssh\.com|ssh-ed25519|operator\.token|\.pub/g, ""))) found.add(text);
	}
	for (const e of document.querySelectorAll("[aria-label], [title], [placeholder]")) {
		for (const a of ["aria-label"]) if (words.has(e.getAttribute(a))) found.add(a + "=" + e.getAttribute(a));
	}
	return JSON.stringify([...found]);
})`

// keyShown finds a key of the catalogue that shows itself.
const keyShown = `() => (document.body.innerText.match(/\b(field|word|verb|act|bar|time|map|filter|compare|history|kind|js|sources|trend|story|incident|consents|nav|proof)\.[a-z_.-]+\b/) ?? [""])[0]`

// complete fails where a page leaves something of the frame in English, or a key of the catalogue shows itself.
func (p *tab) complete(lang, path string) {
	p.t.Helper()
	if key := js[string](p, "("+keyShown+")()"); key != "" {
		p.t.Errorf("%s shows the key %s", path, key)
	}
	if lang == "en" {
		return
	}
	english, err := json.Marshal(translations(p.t, lang))
	if err != nil {
		p.t.Fatal(err)
	}
	if got := js[string](p, leftInEnglish+fmt.Sprintf("(%s, %t)", english, lang == "fr")); got != "[]" {
		p.t.Errorf("%s is left in English: %s", path, got)
	}
}

// Dates are told in the zone that the reader chose, and in the record's own without a choice.
func TestDatesAreToldInTheChosenZone(t *testing.T) {
	t.Parallel()
	s := demo(t)
	p := open(t, desk)
	p.visit(s.url("/ceasefires/aleppo-silence?lang=en&effective_at=2016-05-06T09:00:00Z"))
	p.sees(".facts dd", "5 May 2016, 01:00 UTC+3")
	p.visit(s.url("/ceasefires/aleppo-silence?lang=fr&zone=America/New_York&effective_at=2016-05-06T09:00:00Z"))
	p.sees(".facts dd", "4 mai 2016, 18:00 UTC−4")
	p.sees("#effective-said", "05:00 UTC−4")
	p.quiet()
}
