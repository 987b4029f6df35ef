package eventstore

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"truceledger/domain"
	"truceledger/domain/when"
)

var (
	// reading are the options under which everything is read: what is not declared is refused, names are matched exactly,
	// and (by default) duplicate names and invalid UTF-8 are refused. They keep JSON out of the domain: how a time, a
	// list of places, a command within a command and an event look on the wire is said here.
	reading json.Options
	// writing are the options under which everything is written: the same value gives the same bytes, on one line.
	writing json.Options
)

// The options are made in init, because reading a command within a command leads back to them.
func init() {
	reading = json.JoinOptions(
		json.RejectUnknownMembers(true),
		json.WithUnmarshalers(json.JoinUnmarshalers(
			json.UnmarshalFromFunc(readWhen),
			json.UnmarshalFromFunc(readPlaces),
			json.UnmarshalFromFunc(readCommand),
			json.UnmarshalFromFunc(readStored),
			json.UnmarshalFromFunc(readEvent),
		)),
	)
	writing = json.JoinOptions(
		json.Deterministic(true),
		json.WithMarshalers(json.JoinMarshalers(
			json.MarshalToFunc(writeWhen),
			json.MarshalToFunc(writeCommand),
			json.MarshalToFunc(writeStored),
			json.MarshalToFunc(writeEvent),
		)),
	)
}

func unmarshal(raw []byte, into any) error { return json.Unmarshal(raw, into, reading) }

// marshal writes what v points to.
func marshal(v any) ([]byte, error) { return json.Marshal(v, writing) }

// A whenObject is the long form of a stated time; the short form is the string at.
type whenObject struct {
	At     string `json:"at,omitempty"`
	Zone   string `json:"zone,omitempty"`
	Phrase string `json:"phrase,omitempty"`
}

func readWhen(d *jsontext.Decoder, w *when.When) error {
	var o whenObject
	switch kind := d.PeekKind(); kind {
	case '"':
		if err := json.UnmarshalDecode(d, &o.At); err != nil {
			return err
		}
	case '{':
		if err := json.UnmarshalDecode(d, &o); err != nil {
			return err
		}
	default:
		return wrongKind(d, reflect.TypeFor[when.When]())
	}
	if o == (whenObject{}) {
		return &domain.FieldError{Problem: "is empty: " + allowed(reflect.TypeFor[when.When]())}
	}
	*w = when.When(o)
	return nil
}

func writeWhen(e *jsontext.Encoder, w when.When) error {
	if w.Zone == "" && w.Phrase == "" {
		return e.WriteToken(jsontext.String(w.At))
	}
	return json.MarshalEncode(e, whenObject(w))
}

func readPlaces(d *jsontext.Decoder, p *domain.Places) error {
	switch d.PeekKind() {
	case '"':
		var one string
		if err := json.UnmarshalDecode(d, &one); err != nil {
			return err
		}
		*p = domain.Places{one}
		return nil
	case '[':
		var list []string
		if err := json.UnmarshalDecode(d, &list); err != nil {
			return err
		}
		*p = list
		return nil
	}
	return wrongKind(d, reflect.TypeFor[domain.Places]())
}

// readCommand reads a command that stands in another one; its own member "command" says which it is.
func readCommand(d *jsontext.Decoder, c *domain.Command) error {
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	if raw.Kind() == 'n' {
		return nil // as this package writes a command that is not there; DecodeCommand refuses a null
	}
	if raw.Kind() != '{' {
		return &domain.FieldError{Problem: "is " + kindInWords(raw.Kind()) + "; allowed is " + allowed(reflect.TypeFor[domain.Command]())}
	}
	if *c, err = decodeCommand("", raw); err != nil {
		return problem(err) // its path is that within the inner command; the decoder adds where that stands
	}
	return nil
}

func writeCommand(e *jsontext.Encoder, c domain.Command) error {
	v, ok := verbByType[reflect.TypeOf(c).Elem()]
	if !ok {
		return fmt.Errorf("%T is not declared in names.go", c)
	}
	return json.MarshalEncode(e, v.named(c))
}

// readEvent reads an event by its member "type". An unknown type is an error, never a skip: whoever skipped it would
// answer from half a history.
func readEvent(d *jsontext.Decoder, e *domain.Event) error {
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	name, raw, err := upcastEvent(raw)
	if err != nil {
		return err
	}
	t, ok := eventByName[name]
	if !ok {
		return fmt.Errorf("%w %q: a newer version of this program may know it", ErrUnknownEvent, name)
	}
	*e, err = t.decode(raw)
	return err
}

// writeEvent writes an event. The encoder hands over a pointer to it, whatever the event was.
func writeEvent(e *jsontext.Encoder, ev domain.Event) error {
	v := reflect.ValueOf(ev)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	t, ok := eventByType[v.Type()]
	if !ok {
		return errors.ErrUnsupported // a Moment, which stands in events and is none itself
	}
	return json.MarshalEncode(e, t.named(v.Interface().(domain.Event)))
}

// wrongKind consumes the next value and says what would have been right.
func wrongKind(d *jsontext.Decoder, t reflect.Type) error {
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	return &domain.FieldError{Problem: "is " + kindInWords(raw.Kind()) + "; allowed is " + allowed(t)}
}
