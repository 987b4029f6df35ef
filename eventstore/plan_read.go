package eventstore

import (
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"truceledger/domain"
	"truceledger/domain/when"
)

// A scan reads from the front of what is left. All texts that it gives out are parts of one copy.
type scan struct{ left string }

// quicklyRead sets what into points to by its plan; false: package json must do it, into a value that is zero again.
func quicklyRead(raw []byte, into any) bool {
	s := scan{left: string(raw)}
	v := reflect.ValueOf(into).Elem()
	if planOf(v.Type()).read(&s, v) && s.left == "" {
		return true
	}
	v.SetZero()
	return false
}

func (s *scan) take(c byte) bool {
	if s.left == "" || s.left[0] != c {
		return false
	}
	s.left = s.left[1:]
	return true
}

func (s *scan) word(w string) (ok bool) {
	s.left, ok = strings.CutPrefix(s.left, w)
	return ok
}

// text reads a string without escapes.
func (s *scan) text() (string, bool) {
	if !s.take('"') {
		return "", false
	}
	ascii := true
	for i := range len(s.left) {
		switch c := s.left[i]; {
		case c == '"':
			t := s.left[:i]
			s.left = s.left[i+1:]
			return t, ascii || utf8.ValidString(t)
		case c < ' ' || c == '\\':
			return "", false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", false
}

// digits reads a whole number as JSON has it: without a sign, a leading zero, a fraction or an exponent.
func (s *scan) digits() (string, bool) {
	i := 0
	for i < len(s.left) && '0' <= s.left[i] && s.left[i] <= '9' {
		i++
	}
	d := s.left[:i]
	s.left = s.left[i:]
	return d, i > 0 && (i == 1 || d[0] != '0')
}

func quickReadString(s *scan, v reflect.Value) bool {
	t, ok := s.text()
	if ok {
		v.SetString(t)
	}
	return ok
}

func quickReadBool(s *scan, v reflect.Value) bool {
	if s.word("true") {
		v.SetBool(true)
		return true
	}
	return s.word("false")
}

func quickReadInt(s *scan, v reflect.Value) bool {
	negative := s.take('-')
	d, ok := s.digits()
	n, err := strconv.ParseInt(d, 10, 63)
	if !ok || err != nil || negative && n == 0 {
		return false
	}
	if negative {
		n = -n
	}
	if v.OverflowInt(n) {
		return false
	}
	v.SetInt(n)
	return true
}

func quickReadUint(s *scan, v reflect.Value) bool {
	d, ok := s.digits()
	n, err := strconv.ParseUint(d, 10, 64)
	if !ok || err != nil {
		return false
	}
	v.SetUint(n)
	return true
}

func quickReadTime(s *scan, v reflect.Value) bool {
	text, ok := s.text()
	// In UTC and with a point before its fraction, which is how it is written; time.Parse would let more through.
	const whole = len("2016-05-04T00:00:00Z")
	if !ok || len(text) < whole || text[len(text)-1] != 'Z' || len(text) > whole && (text[whole-1] != '.' || text[len(text)-2] == '0' || len(text) > whole+10) {
		return false
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return false
	}
	*v.Addr().Interface().(*time.Time) = t
	return true
}

func quickReadWhen(s *scan, v reflect.Value) bool {
	if s.left == "" || s.left[0] != '"' {
		// When has the fields of whenObject, and an empty one is refused with the reason.
		w := v.Addr().Interface().(*when.When)
		return planOf(reflect.TypeFor[whenObject]()).read(s, v) && (w.Zone != "" || w.Phrase != "")
	}
	at, ok := s.text()
	if ok {
		v.Field(0).SetString(at)
	}
	return ok && at != ""
}

func quickReadCommand(s *scan, v reflect.Value) bool {
	if s.word("null") {
		return true
	}
	if !s.word(`{"command":`) {
		return false
	}
	name, _ := s.text()
	t, ok := verbByName[name]
	if !ok {
		return false
	}
	c := reflect.New(t.typ)
	members, ok := namedMembers(t.typ)
	if !ok || !readMembers(s, c.Elem(), members, true) {
		return false
	}
	*v.Addr().Interface().(*domain.Command) = c.Interface().(domain.Command)
	return true
}

func quickReadStored(s *scan, v reflect.Value) bool {
	c := v.Addr().Interface().(*storedCommand)
	return quickReadCommand(s, reflect.ValueOf(&c.command).Elem()) // which knows no signed form
}

func quickReadEvent(s *scan, v reflect.Value) bool {
	if !s.word(`{"type":`) {
		return false
	}
	name, _ := s.text()
	t, ok := eventByName[name]
	if !ok || eventUpcasters[name] != nil {
		return false
	}
	e := reflect.New(t.typ).Elem()
	members, ok := namedMembers(t.typ)
	if !ok || !readMembers(s, e, members, true) {
		return false
	}
	v.Set(e)
	return true
}

// A membership is the members of a command or an event, behind the name that it begins with.
type membership struct {
	members []member
	ok      bool
}

var memberships sync.Map // by reflect.Type

func namedMembers(t reflect.Type) ([]member, bool) {
	if m, ok := memberships.Load(t); ok {
		return m.(membership).members, m.(membership).ok
	}
	var m membership
	m.members, m.ok = membersOf(t, nil)
	memberships.Store(t, m)
	return m.members, m.ok
}
