package browser

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// shared is what all tests use: the program, built once, and one browser.
var shared struct {
	binary  string
	browser context.Context
	missing string // why there is no browser
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "truce-browser-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	chromium := findChromium()
	if chromium == "" {
		shared.missing = "no chromium here: install it (apt-get install chromium) to test the page in a browser"
		return m.Run()
	}
	shared.binary = filepath.Join(dir, "truce")
	if out, err := exec.Command("go", "build", "-o", shared.binary, "..").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
		return 1
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("lang", "en"), chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.WSURLReadTimeout(60*time.Second))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	browser, quit := chromedp.NewContext(allocator)
	defer quit()
	if err := chromedp.Do(browser); err != nil {
		shared.missing = "chromium does not start here: " + err.Error()
	}
	shared.browser = browser
	return m.Run()
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

// needBrowser skips a test where nobody asked for a browser or there is none, and fails it where one is required. They take
// minutes, and go test ./... is to take less than three.
func needBrowser(t testing.TB) {
	t.Helper()
	switch {
	case os.Getenv("TRUCE_BROWSER") == "":
		t.Skip("set TRUCE_BROWSER=required to walk the page with Chromium")
	case testing.Short():
		t.Skip("browser tests are not short")
	case shared.missing == "":
	case os.Getenv("TRUCE_BROWSER") == "required":
		t.Fatal(shared.missing)
	default:
		t.Skip(shared.missing)
	}
}

// A server is the program, serving a ledger in a folder of its own.
type server struct {
	t       testing.TB
	verb    string
	dir     string
	address string
	cmd     *exec.Cmd
}

// start serves a ledger until the test ends.
func start(t testing.TB, verb string) *server {
	t.Helper()
	needBrowser(t)
	s := &server{t: t, verb: verb, dir: t.TempDir(), address: freeAddress(t)}
	s.up()
	t.Cleanup(s.down)
	return s
}

func freeAddress(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *server) url(path string) string { return "http://" + s.address + path }

// up starts the program and waits until it answers.
func (s *server) up() {
	s.t.Helper()
	s.cmd = exec.Command(shared.binary, s.verb, "--listen", s.address, "--data", s.dir)
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for range 240 {
		answer, err := http.Get(s.url("/readyz"))
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(250 * time.Millisecond)
	}
	s.t.Fatalf("truce %s does not get ready", s.verb)
}

// token is the server's first token.
func (s *server) token() string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "operator.token"))
	if err != nil {
		s.t.Fatal(err)
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
func (s *server) command(verb, body string) {
	s.t.Helper()
	r, err := http.NewRequest(http.MethodPost, s.url("/v1/commands/"+verb), strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+s.token())
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		raw, _ := io.ReadAll(answer.Body)
		s.t.Fatalf("%s %s: %d %s", verb, body, answer.StatusCode, raw)
	}
}
