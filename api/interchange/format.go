package interchange

import (
	"fmt"
	"slices"
	"strings"

	"truceledger/domain"
)

// A Format knows one kind of table: what its rows mean in the ledger's terms.
type Format interface {
	// Name is how the format is called on the command line and in ids.
	Name() string
	// Columns are those that a table of the format cannot lack.
	Columns() []string
	// Key is the row's own stable id, by which it is known again when the table comes once more. Neighbouring rows with
	// the same key are handed over together where Grouped says so.
	Key(Row) string
	Grouped() bool
	// Kind and Prefix make the id of the record of a key: ucdp-ged-216554. Whoever sees an id sees where it is from.
	Kind() domain.Kind
	Prefix() string
	// Translate says what the rows mean, or why they cannot be taken: an *Unfit.
	Translate([]Row) (Item, error)
}

// An Item is what one row, or one group of them, amounts to.
type Item struct {
	// Needs are the places, actors and sources that the commands name, each after those that it names itself.
	Needs []domain.Command
	// Parts are the commands of the record in their order; the first begins it.
	Parts []Part
}

// A Part is one command of a record. Name tells the parts of a record apart for ever; it is "" for the first.
type Part struct {
	Name    string
	Command domain.Command
}

// An Unfit says why a row cannot be taken: a stable code, and a sentence for whoever mends the table.
type Unfit struct{ Code, Reason string }

func (u *Unfit) Error() string { return u.Reason }

func unfit(code, format string, args ...any) error {
	return &Unfit{Code: code, Reason: fmt.Sprintf(format, args...)}
}

// recordOf is the record of a row's key.
func recordOf(f Format, key string) domain.Ref {
	if o, ok := f.(interface{ recordOf(string) domain.Ref }); ok {
		return o.recordOf(key)
	}
	return domain.Ref{Kind: f.Kind(), ID: slug(f.Prefix() + "-" + key)}
}

// Settings are what the one who imports says about a table that the table does not say itself.
type Settings struct {
	// Zone is where the table's dates are counted; "" leaves it to the ledger, which marks it assumed.
	Zone string
	// Ceasefires are cited by every incident of the table.
	Ceasefires []string
	// Mapping describes the table for the format csv: a YAML document.
	Mapping []byte
}

var formats = map[string]func(Settings) (Format, error){
	"ucdp-ged": func(s Settings) (Format, error) { return ucdp{s}, nil },
	"acled":    func(s Settings) (Format, error) { return acled{s}, nil },
	"pa-x":     func(s Settings) (Format, error) { return pax{s}, nil },
	"eth-prio": func(s Settings) (Format, error) { return ethPrio{s}, nil },
	"csv":      newMapped,
	"truce":    newOwn,
}

// Formats lists the names of the formats.
func Formats() []string { return []string{"ucdp-ged", "acled", "pa-x", "eth-prio", "csv", "truce"} }

// NewFormat returns the format of that name.
func NewFormat(name string, s Settings) (Format, error) {
	make, ok := formats[name]
	if !ok {
		return nil, fmt.Errorf("%q is no format: one of %s", name, strings.Join(Formats(), ", "))
	}
	if i := slices.IndexFunc(s.Ceasefires, func(c string) bool { return !domain.IsSlug(c) }); i >= 0 {
		return nil, fmt.Errorf("ceasefire %q is not an id", s.Ceasefires[i])
	}
	return make(s)
}
