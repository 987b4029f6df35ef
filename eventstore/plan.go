package eventstore

import (
	"reflect"
	"strings"
	"sync"
	"time"
	"unsafe"

	"truceledger/domain"
	"truceledger/domain/when"
)

// A plan writes and reads one type in the one form in which this package writes it: no white space, the fields in the order
// of their declaration, each at most once. It is a short cut past package json, which looks every value up by its type:
// whatever a plan does not know, or does not meet exactly as it would write it, is left to package json, so that what is
// accepted, and every error, is that package's alone.
type plan struct {
	// write appends v; false: package json must do it.
	write func(b []byte, v reflect.Value) ([]byte, bool)
	// read sets the value of the plan's type that stands at an address and is zero; false: package json must do it. It goes by
	// addresses because a reflect.Value for every field takes as long as all that is read into them.
	read func(s *scan, at unsafe.Pointer) bool
}

var plans sync.Map // of plan, by reflect.Type

func planOf(t reflect.Type) plan {
	if p, ok := plans.Load(t); ok {
		return p.(plan)
	}
	p := newPlan(t)
	plans.Store(t, p)
	return p
}

func newPlan(t reflect.Type) plan {
	switch t {
	case reflect.TypeFor[time.Time]():
		return plan{quickWriteTime, quickReadTime}
	case reflect.TypeFor[when.When]():
		return plan{quickWriteWhen, quickReadWhen}
	case reflect.TypeFor[storedCommand]():
		return plan{quickWriteStored, quickReadStored}
	case commandInterface:
		return plan{quickWriteCommand, quickReadCommand}
	case eventInterface:
		return plan{quickWriteEvent, quickReadEvent}
	}
	switch t.Kind() {
	case reflect.String:
		return plan{quickWriteString, quickReadString}
	case reflect.Bool:
		return plan{quickWriteBool, quickReadBool}
	case reflect.Int:
		return plan{quickWriteInt, quickReadInt[int]}
	case reflect.Int64:
		return plan{quickWriteInt, quickReadInt[int64]}
	case reflect.Uint64:
		return plan{quickWriteUint, quickReadUint}
	case reflect.Pointer:
		return pointerPlan(t)
	case reflect.Slice:
		return slicePlan(t)
	case reflect.Struct:
		return structPlan(t)
	}
	return noPlan
}

var (
	commandInterface = reflect.TypeFor[domain.Command]()
	eventInterface   = reflect.TypeFor[domain.Event]()

	// noPlan is for what is rare: floats, maps, and values of any type.
	noPlan = plan{
		write: func(b []byte, _ reflect.Value) ([]byte, bool) { return b, false },
		read:  func(*scan, unsafe.Pointer) bool { return false },
	}
)

func pointerPlan(t reflect.Type) plan {
	elem := planOf(t.Elem())
	return plan{
		write: func(b []byte, v reflect.Value) ([]byte, bool) {
			if v.IsNil() {
				return append(b, "null"...), true
			}
			return elem.write(b, v.Elem())
		},
		read: func(s *scan, at unsafe.Pointer) bool {
			to := reflect.New(t.Elem()).UnsafePointer()
			*(*unsafe.Pointer)(at) = to
			return elem.read(s, to)
		},
	}
}

func slicePlan(t reflect.Type) plan {
	if t.Elem().Kind() == reflect.Uint8 {
		return noPlan // written in base64
	}
	elem := planOf(t.Elem())
	read := listReader(t, elem)
	if t.Elem().Kind() == reflect.String {
		read = quickReadStrings
	}
	return plan{
		read: read,
		write: func(b []byte, v reflect.Value) (_ []byte, ok bool) {
			b = append(b, '[')
			for i := range v.Len() {
				if i > 0 {
					b = append(b, ',')
				}
				if b, ok = elem.write(b, v.Index(i)); !ok {
					return b, false
				}
			}
			return append(b, ']'), true
		},
	}
}

// A member is one field of a struct, or of one that it embeds.
type member struct {
	name   string // as JSON: "name":
	index  []int
	offset uintptr                   // in the outermost struct
	omit   func(reflect.Value) bool  // nil: never
	empty  func(unsafe.Pointer) bool // omit for the value at an address
	plan   plan
}

func (m *member) of(v reflect.Value) reflect.Value {
	for _, i := range m.index {
		v = v.Field(i)
	}
	return v
}

func structPlan(t reflect.Type) plan {
	members, ok := membersOf(t, nil, 0)
	if !ok {
		return noPlan
	}
	return plan{
		write: func(b []byte, v reflect.Value) ([]byte, bool) { return writeMembers(append(b, '{'), v, members, false) },
		read:  func(s *scan, at unsafe.Pointer) bool { return s.take('{') && readMembers(s, at, members, false) },
	}
}

// membersOf lists the members in the order in which package json writes them. ok is false for what only that package
// understands: two fields of one name, and tags that it alone knows.
func membersOf(t reflect.Type, index []int, offset uintptr) (members []member, ok bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(index[:len(index):len(index)], i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported():
			return nil, false
		case name == "" && (f.Anonymous || options == "embed") && f.Type.Kind() == reflect.Struct:
			inner, ok := membersOf(f.Type, at, offset+f.Offset)
			if !ok {
				return nil, false
			}
			members = append(members, inner...)
			continue
		}
		omit, known := omission(f.Type, options)
		if name == "" || !known {
			return nil, false
		}
		members = append(members, member{
			name: `"` + name + `":`, index: at, offset: offset + f.Offset, omit: omit, empty: emptyAt(f.Type, omit), plan: planOf(f.Type),
		})
	}
	seen := map[string]bool{}
	for _, m := range members {
		if seen[m.name] {
			return nil, false
		}
		seen[m.name] = true
	}
	return members, true
}

// omission says when a field is left out.
func omission(t reflect.Type, options string) (omit func(reflect.Value) bool, known bool) {
	_, method := t.MethodByName("IsZero")
	switch {
	case options == "":
		return nil, true
	case options == "omitempty":
		return isEmpty, true
	case options != "omitzero":
		return nil, false
	case t == reflect.TypeFor[time.Time]():
		return func(v reflect.Value) bool { return v.Addr().Interface().(*time.Time).IsZero() }, true
	case t == reflect.TypeFor[when.When]():
		return func(v reflect.Value) bool { return v.Addr().Interface().(*when.When).IsZero() }, true
	case t == reflect.TypeFor[when.Bounds]():
		return func(v reflect.Value) bool { return v.Addr().Interface().(*when.Bounds).IsZero() }, true
	case method:
		return func(v reflect.Value) bool { return v.Interface().(interface{ IsZero() bool }).IsZero() }, true
	}
	if _, method := reflect.PointerTo(t).MethodByName("IsZero"); method {
		return nil, false
	}
	return reflect.Value.IsZero, true
}

// emptyAt is omit for values at an address: for the plain kinds without reflection.
func emptyAt(t reflect.Type, omit func(reflect.Value) bool) func(unsafe.Pointer) bool {
	_, method := t.MethodByName("IsZero")
	switch {
	case omit == nil:
		return nil
	case t == reflect.TypeFor[time.Time]():
		return func(at unsafe.Pointer) bool { return (*time.Time)(at).IsZero() }
	case t == reflect.TypeFor[when.When]():
		return func(at unsafe.Pointer) bool { return (*when.When)(at).IsZero() }
	case t == reflect.TypeFor[when.Bounds]():
		return func(at unsafe.Pointer) bool { return (*when.Bounds)(at).IsZero() }
	case method:
	case t.Kind() == reflect.String:
		return func(at unsafe.Pointer) bool { return *(*string)(at) == "" }
	case t.Kind() == reflect.Bool:
		return func(at unsafe.Pointer) bool { return !*(*bool)(at) }
	case t.Kind() == reflect.Int:
		return func(at unsafe.Pointer) bool { return *(*int)(at) == 0 }
	case t.Kind() == reflect.Uint64:
		return func(at unsafe.Pointer) bool { return *(*uint64)(at) == 0 }
	case t.Kind() == reflect.Pointer:
		return func(at unsafe.Pointer) bool { return *(*unsafe.Pointer)(at) == nil }
	}
	return func(at unsafe.Pointer) bool { return omit(reflect.NewAt(t, at).Elem()) }
}

// isEmpty is what omitempty has always meant.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String, reflect.Array:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// writeMembers goes on with an object, behind another member where began says so, and ends it.
func writeMembers(b []byte, v reflect.Value, members []member, began bool) (_ []byte, ok bool) {
	for i := range members {
		m := &members[i]
		field := m.of(v)
		if m.omit != nil && m.omit(field) {
			continue
		}
		if began {
			b = append(b, ',')
		}
		began = true
		if b, ok = m.plan.write(append(b, m.name...), field); !ok {
			return b, false
		}
	}
	return append(b, '}'), true
}

// readMembers reads what writeMembers writes: every member that is not left out, and none that would be.
func readMembers(s *scan, at unsafe.Pointer, members []member, began bool) bool {
	next := 0
	for ; !s.take('}'); began = true {
		if began && !s.take(',') {
			return false
		}
		for next < len(members) && !s.word(members[next].name) {
			if members[next].omit == nil {
				return false
			}
			next++
		}
		if next == len(members) {
			return false
		}
		m := &members[next]
		field := unsafe.Add(at, m.offset)
		if !m.plan.read(s, field) || m.empty != nil && m.empty(field) {
			return false
		}
		next++
	}
	for ; next < len(members); next++ {
		if members[next].omit == nil {
			return false
		}
	}
	return true
}
