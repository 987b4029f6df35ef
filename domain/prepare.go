package domain

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"truceledger/domain/when"
)

// Prepare checks the fields of c one by one and returns a *FieldError for the first that cannot be used. It changes nothing
// and looks at no other record. Dates without a zone are taken to be in the ledger's.
//
// What a field may hold is declared beside it, by its type and its tags: required, format (slug, duration, zone, sha256),
// and ref (the kind of record that it names).
func Prepare(c Command, ledgerZone string) error {
	p := preparation{zone: ledgerZone}
	return p.fields("", reflect.ValueOf(c).Elem())
}

// completeZones writes the ledger's zone into each date of c that was stated without one, and returns the paths. It comes
// after everything is resolved: the bounds that events hold must still say that the zone was assumed.
func completeZones(c Command, ledgerZone string) (defaults []string) {
	p := preparation{zone: ledgerZone, fills: true}
	_ = p.fields("", reflect.ValueOf(c).Elem()) // Prepare has seen it
	return p.defaults
}

// CompleteZones is completeZones for whoever states a command in full before it is signed.
func CompleteZones(c Command, ledgerZone string) { completeZones(c, ledgerZone) }

type preparation struct {
	zone     string
	fills    bool
	defaults []string
}

var (
	whenType    = reflect.TypeFor[when.When]()
	commandType = reflect.TypeFor[Command]()
)

// fields walks one struct; prefix is the path that leads to it.
func (p *preparation) fields(prefix string, v reflect.Value) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			if err := p.embedded(prefix, f, v.Field(i)); err != nil {
				return err
			}
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if err := p.field(prefix+name, f.Tag, v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

// embedded walks a struct whose fields belong to the one that embeds it. The tag by:"required" beside a Header says that
// the command cannot do without its actor.
func (p *preparation) embedded(prefix string, f reflect.StructField, v reflect.Value) error {
	if h, ok := v.Addr().Interface().(*Header); ok && f.Tag.Get("by") == "required" && h.By == "" {
		return Field(prefix+"by", "is required: the registered actor who does this")
	}
	return p.fields(prefix, v)
}

func (p *preparation) field(path string, tag reflect.StructTag, v reflect.Value) error {
	if v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0 {
		if tag.Get("required") == "true" && v.Kind() != reflect.Int { // a count may be zero
			return Field(path, "is required: %s", tag.Get("doc"))
		}
		return nil
	}
	switch {
	case v.Type() == whenType:
		return p.moment(path, v)
	case v.Type() == commandType:
		return p.fields(path+".", v.Elem().Elem())
	case v.Kind() == reflect.Struct:
		return p.fields(path+".", v)
	case v.Kind() == reflect.Slice:
		return p.list(path, tag, v)
	case v.Kind() == reflect.String:
		return word(path, tag, v)
	}
	return nil
}

// moment resolves a When once to see that it can be, and completes its zone where that is asked for.
func (p *preparation) moment(path string, v reflect.Value) error {
	w := v.Interface().(when.When)
	b, err := w.Resolve(p.zone)
	if err != nil {
		return whenProblem(path, err)
	}
	if b.ZoneAssumed && p.fills {
		w.Zone = p.zone
		v.Set(reflect.ValueOf(w))
		p.defaults = append(p.defaults, path+".zone")
	}
	return nil
}

func (p *preparation) list(path string, tag reflect.StructTag, v reflect.Value) error {
	seen := map[string]bool{}
	for i := range v.Len() {
		item := v.Index(i)
		at := fmt.Sprintf("%s[%d]", path, i)
		switch item.Kind() {
		case reflect.Struct:
			if err := p.fields(at+".", item); err != nil {
				return err
			}
		case reflect.String:
			if item.Len() == 0 {
				return Field(at, "is empty: %s", tag.Get("doc"))
			}
			if err := word(at, tag, item); err != nil {
				return err
			}
			if tag.Get("ref") != "" && seen[item.String()] {
				return Field(at, "%q stands in the list twice", clip(item.String()))
			}
			seen[item.String()] = true
		}
	}
	return nil
}

// word checks one string against the values of its type, its format and the form of what it refers to.
func word(path string, tag reflect.StructTag, v reflect.Value) error {
	s := v.String()
	if w, ok := v.Interface().(interface{ Values() []string }); ok && !slices.Contains(w.Values(), s) {
		return Field(path, "%q is none of %s", clip(s), strings.Join(w.Values(), ", "))
	}
	switch ref := tag.Get("ref"); {
	case ref == "record":
		if _, err := ParseRef(s); err != nil {
			return Field(path, "%s", err)
		}
	case ref != "" && !IsSlug(s):
		return Field(path, "%q is not an id: lower-case letters, digits and hyphens, at most 64", clip(s))
	}
	return formatted(path, tag.Get("format"), s)
}

var sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)

func formatted(path, format, s string) error {
	switch format {
	case "slug":
		if !IsSlug(s) {
			return Field(path, "%q is not an id: lower-case letters, digits and hyphens, at most 64", clip(s))
		}
	case "duration":
		if _, err := when.ParseDuration(s); err != nil {
			return whenProblem(path, err)
		}
	case "zone":
		if _, err := when.LoadZone(s); err != nil {
			e := whenProblem("", err).(*FieldError)
			return &FieldError{Field: path, Problem: e.Problem} // the field itself is the zone: no ".zone" after it
		}
	case "sha256":
		if !sha256Hex.MatchString(s) {
			return Field(path, "%q is not a SHA-256 in hex: 64 digits 0-9 and a-f", clip(s))
		}
	}
	return nil
}

// whenProblem turns a time's own error into one that names the field.
func whenProblem(path string, err error) error {
	if e, ok := err.(*when.Error); ok {
		if e.Field != "" {
			path += "." + e.Field
		}
		return &FieldError{Field: path, Problem: e.Problem}
	}
	return &FieldError{Field: path, Problem: err.Error()}
}
