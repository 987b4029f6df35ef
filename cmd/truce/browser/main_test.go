package browser

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// shared is what all tests use: the program, built once, one browser, and one server of the Aleppo record for the tests
// that only look.
var shared struct {
	dir     string
	binary  string
	browser context.Context
	missing string // why there is no browser

	demo, scratch common
}

// A common server is one that several tests use.
type common struct {
	begin sync.Once
	*server
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	flag.Parse()
	dir, err := os.MkdirTemp("", "truce-browser-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	shared.dir = dir
	chromium := findChromium()
	if os.Getenv("TRUCE_BROWSER") == "" {
		shared.missing = "set TRUCE_BROWSER=required to walk the page with Chromium"
		return m.Run()
	}
	if chromium == "" || testing.Short() {
		shared.missing = "no chromium here: install it (apt-get install chromium) to test the page in a browser"
		return m.Run()
	}
	if flag.Lookup("test.parallel").Value.String() == "2" {
		_ = flag.Set("test.parallel", "4") // most of a test's time is waiting for the browser
	}
	shared.binary = filepath.Join(dir, "truce")
	if out, err := exec.Command("go", "build", "-o", shared.binary, "..").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
		return 1
	}
	stop, err := startBrowser(chromium)
	defer stop()
	if err != nil {
		shared.missing = "chromium does not start here: " + err.Error()
	}
	defer func() {
		for _, c := range []*common{&shared.demo, &shared.scratch} {
			if c.server != nil {
				c.down()
			}
		}
	}()
	return m.Run()
}

// startBrowser starts the one browser. No name but this machine's is known to it, so that a page that needs the rest of the
// world fails.
func startBrowser(chromium string) (stop func(), err error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.Flag("lang", "en"), chromedp.UserDataDir(filepath.Join(shared.dir, "profile")), chromedp.WSURLReadTimeout(60*time.Second))
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	browser, quit := chromedp.NewContext(allocator)
	shared.browser = browser
	return func() { quit(); end() }, chromedp.Do(browser)
}

func findChromium() string {
	if path := os.Getenv("TRUCE_CHROMIUM"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// needBrowser skips a test where nobody asked for a browser or there is none, and fails it where one is required: the tests
// take a minute of both processors, and go test ./... is to take less than three.
func needBrowser(t testing.TB) {
	t.Helper()
	switch required := os.Getenv("TRUCE_BROWSER") == "required"; {
	case testing.Short():
		t.Skip("browser tests are not short")
	case shared.missing != "" && required:
		t.Fatal(shared.missing)
	case shared.missing != "":
		t.Skip(shared.missing)
	}
}

// A server is the program, serving a ledger in a folder of its own.
type server struct {
	dir     string
	verb    string
	flags   []string
	address string
	cmd     *exec.Cmd
}

// demo is the server of the Aleppo record that all tests share which put nothing on the record.
func demo(t testing.TB) *server {
	t.Helper()
	return shared.demo.get(t, "demo")
}

// scratch is the one that those share which put something on the record, each about records of its own.
func scratch(t testing.TB) *server {
	t.Helper()
	return shared.scratch.get(t, "scratch")
}

func (c *common) get(t testing.TB, folder string) *server {
	t.Helper()
	needBrowser(t)
	var err error
	c.begin.Do(func() { c.server, err = launch("demo", filepath.Join(shared.dir, folder)) })
	if err != nil {
		t.Fatal(err)
	}
	if c.server == nil {
		t.Fatal("the server of the demonstration has not started")
	}
	return c.server
}

// start serves a ledger of the test's own until it ends.
func start(t testing.TB, verb string, flags ...string) *server {
	t.Helper()
	needBrowser(t)
	s, err := launch(verb, t.TempDir(), flags...)
	if s != nil {
		t.Cleanup(s.down)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func launch(verb, dir string, flags ...string) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer l.Close()
	s := &server{dir: dir, verb: verb, flags: flags, address: l.Addr().String()}
	_ = l.Close()
	return s, s.up()
}

func (s *server) url(path string) string { return "http://" + s.address + path }

// up starts the program and waits until it answers.
func (s *server) up() error {
	s.cmd = exec.Command(shared.binary, append([]string{s.verb, "--listen", s.address, "--data", s.dir}, s.flags...)...)
	var said strings.Builder
	s.cmd.Stderr, s.cmd.Stdout = &said, io.Discard
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(50 * time.Millisecond) {
		answer, err := http.Get(s.url("/readyz"))
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return nil
		}
	}
	s.down()
	return fmt.Errorf("truce %s does not get ready: %s", s.verb, said.String())
}

// token is the server's first token.
func (s *server) token(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "operator.token"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// down stops the program as Ctrl-C does.
func (s *server) down() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(os.Interrupt)
	_ = s.cmd.Wait()
	s.cmd = nil
}

// command puts something on the record behind the page's back.
func (s *server) command(t testing.TB, verb, body string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, s.url("/v1/commands/"+verb), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+s.token(t))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		raw, _ := io.ReadAll(answer.Body)
		t.Fatalf("%s %s: %d %s", verb, body, answer.StatusCode, raw)
	}
}
