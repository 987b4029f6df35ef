package domain

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"truceledger/domain/when"
)

// Prepare checks the fields of c one by one and returns a *FieldError for the first that cannot be used. It changes nothing
// and looks at no other record. Dates without a zone are taken to be in the ledger's.
//
// What a field may hold is declared beside it, by its type and its tags: required, format (slug, duration, zone, sealed, ssh-key, sha256),
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

// CompleteZones is completeZones for whoever states a command in full before it is signed, or tells where no zone was given.
func CompleteZones(c Command, ledgerZone string) (paths []string) {
	return completeZones(c, ledgerZone)
}

type preparation struct {
	zone     string
	fills    bool
	defaults []string
}

var (
	whenType    = reflect.TypeFor[when.When]()
	headerType  = reflect.TypeFor[Header]()
	commandType = reflect.TypeFor[Command]()
)

// fields walks one struct; prefix is the path that leads to it.
func (p *preparation) fields(prefix string, v reflect.Value) error {
	walked := shapeOf(v.Type()).checked
	if p.fills {
		walked = shapeOf(v.Type()).times
	}
	for i := range walked {
		f := &walked[i]
		err := error(nil)
		if f.anonymous {
			err = p.embedded(prefix, f, v.Field(f.index))
		} else {
			err = p.field(prefix, f, v.Field(f.index))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// embedded walks a struct whose fields belong to the one that embeds it. The tag by:"required" beside a Header says that
// the command cannot do without its actor.
func (p *preparation) embedded(prefix string, f *field, v reflect.Value) error {
	if f.byRequired && v.Addr().Interface().(*Header).By == "" {
		return Field(prefix+"by", "is required: the registered actor who does this")
	}
	return p.fields(prefix, v)
}

func (p *preparation) field(prefix string, f *field, v reflect.Value) error {
	if v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0 {
		if f.required {
			return Field(prefix+f.name, "is required: %s", f.doc)
		}
		return nil
	}
	switch path := prefix + f.name; {
	case v.Type() == whenType:
		return p.moment(path, v.Addr().Interface().(*when.When))
	case v.Type() == commandType:
		return p.fields(path+".", v.Elem().Elem())
	case v.Kind() == reflect.Struct:
		return p.fields(path+".", v)
	case v.Kind() == reflect.Slice:
		return p.list(path, f, v)
	case v.Kind() == reflect.String:
		return word(path, f, v.String())
	}
	return nil
}

// moment resolves a When to see that it can be, or completes its zone.
func (p *preparation) moment(path string, w *when.When) error {
	if !p.fills {
		if _, err := w.Resolve(p.zone); err != nil {
			return whenProblem(path, err)
		}
		return nil
	}
	if w.AssumesZone() {
		w.Zone = p.zone
		p.defaults = append(p.defaults, path+".zone")
	}
	return nil
}

func (p *preparation) list(path string, f *field, v reflect.Value) error {
	for i := range v.Len() {
		item := v.Index(i)
		switch item.Kind() {
		case reflect.Struct:
			if err := p.item(path, i, item); err != nil {
				return err
			}
		case reflect.String:
			if item.Len() == 0 {
				return Field(itemPath(path, i), "is empty: %s", f.doc)
			}
			if word(path, f, item.String()) != nil {
				return word(itemPath(path, i), f, item.String()) // its path is made only where it is needed
			}
		}
	}
	if f.ref != "" && v.Len() > 1 {
		return unique(path, v)
	}
	return nil
}

// item walks a struct in a list.
func (p *preparation) item(path string, i int, item reflect.Value) error {
	if !p.fills && p.fields("", item) == nil {
		return nil // nobody asks for its path
	}
	return p.fields(itemPath(path, i)+".", item)
}

// unique refuses a list in which a text stands twice.
func unique(path string, v reflect.Value) error {
	const few = 8 // among which looking at each is faster than a map
	var seen map[string]bool
	if v.Len() > few {
		seen = make(map[string]bool, v.Len())
	}
	for i := range v.Len() {
		text := v.Index(i).String()
		twice := seen[text]
		for k := 0; seen == nil && k < i && !twice; k++ {
			twice = v.Index(k).String() == text
		}
		if twice {
			return Field(itemPath(path, i), "%q stands in the list twice", clip(text))
		}
		if seen != nil {
			seen[text] = true
		}
	}
	return nil
}

func itemPath(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// word checks one string against the values of its type, its format and the form of what it refers to.
func word(path string, f *field, s string) error {
	if f.vocabulary != nil && !slices.Contains(f.vocabulary, s) {
		return Field(path, "%q is none of %s", clip(s), strings.Join(f.vocabulary, ", "))
	}
	switch {
	case f.ref == refToRecord:
		if _, err := ParseRef(s); err != nil {
			return Field(path, "%s", err)
		}
	case f.ref != "" && !IsSlug(s):
		return Field(path, "%q is not an id: lower-case letters, digits and hyphens, at most 64", clip(s))
	}
	return formatted(path, f.format, s)
}

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
	case "sealed":
		if !IsCommitment(s) {
			return Field(path, "%s", ClearText)
		}
	case "ssh-key": // here and not only where it is judged, so that nobody signs a command that will be refused
		if strings.Count(s, " ") != 1 {
			return Field(path, "%q is not a public key without a comment: give the first two words of a .pub file", clip(s))
		}
	case "sha256":
		if len(s) != 64 || strings.Trim(s, "0123456789abcdef") != "" {
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
