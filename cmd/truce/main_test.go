package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test binary the program itself when it is called by the name truce, and a NATS server when it is called
// nats-server: every story and the killing tests run real processes.
func TestMain(m *testing.M) {
	testscript.Main(atHome{m}, map[string]func(){"truce": main, "nats-server": natsServer})
}

// Programs that are built with the race detector would sleep for a second at their end.
const atExit = "atexit_sleep_ms=0"

// The stories of testdata/script, each in a folder of its own. They bind loopback only, and kill only what they started.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
			e.Setenv("GORACE", atExit)
			e.Setenv("TZ", "America/New_York") // no answer may depend on the machine's zone
			stage := &stage{}
			e.Values[stageKey{}] = stage
			e.Defer(stage.clear)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start": startServer, "stop": stopServer, "crash": crashServer,
			"watch": startWatch, "sees": sees, "exits": exits, "thousand": thousand, "alike": alike, "revoke": revokeToken,
			"signed": awaitSigned, "serves": awaitServes, "flip": flip,
			"witness": startWitness, "stopwitness": stopWitness, "says": says, "cpfetch": fetchTo, "keyfile": keyFile, "sshsign": sshSign, "agent": startAgent, "checksign": checkSign, "paste": pasteSign,
		},
	})
}

type stageKey struct{}

// A stage holds the processes of one story.
type stage struct {
	server, watcher, witness *process
}

func (s *stage) clear() {
	for _, p := range []*process{s.server, s.watcher, s.witness} {
		if p != nil {
			p.kill()
		}
	}
}

func stageOf(ts *testscript.TestScript) *stage { return ts.Value(stageKey{}).(*stage) }

// start serve|demo [flags]: runs a server on a free port, then always on the same one, and sets TRUCE_SERVER once it answers.
func startServer(ts *testscript.TestScript, _ bool, args []string) {
	listen := "127.0.0.1:0"
	if before := ts.Getenv("TRUCE_SERVER"); before != "" { // the same address again, so that whoever watches finds it
		listen = strings.TrimPrefix(before, "http://")
	}
	p, err := launch(ts.MkAbs("."), scriptEnv(ts), append(args, "--listen", listen)...)
	ts.Check(err)
	stageOf(ts).server = p
	address, err := p.awaitAddress()
	ts.Check(err)
	ts.Setenv("TRUCE_SERVER", address)
}

// scriptEnv is what the script's own processes get.
func scriptEnv(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TZ", "GORACE", "TMPDIR", "TRUCE_DATA", "TRUCE_ZONE", "TRUCE_SERVER"} {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// stop asks the server to end; it must do so by itself, with exit code 0.
func stopServer(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(stageOf(ts).server.stop())
}

// crash kills the server.
func crashServer(ts *testscript.TestScript, _ bool, _ []string) { stageOf(ts).server.kill() }

// watch [flags]: runs truce watch in the background.
func startWatch(ts *testscript.TestScript, _ bool, args []string) {
	p, err := launch(ts.MkAbs("."), scriptEnv(ts), append([]string{"watch"}, args...)...)
	ts.Check(err)
	stageOf(ts).watcher = p
}

// sees PATTERN: waits until what watch printed matches.
func sees(ts *testscript.TestScript, _ bool, args []string) {
	_, err := stageOf(ts).watcher.stdout.await(args[0])
	ts.Check(err)
}

// exits CODE truce ...: runs the program and compares its exit code. With a code above 0 it must say why in one line.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		code = -1
		if e, ok := err.(interface{ ExitCode() int }); ok {
			code = e.ExitCode()
		}
	}
	said := ts.ReadFile("stderr")
	if code != want {
		ts.Fatalf("got exit code %d, want %d; it said: %s", code, want, said)
	}
	if code != 0 && (strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "truce: ")) {
		ts.Fatalf("an error is one line that begins with truce:, got %q", said)
	}
}

// thousand FILE [BAD]: writes 1,000 documents, of which the one numbered BAD cannot be stored.
func thousand(ts *testscript.TestScript, _ bool, args []string) {
	bad := 0
	if len(args) > 1 {
		var err error
		bad, err = strconv.Atoi(args[1])
		ts.Check(err)
	}
	var b strings.Builder
	for i := 1; i <= 1000; i++ {
		kind := "person"
		if i == bad {
			kind = "parson"
		}
		fmt.Fprintf(&b, "command: register-actor\nactor: actor-%d\nname: Actor %d\nkind: %s\n---\n", i, i, kind)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}

// alike FILE FILE: compares two answers apart from the moment that they were given for.
func alike(ts *testscript.TestScript, _ bool, args []string) {
	if a, b := ts.ReadFile(args[0]), ts.ReadFile(args[1]); a != b {
		ts.Fatalf("%s and %s differ:\n%s\n%s", args[0], args[1], a, b)
	}
}

const patience = 20 * time.Second
