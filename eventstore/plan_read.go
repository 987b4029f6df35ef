package eventstore

import (
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
	"unsafe"

	"truceledger/domain"
	"truceledger/domain/when"
)

// A scan reads from the front of what is left. All texts that it gives out are parts of one copy.
type scan struct{ left string }

// quicklyRead sets what into points to by its plan; false: package json must do it, into a value that is zero again.
func quicklyRead(raw []byte, into any) bool { return quicklyReadText(string(raw), into) }

// quicklyReadText is quicklyRead for a text that may be kept.
func quicklyReadText(text string, into any) bool {
	s := scan{left: text}
	v := reflect.ValueOf(into).Elem()
	if planOf(v.Type()).read(&s, v.Addr().UnsafePointer()) && s.left == "" {
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
	i := strings.IndexByte(s.left, '"')
	if i < 0 {
		return "", false
	}
	t := s.left[:i]
	s.left = s.left[i+1:]
	return t, isPlain(t)
}

// isPlain reports whether a text without quotes stands in JSON as it is: without escapes and control characters, in UTF-8.
func isPlain(t string) bool {
	const low, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(t); i += 8 { // eight characters at once, as long as nothing is odd about them
		w := uint64(t[i]) | uint64(t[i+1])<<8 | uint64(t[i+2])<<16 | uint64(t[i+3])<<24 |
			uint64(t[i+4])<<32 | uint64(t[i+5])<<40 | uint64(t[i+6])<<48 | uint64(t[i+7])<<56
		slash := w ^ low*'\\'
		if (w|(w-low*' ')|(slash-low))&high != 0 {
			break
		}
	}
	ascii := true
	for ; i < len(t); i++ {
		switch c := t[i]; {
		case c < ' ' || c == '\\':
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return ascii || utf8.ValidString(t)
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

func quickReadString(s *scan, at unsafe.Pointer) (ok bool) {
	*(*string)(at), ok = s.text()
	return ok
}

// quickReadStrings reads a list of texts, most often of few, into one piece of memory.
func quickReadStrings(s *scan, at unsafe.Pointer) bool {
	if !s.take('[') {
		return false
	}
	var few [8]string
	list := few[:0]
	for i := 0; !s.take(']'); i++ {
		if i > 0 && !s.take(',') {
			return false
		}
		t, ok := s.text()
		if !ok {
			return false
		}
		list = append(list, t)
	}
	*(*[]string)(at) = append(make([]string, 0, len(list)), list...) // an empty list is not one that is absent
	return true
}

// A sliceHeader is what a slice of any type is in memory.
type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

// listReader reads lists of a type, most often of one item.
func listReader(t reflect.Type, elem plan) func(*scan, unsafe.Pointer) bool {
	size := t.Elem().Size()
	return func(s *scan, at unsafe.Pointer) bool {
		if !s.take('[') {
			return false
		}
		var list reflect.Value
		n, room := 0, 0
		for ; !s.take(']'); n++ {
			if n > 0 && !s.take(',') {
				return false
			}
			if n == room {
				room = max(1, 3*room)
				larger := reflect.MakeSlice(t, room, room)
				if n > 0 {
					reflect.Copy(larger, list)
				}
				list = larger
			}
			if !elem.read(s, unsafe.Add(list.UnsafePointer(), uintptr(n)*size)) {
				return false
			}
		}
		if n == 0 {
			list = reflect.MakeSlice(t, 0, 0) // not one that is absent
		}
		*(*sliceHeader)(at) = sliceHeader{list.UnsafePointer(), n, room}
		return true
	}
}

func quickReadBool(s *scan, at unsafe.Pointer) bool {
	if s.word("true") {
		*(*bool)(at) = true
		return true
	}
	return s.word("false")
}

func quickReadInt[T int | int64](s *scan, at unsafe.Pointer) bool {
	negative := s.take('-')
	d, ok := s.digits()
	n, err := strconv.ParseInt(d, 10, 63)
	if !ok || err != nil || negative && n == 0 {
		return false
	}
	if negative {
		n = -n
	}
	*(*T)(at) = T(n)
	return int64(T(n)) == n
}

func quickReadUint(s *scan, at unsafe.Pointer) bool {
	d, ok := s.digits()
	n, err := strconv.ParseUint(d, 10, 64)
	*(*uint64)(at) = n
	return ok && err == nil
}

func quickReadTime(s *scan, at unsafe.Pointer) bool {
	text, ok := s.text()
	// In UTC and with a point before its fraction, which is how it is written; time.Parse would let more through.
	const whole = len("2016-05-04T00:00:00Z")
	if !ok || len(text) < whole || text[len(text)-1] != 'Z' || len(text) > whole && (text[whole-1] != '.' || text[len(text)-2] == '0' || len(text) > whole+10) {
		return false
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	*(*time.Time)(at) = t
	return err == nil
}

func quickReadWhen(s *scan, at unsafe.Pointer) (ok bool) {
	w := (*when.When)(at)
	if s.left == "" || s.left[0] != '"' {
		// When has the fields of whenObject, and an empty one is refused with the reason.
		return planOf(reflect.TypeFor[whenObject]()).read(s, at) && (w.Zone != "" || w.Phrase != "")
	}
	w.At, ok = s.text()
	return ok && w.At != ""
}

func quickReadCommand(s *scan, at unsafe.Pointer) bool {
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
	if !ok || !readMembers(s, c.UnsafePointer(), members, true) {
		return false
	}
	*(*domain.Command)(at) = c.Interface().(domain.Command)
	return true
}

func quickReadStored(s *scan, at unsafe.Pointer) bool {
	return quickReadCommand(s, unsafe.Pointer(&(*storedCommand)(at).command)) // which knows no signed form
}

func quickReadEvent(s *scan, at unsafe.Pointer) bool {
	if !s.word(`{"type":`) {
		return false
	}
	name, _ := s.text()
	t, ok := eventByName[name]
	if !ok || eventUpcasters[name] != nil {
		return false
	}
	members, ok := namedMembers(t.typ)
	if !ok {
		return false
	}
	rooms := roomsFor(t.typ)
	r := rooms.Get().(*room)
	defer r.back(rooms)
	if !readMembers(s, r.at, members, true) {
		return false
	}
	*(*domain.Event)(at) = r.value.Interface().(domain.Event)
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
	m.members, m.ok = membersOf(t, nil, 0)
	memberships.Store(t, m)
	return m.members, m.ok
}
