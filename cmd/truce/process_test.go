package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"time"
)

// A process is the program as a process of its own.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr *output
	done           chan error
}

// launch starts the program. It must be stopped or killed.
func launch(dir string, env []string, args ...string) (*process, error) {
	path, err := exec.LookPath("truce")
	if err != nil {
		return nil, err
	}
	return launchProgram(path, dir, env, args...)
}

// launchProgram starts any program.
func launchProgram(path, dir string, env []string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(path, args...), stdout: newOutput(), stderr: newOutput(), done: make(chan error, 1)}
	p.cmd.Dir, p.cmd.Env = dir, env
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.done <- p.cmd.Wait()
		p.stdout.end()
		p.stderr.end()
	}()
	return p, nil
}

// startPatience is how long a start may take. It takes a fraction of a second for what these tests store, and on a machine that
// twenty others use at once, more than patience: one that has failed says so at once, so that waiting costs nothing.
const startPatience = 2 * time.Minute

// awaitAddress waits until the server says where it is.
func (p *process) awaitAddress() (string, error) {
	found, err := p.stderr.awaitFor(`truce: ledger \w+ at (http://[^/]+)/`, startPatience)
	if err != nil {
		return "", err
	}
	return found[1], nil
}

// stop asks the process to end, and reports how it did.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	select {
	case err := <-p.done:
		p.done <- nil
		return err
	case <-time.After(patience):
		return fmt.Errorf("it does not stop; it said: %s", p.stderr)
	}
}

// kill ends the process at once. It may have ended already.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
	p.done <- nil
}

// An output collects what a process prints, for whoever waits for something in it.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	ended bool
	grown chan struct{} // closed and replaced
}

func newOutput() *output { return &output{grown: make(chan struct{})} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.grown)
	o.grown = make(chan struct{})
	return o.text.Write(p)
}

func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	close(o.grown)
	o.grown = make(chan struct{})
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await waits until the output matches the pattern.
func (o *output) await(pattern string) ([]string, error) { return o.awaitFor(pattern, patience) }

func (o *output) awaitFor(pattern string, longest time.Duration) ([]string, error) {
	re := regexp.MustCompile("(?m)" + pattern)
	late := time.After(longest)
	for {
		o.mu.Lock()
		text, ended, grown := o.text.String(), o.ended, o.grown
		o.mu.Unlock()
		if found := re.FindStringSubmatch(text); found != nil {
			return found, nil
		}
		if ended {
			return nil, fmt.Errorf("it ended without %q; it said: %s", pattern, text)
		}
		select {
		case <-grown:
		case <-late:
			return nil, fmt.Errorf("no %q; it said: %s", pattern, text)
		}
	}
}
