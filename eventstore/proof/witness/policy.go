package witness

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	fnote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/formats/witness"
	"golang.org/x/mod/sumdb/note"
)

// ErrPolicy says that a policy cannot be used. What it does not say exactly, it does not say.
var ErrPolicy = errors.New("not a policy (C2SP tlog-policy)")

// A Policy says whose signatures make a head good: of the logs one, of the witnesses a quorum. It comes from whoever
// checks, never from what is checked.
type Policy struct {
	Logs      []note.Verifier
	Witnesses []Named
	quorum    witness.Group
	none      bool
	groups    map[string]group // by name
	top       string           // the witness or group that is the quorum
}

// A group is so many of its members.
type group struct {
	threshold int
	members   []string
}

// Named is a witness under the name that the policy gives it.
type Named struct {
	Name     string
	Verifier note.Verifier
	URL      string // "" where the policy gives none
}

// maxPolicy bounds a policy in bytes.
const maxPolicy = 64 << 10

// noURL stands in for a URL that a policy leaves out, which the library does not allow.
const noURL = "https://none.invalid"

// ParsePolicy reads a policy. The library builds the quorum; what it would let pass is refused here: a key under two
// names, which would count twice, a member listed twice, a threshold of 0, two quorums.
func ParsePolicy(text []byte) (Policy, error) {
	p := policyParser{keys: map[string]bool{}, members: map[string]bool{}, policy: Policy{groups: map[string]group{}}}
	if len(text) > maxPolicy {
		return Policy{}, fmt.Errorf("%w: it has more than %d bytes", ErrPolicy, maxPolicy)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if at := strings.IndexFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }); at >= 0 {
			return Policy{}, fmt.Errorf("%w: line %d: it has a control character, %q; end lines with a line feed alone", ErrPolicy, i+1, line[at])
		}
		fields := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if err := p.line(fields); err != nil {
			return Policy{}, fmt.Errorf("%w: line %d: %w", ErrPolicy, i+1, err)
		}
	}
	quorum, err := witness.ParsePolicy([]byte(p.forLibrary.String()))
	if err != nil {
		return Policy{}, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	p.policy.quorum = quorum
	return p.policy, nil
}

type policyParser struct {
	policy     Policy
	keys       map[string]bool // public keys seen
	members    map[string]bool // names that stand in a group already
	quorums    int
	forLibrary strings.Builder
}

func (p *policyParser) line(fields []string) error {
	for _, f := range fields {
		if strings.Contains(f, "#") {
			return fmt.Errorf("%q holds a #, which starts a comment only at the beginning of a line", clip(f))
		}
	}
	switch {
	case fields[0] == "log" && (len(fields) == 2 || len(fields) == 3):
		return p.log(fields)
	case fields[0] == "witness" && (len(fields) == 3 || len(fields) == 4):
		return p.witness(fields)
	case fields[0] == "group" && len(fields) >= 4:
		return p.group(fields)
	case fields[0] == "quorum" && len(fields) == 2:
		if p.quorums++; p.quorums > 1 {
			return errors.New("a second quorum")
		}
		p.policy.none, p.policy.top = fields[1] == "none", fields[1]
		p.pass(fields)
		return nil
	}
	return fmt.Errorf("%q is not log, witness, group or quorum with what belongs to it", clip(strings.Join(fields, " ")))
}

func (p *policyParser) log(fields []string) error {
	v, err := note.NewVerifier(fields[1])
	if err != nil {
		return fmt.Errorf("the log's key: %w", err)
	}
	p.policy.Logs = append(p.policy.Logs, v)
	return p.once("log ", fields[1])
}

func (p *policyParser) witness(fields []string) error {
	v, err := fnote.NewVerifierForCosignatureV1(fields[2])
	if err != nil {
		return fmt.Errorf("the key of witness %q: %w", clip(fields[1]), err)
	}
	named := Named{Name: fields[1], Verifier: v}
	if len(fields) == 4 {
		u, err := url.Parse(fields[3])
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return fmt.Errorf("the address of witness %q is no http or https URL", clip(fields[1]))
		}
		named.URL = fields[3]
	} else {
		fields = append(fields, noURL)
	}
	p.policy.Witnesses = append(p.policy.Witnesses, named)
	p.pass(fields)
	return p.once("witness ", fields[2])
}

// once refuses a public key that stands in the policy already, whatever its name and its kind of signature.
func (p *policyParser) once(kind, vkey string) error {
	fields := strings.SplitN(vkey, "+", 3)
	raw, err := base64.StdEncoding.DecodeString(fields[len(fields)-1])
	if err != nil || len(raw) == 0 {
		return errors.New("the key is cut short")
	}
	key := kind + string(raw[1:]) // the first byte is the kind of signature
	if p.keys[key] {
		return errors.New("this key stands in the policy twice, and would count twice")
	}
	p.keys[key] = true
	return nil
}

func (p *policyParser) group(fields []string) error {
	if n, err := strconv.Atoi(fields[2]); fields[2] != "any" && fields[2] != "all" && (err != nil || n < 1 || fields[2] != strconv.Itoa(n)) {
		return fmt.Errorf("%q is no threshold: any, all, or a number from 1", clip(fields[2]))
	}
	for _, member := range fields[3:] {
		if p.members[member] {
			return fmt.Errorf("%q is a member twice, and would count twice", clip(member))
		}
		p.members[member] = true
	}
	members := fields[3:]
	threshold, err := strconv.Atoi(fields[2])
	if err != nil { // any or all
		threshold = map[string]int{"any": 1, "all": len(members)}[fields[2]]
	}
	p.policy.groups[fields[1]] = group{threshold, members}
	p.pass(fields)
	return nil
}

// pass hands a line on to the library.
func (p *policyParser) pass(fields []string) {
	p.forLibrary.WriteString(strings.Join(fields, " ") + "\n")
}

// Verifiers are the keys of all the witnesses.
func (p Policy) Verifiers() []note.Verifier {
	keys := make([]note.Verifier, len(p.Witnesses))
	for i, w := range p.Witnesses {
		keys[i] = w.Verifier
	}
	return keys
}

// NeedsNone reports whether the policy asks for no cosignature at all.
func (p Policy) NeedsNone() bool { return p.none }

// Reached reports whether the cosignatures under a head are a quorum. The head's own signature is checked elsewhere.
func (p Policy) Reached(head []byte) bool { return p.none || p.quorum.Satisfied(head) }

// suffice reports whether witnesses would be a quorum together.
func (p Policy) suffice(names map[string]bool) bool {
	var holds func(name string) bool
	holds = func(name string) bool {
		g, isGroup := p.groups[name]
		if !isGroup {
			return names[name]
		}
		n := 0
		for _, member := range g.members {
			if holds(member) {
				n++
			}
		}
		return n >= g.threshold
	}
	return p.none || holds(p.top)
}

// Covering finds the smallest head of at least size entries under which the cosignatures are a quorum, nil for none.
// cosigned returns the smallest head of at least a size that a witness has cosigned, and how large it is. It is asked in
// leaps: while a witness is away, no head before its next one can have a quorum that needs it.
func (p Policy) Covering(size int64, cosigned Cosigned) ([]byte, error) {
	for {
		text, at, sole, err := p.leap(size, cosigned)
		if err != nil || text == nil || p.Reached(text) {
			return text, err
		}
		if size = at; sole { // all that it needs have signed it, and yet it is no quorum: a line that does not verify
			size++
		}
	}
}

// Cosigned returns the smallest head of at least size entries that a witness has cosigned, and its size; nil for none.
type Cosigned func(size int64, by note.Verifier) (text []byte, at int64, err error)

// leap returns the smallest head before which there can be no quorum. sole: it is the next one of all who are needed.
func (p Policy) leap(size int64, cosigned Cosigned) (text []byte, at int64, sole bool, err error) {
	type next struct {
		name string
		at   int64
		text []byte
	}
	var all []next
	for _, w := range p.Witnesses {
		text, at, err := cosigned(size, w.Verifier)
		if err != nil {
			return nil, 0, false, err
		}
		if text != nil {
			all = append(all, next{w.Name, at, text})
		}
	}
	slices.SortFunc(all, func(a, b next) int { return cmp.Compare(a.at, b.at) })
	names := map[string]bool{}
	for _, n := range all {
		if names[n.name] = true; p.suffice(names) {
			return n.text, n.at, all[0].at == n.at, nil
		}
	}
	return nil, 0, false, nil
}

func clip(s string) string {
	const most = 80
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
