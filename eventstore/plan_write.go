package eventstore

import (
	"reflect"
	"strconv"
	"sync"
	"time"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"

	"truceledger/domain"
	"truceledger/domain/when"
)

// scratch is what plans write into. What is kept is copied out of it, in its own size: growing a slice for each entry made
// more garbage than the entries themselves.
var scratch = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

// quickly writes what v points to by its plan and hands it to use, which must not keep it; false: package json must do it.
func quickly(v any, use func([]byte)) bool {
	buffer := scratch.Get().(*[]byte)
	defer scratch.Put(buffer)
	e := reflect.ValueOf(v).Elem()
	b, ok := planOf(e.Type()).write((*buffer)[:0], e)
	*buffer = b
	if ok {
		use(b)
	}
	return ok
}

func quickWriteString(b []byte, v reflect.Value) ([]byte, bool) { return writeString(b, v.String()) }

func writeString(b []byte, s string) ([]byte, bool) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			b, err := jsontext.AppendQuote(b, s)
			return b, err == nil
		}
	}
	return append(append(append(b, '"'), s...), '"'), true
}

func quickWriteBool(b []byte, v reflect.Value) ([]byte, bool) {
	return strconv.AppendBool(b, v.Bool()), true
}

func quickWriteInt(b []byte, v reflect.Value) ([]byte, bool) {
	return strconv.AppendInt(b, v.Int(), 10), true
}

func quickWriteUint(b []byte, v reflect.Value) ([]byte, bool) {
	return strconv.AppendUint(b, v.Uint(), 10), true
}

func quickWriteTime(b []byte, v reflect.Value) ([]byte, bool) {
	t := v.Addr().Interface().(*time.Time)
	if year := t.Year(); t.Location() != time.UTC || year < 0 || year > 9999 {
		return b, false
	}
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"'), true
}

func quickWriteWhen(b []byte, v reflect.Value) ([]byte, bool) {
	w := v.Addr().Interface().(*when.When)
	if w.Zone == "" && w.Phrase == "" {
		return writeString(b, w.At)
	}
	o := whenObject(*w)
	return planOf(reflect.TypeFor[whenObject]()).write(b, reflect.ValueOf(&o).Elem())
}

func quickWriteCommand(b []byte, v reflect.Value) ([]byte, bool) {
	if v.IsNil() {
		return append(b, "null"...), true
	}
	command := v.Elem()
	if command.Kind() != reflect.Pointer || command.IsNil() {
		return b, false
	}
	t, ok := verbByType[command.Type().Elem()]
	if !ok {
		return b, false
	}
	members, ok := namedMembers(t.typ)
	if !ok {
		return b, false
	}
	b = append(append(append(b, `{"command":"`...), t.name...), '"')
	return writeMembers(b, command.Elem(), members, true)
}

func quickWriteStored(b []byte, v reflect.Value) ([]byte, bool) {
	c := v.Addr().Interface().(*storedCommand)
	if c.signed != nil {
		return b, false // the bytes that were signed are not for a plan to write anew
	}
	return quickWriteCommand(b, reflect.ValueOf(&c.command).Elem())
}

func quickWriteEvent(b []byte, v reflect.Value) ([]byte, bool) {
	e, ok := v.Interface().(domain.Event)
	if !ok || reflect.TypeOf(e).Kind() == reflect.Pointer {
		return b, false
	}
	t, ok := eventByType[reflect.TypeOf(e)]
	if !ok {
		return b, false
	}
	members, ok := namedMembers(t.typ)
	if !ok {
		return b, false
	}
	rooms := roomsFor(t.typ)
	r := rooms.Get().(*room) // so that its fields can be pointed to
	defer r.back(rooms)
	r.value.Set(v.Elem())
	b = append(append(append(b, `{"type":"`...), t.name...), '"')
	return writeMembers(b, r.value, members, true)
}

// A room is a value of some type that is lent, zero, to who needs it for a while.
type room struct {
	value reflect.Value
	at    unsafe.Pointer // its address
}

func (r *room) back(rooms *sync.Pool) {
	r.value.SetZero()
	rooms.Put(r)
}

var allRooms sync.Map // of *sync.Pool of *room, by reflect.Type

// roomsFor lends values of a type.
func roomsFor(t reflect.Type) *sync.Pool {
	if p, ok := allRooms.Load(t); ok {
		return p.(*sync.Pool)
	}
	p, _ := allRooms.LoadOrStore(t, &sync.Pool{New: func() any {
		v := reflect.New(t)
		return &room{v.Elem(), v.UnsafePointer()}
	}})
	return p.(*sync.Pool)
}
