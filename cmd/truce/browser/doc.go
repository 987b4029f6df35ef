// Package browser holds the tests of the web page as a person meets it: the real program, a real browser, the Aleppo
// record. It needs Chromium and skips without it, unless TRUCE_BROWSER=required; TRUCE_SCREENSHOTS=1 writes what it sees
// to docs/screenshots.
package browser
