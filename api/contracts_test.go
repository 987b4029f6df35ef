package api

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"truceledger/api/schema"
	"truceledger/eventstore"
)

var update = flag.Bool("update", false, "write the frozen schemas anew")

// keptBack is the id of a restricted statement.
const keptBack = "restricted-3f0a1c52-9d5b-4c1e-8f5a-0123456789ab"

// accepted says, for each verb, what a request made of its schema needs besides to be accepted in the world of TestA...:
// the schema knows what a field looks like, and not which records there are.
var accepted = map[string]string{
	"register-actor": `{"actor":"new"}`, "register-place": `{"place":"new"}`, "register-source": `{"source":"new"}`,
	"register-key": `{"actor":"third","by":"third","key":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOjHvCfd25gDoAXtXK3wI0vWUR67qAqhgIzhX5PJf/Ik"}`,
	"rotate-key":   `{"actor":"fourth","by":"fourth","replaces":"SHA256:rllGMiKrPiafehuav2+xcA9XKpM3WRml2+HtcOAq2yg","key":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKQh8l+CmkFBFqtXEnHHUVnoKT3OuTPDWFdfW55tySgl"}`,
	"revoke-key":   `{"actor":"fifth","by":"fifth","fingerprint":"SHA256:VLs5WRBDT6H1dnh+1simAy/BvZVhwA+5sQXrAZ3lT9I"}`,
	"propose":      `{"ceasefire":"new","by":"north","parties":["north","south"]}`, "amend": `{"ceasefire":"tabled1","by":"north","title":"Other"}`,
	"agree": `{"ceasefire":"tabled2","by":"south"}`, "reject": `{"ceasefire":"tabled3","by":"south"}`, "withdraw-proposal": `{"ceasefire":"tabled4","by":"north"}`,
	"accede": `{"ceasefire":"force1","by":"third"}`, "enter-into-force": `{"ceasefire":"agreed","by":"north","from":"2099-01-01T00:00Z"}`,
	"thwart": `{"ceasefire":"tabled5","by":"north"}`, "extend": `{"ceasefire":"force1","by":"north","until":"2199-01-01T00:00Z"}`,
	"widen-area": `{"ceasefire":"force1","by":"north","area":["elsewhere"]}`, "narrow-area": `{"ceasefire":"force1","by":"north","area":["inner"]}`,
	"reaffirm": `{"ceasefire":"force1","by":"north"}`, "suspend": `{"ceasefire":"force2","by":"north"}`, "resume": `{"ceasefire":"force3","by":"north"}`,
	"withdraw": `{"ceasefire":"force4","by":"south"}`, "terminate": `{"ceasefire":"force5","by":"north"}`, "declare-collapsed": `{"ceasefire":"force6","by":"north"}`,
	"supersede": `{"ceasefire":"force7","by":"north","successor":"force1"}`, "designate": `{"ceasefire":"force1","by":"north","actor":"third","role":"mediator"}`,
	"exclude": `{"ceasefire":"force1","by":"north","actor":"fourth"}`, "attest": `{"ceasefire":"force1","by":"third","in_force":true}`,
	"undertake": `{"ceasefire":"force1","by":"north","obligation":"o1"}`, "report-performance": `{"ceasefire":"force1","by":"north","obligation":"o0"}`,
	"violate": `{"incident":"new","by":"north"}`, "corroborate": `{"incident":"shot","by":"south"}`, "dispute": `{"incident":"shot","by":"third"}`,
	"attribute": `{"incident":"shot","by":"north","actor":"south"}`, "deny": `{"incident":"shot","by":"south"}`, "open-inquiry": `{"incident":"shot","by":"monitor"}`,
	"suspend-inquiry": `{"incident":"asked1","by":"monitor"}`, "conclude-inquiry": `{"incident":"asked2","by":"monitor"}`,
	"mark-duplicate": `{"incident":"shot","by":"monitor","of":"asked1"}`,
	"record-tally":   `{"tally":"new","source":"paper","unit":"people","outcome":"killed","best":3}`, "record-statement": `{"statement":"new","by":"north"}`, "open-talks": `{"talks":"new","by":"north"}`,
	"record-talks-status": `{"talks":"geneva","by":"north","status":"suspended"}`, "reserve-right": `{"talks":"geneva","by":"south"}`,
	"attach-evidence":   `{"record":"incident/shot","by":"north","sha256":"` + strings.Repeat("ab", 32) + `","bytes":5,"media_type":"image/png"}`,
	"transfer-evidence": `{"record":"incident/shot","by":"north","to":"south","sha256":"` + strings.Repeat("ab", 32) + `","act":"copy"}`,
	"read-secret":       `{"record":"incident/asked1","secret":"hmac-sha256:` + strings.Repeat("cd", 32) + `"}`,
	"destroy-secret":    `{"record":"incident/asked1","secret":"hmac-sha256:` + strings.Repeat("cd", 32) + `"}`,
	"share":             `{"record":"statement/` + keptBack + `","by":"north","with":["third"]}`,
	"correct":           `{"record":"actor/fifth","sequence":6,"by":"north","replacement":{"command":"register-actor","actor":"fifth","name":"Fifth anew","kind":"state"}}`,
	"retract":           `{"record":"place/void","corrects":"` + uuid1 + `","by":"north"}`,
}

// furnish puts everything on the record that those requests name.
func (w *world) furnish() {
	for _, a := range []string{"north", "south", "third", "fourth", "fifth", "monitor"} { // fifth: entry 6
		w.must("register-actor", `{"actor":"`+a+`","name":"`+a+`","kind":"state"}`)
	}
	w.must("register-place", `{"place":"town","name":"Town"}`)
	w.must("register-place", `{"place":"inner","name":"Inner","parent":"town"}`)
	w.must("register-place", `{"place":"elsewhere","name":"Elsewhere"}`)
	w.must("register-place", `{"place":"void","name":"Void","command_id":"`+uuid1+`"}`)
	w.must("register-source", `{"source":"paper","title":"Paper"}`)
	propose := func(id, more string) {
		w.must("propose", `{"ceasefire":"`+id+`","by":"north","parties":["north","south"],"guarantors":["monitor"],"monitors":["monitor"],"area":["town"],"occurred":"2016-05-01T10:00Z"`+more+`}`)
	}
	for _, id := range []string{"tabled1", "tabled2", "tabled3", "tabled4", "tabled5", "agreed"} {
		propose(id, "")
	}
	for _, id := range []string{"force1", "force2", "force3", "force4", "force5", "force6", "force7"} {
		propose(id, `,"from":"2016-05-05T00:00Z","until":"2099-01-01T00:00Z"`)
		w.must("agree", `{"ceasefire":"`+id+`","by":"north","occurred":"2016-05-02T10:00Z"}`)
		w.must("agree", `{"ceasefire":"`+id+`","by":"south","occurred":"2016-05-02T11:00Z"}`)
	}
	w.must("agree", `{"ceasefire":"agreed","by":"north"}`)
	w.must("agree", `{"ceasefire":"agreed","by":"south"}`)
	w.must("suspend", `{"ceasefire":"force3","by":"north"}`)
	w.must("undertake", `{"ceasefire":"force1","by":"north","obligation":"o0"}`)
	for _, id := range []string{"shot", "asked1", "asked2"} {
		w.must("violate", `{"incident":"`+id+`","by":"north","ceasefires":["force1"],"witness":"hmac-sha256:`+strings.Repeat("cd", 32)+`"}`)
	}
	w.must("open-inquiry", `{"incident":"asked1","by":"monitor"}`)
	w.must("open-inquiry", `{"incident":"asked2","by":"monitor"}`)
	w.must("open-talks", `{"talks":"geneva","by":"north"}`)
	w.must("register-key", `{"actor":"fourth","by":"fourth","key":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDivm3ORBaZN8i+phgrgZChSqD4aoWqOIJRKQ3+R7O/f"}`)
	w.must("register-key", `{"actor":"fifth","by":"fifth","key":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGsKCe+68CLJBPCbmTWDaiWHr+xLOVEgKxtVFnS1wBf+"}`)
	w.settle()
}

// requestFor is a request made of a verb's schema, with what it needs besides.
func (w *world) requestFor(verb string) []byte {
	w.t.Helper()
	document := into[schema.Object](w.t, w.get("/schemas/commands/"+verb+".json"))
	request := sample(w.t, document, document, verb, false).(schema.Object)
	var needs schema.Object
	if err := json.Unmarshal([]byte(accepted[verb]), &needs); err != nil {
		w.t.Fatalf("%s: say what it needs: %v", verb, err)
	}
	properties := document["properties"].(schema.Object)
	for field, v := range needs {
		if properties[field] == nil {
			w.t.Errorf("%s: the schema has no field %s", verb, field)
		}
		request[field] = v
	}
	raw, err := json.Marshal(request)
	if err != nil {
		w.t.Fatal(err)
	}
	return raw
}

func TestARequestMadeOfEachSchemaIsAccepted(t *testing.T) {
	w := open(t)
	w.furnish()
	w.must("record-statement", `{"statement":"`+keptBack+`","by":"north","restricted_to":["north"],"statement_kind":"hope","text":"x"}`)
	for _, verb := range eventstore.Verbs() {
		raw := w.requestFor(verb)
		if a := w.send(verb, string(raw)); a.StatusCode != 201 {
			t.Errorf("%s: got %d %s for %s", verb, a.StatusCode, a.body, raw)
		}
	}
}

// TestSchemasAreFrozen compares every schema with the file of its release: what programs have read must not change under
// them. A new field or verb is written with -update, and shows in the review.
func TestSchemasAreFrozen(t *testing.T) {
	frozen := func(folder, name string, s schema.Object) {
		got, err := json.MarshalIndent(s, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", "schemas", folder, name+".json")
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%s %s is not frozen: %v", folder, name, err)
			return
		}
		if d := cmp.Diff(string(want), string(got)+"\n"); d != "" {
			t.Errorf("%s %s (-frozen +now):\n%s", folder, name, d)
		}
	}
	for _, verb := range eventstore.Verbs() {
		s, _ := schema.Command(verb)
		frozen("commands", verb, s)
	}
	for _, e := range eventstore.EventTypes() {
		s, _ := schema.Event(e.Name)
		frozen("events", e.Name, s)
	}
}

// TestEntriesAreCloudEvents reads the log with the CloudEvents project's own library.
func TestEntriesAreCloudEvents(t *testing.T) {
	w := open(t)
	w.furnish()
	n := 0
	for m, err := range w.log.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		var e event.Event
		if err := json.Unmarshal(m.Payload, &e); err != nil {
			t.Fatalf("entry %d: %v", m.Sequence, err)
		}
		if err := e.Validate(); err != nil {
			t.Errorf("entry %d: %v", m.Sequence, err)
		}
		if e.SpecVersion() != "1.0" || e.Type() != "truce.entry.v1" || e.Subject() == "" || e.Time().IsZero() || len(e.Data()) == 0 {
			t.Errorf("entry %d: got %s", m.Sequence, e)
		}
		n++
	}
	if n < 40 {
		t.Errorf("got %d entries", n)
	}
}

// TestToolsOfOtherLanguagesAcceptTheDocuments asks linters, a generator and a parser from the npm registry.
func TestToolsOfOtherLanguagesAcceptTheDocuments(t *testing.T) {
	modules := npmTools(t)
	w, dir := open(t), t.TempDir()
	for _, name := range []string{"asyncapi.json", "openapi.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), w.get("/"+name).body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("OpenAPI", func(t *testing.T) { acceptOpenAPI(t, modules, filepath.Join(dir, "openapi.json")) })
	t.Run("AsyncAPI", func(t *testing.T) { acceptAsyncAPI(t, modules, filepath.Join(dir, "asyncapi.json")) })
}

// acceptOpenAPI lints the document, validates it, and generates the types of a client from it.
func acceptOpenAPI(t *testing.T, modules, file string) {
	for _, tool := range [][]string{
		{filepath.Join(modules, ".bin", "redocly"), "lint", file},
		{filepath.Join(modules, ".bin", "openapi-typescript"), file, "-o", file + ".d.ts"},
		{"node", "-e", "require('@apidevtools/swagger-parser').validate(process.argv[1]).catch(e => { console.error(String(e)); process.exit(1) })", file},
	} {
		c := exec.CommandContext(t.Context(), tool[0], tool[1:]...)
		c.Dir = filepath.Dir(modules)
		c.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true")
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", tool[0], err, out)
		}
	}
}

// npmTools is a folder node_modules with the tools; without one, and without leave to install it, the test is skipped.
func npmTools(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("TRUCE_NPM"); dir != "" {
		return filepath.Join(dir, "node_modules")
	}
	if _, err := exec.LookPath("npm"); err != nil || os.Getenv("TRUCE_INSTALL_TOOLS") == "" {
		t.Skip("the npm tools are not at hand: name their folder in TRUCE_NPM, or set TRUCE_INSTALL_TOOLS=1 to install them where npm is")
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute) // a registry that never answers must not hold up the tests
	defer cancel()
	c := exec.CommandContext(ctx, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", dir,
		"@redocly/cli@2.77.0", "@apidevtools/swagger-parser@13.1.0", "openapi-typescript@7.13.0", "typescript@5", "@asyncapi/parser@3.6.3")
	if out, err := c.CombinedOutput(); err != nil {
		t.Skipf("the npm tools cannot be had here: %v\n%s", err, out)
	}
	return filepath.Join(dir, "node_modules")
}

// acceptAsyncAPI asks the AsyncAPI project's own parser, which validates, follows the references into the OpenAPI document
// beside it, and lints.
func acceptAsyncAPI(t *testing.T, modules, file string) {
	const script = `const { Parser, fromFile } = require('@asyncapi/parser')
fromFile(new Parser(), process.argv[1]).parse().then(({ document, diagnostics }) => {
	const bad = diagnostics.filter(d => d.severity <= 1 && !/latest version/.test(d.message))
	bad.forEach(d => console.error(d.code, d.path.join('.'), d.message))
	if (bad.length || !document) process.exit(1)
	console.log(document.channels().all().length, 'channels', document.messages().all().length, 'messages')
})`
	c := exec.CommandContext(t.Context(), "node", "-e", script, file)
	c.Dir = filepath.Dir(modules)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
