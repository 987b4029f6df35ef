package bundle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Failure is what verification found wrong: the first entry that is bad, if one can be named, and what it fails.
type Failure struct {
	Sequence uint64 // 0 where no single entry is at fault
	Check    string // which check: head, policy, line, entry-file, tile, root, history, attachment, signature, seen, rules, receipt, layout
	Words    string
}

func (f *Failure) Error() string {
	if f.Sequence == 0 {
		return f.Check + ": " + f.Words
	}
	return fmt.Sprintf("entry %d: %s: %s", f.Sequence, f.Check, f.Words)
}

func failed(sequence uint64, check, format string, args ...any) error {
	return &Failure{Sequence: sequence, Check: check, Words: fmt.Sprintf(format, args...)}
}

// A Report says what holds, and what was not looked at.
type Report struct {
	Origin string `json:"origin"`
	Ledger string `json:"ledger"`
	Size   int64  `json:"size"`
	Root   string `json:"root"`

	Heads          int      `json:"heads"`                       // earlier heads, all of which the entries continue
	Kept           int      `json:"kept_heads"`                  // heads that the caller had kept, found in this history
	Cosigned       []string `json:"cosigned,omitempty"`          // by whom the newest head is cosigned
	Quorum         string   `json:"quorum"`                      // reached, none asked for, no policy given
	Bounds         []Bound  `json:"bounds,omitempty"`            // until when entries stood in the log
	Withheld       uint64   `json:"withheld"`                    // entries whose payload is left out
	WithheldSeq    []uint64 `json:"withheld_first"`              // the first of them
	Signed         uint64   `json:"signed"`                      // entries that a party has signed, all of which hold
	Decided        uint64   `json:"decided_again"`               // entries that follow from their commands by the rules
	Undecided      uint64   `json:"not_decided"`                 // entries that could not be decided again, because something is withheld
	FirstUndecided uint64   `json:"not_decided_first,omitempty"` // the first of them
	Replayed       bool     `json:"rules_checked"`               // the rules were applied at all
	Attachments    int      `json:"attachments"`                 // files whose bytes have the hash that names them
	Receipts       int      `json:"receipts"`                    // receipts that hold
	Flags          []Flag   `json:"flags,omitempty"`             // what is odd and does not fail, the first of each kind
	FlagsMore      uint64   `json:"flags_more"`                  // how many more there are
	EntriesRead    bool     `json:"entry_files_checked"`         // whether every tile/entries file was there

	Strangers     uint64 `json:"other_files"` // files in the folder that are none of a bundle's; not looked at
	FirstStranger string `json:"other_files_first,omitempty"`
}

// A Bound says that entries up to a sequence stood in the log at a time, by a witness's word. Bounds ascend.
type Bound struct {
	UpTo     int64     `json:"up_to"`
	NotAfter time.Time `json:"not_after"`
	By       string    `json:"by"`
}

// A Flag is something odd about an entry.
type Flag struct {
	Sequence uint64 `json:"sequence"`
	Words    string `json:"words"`
}

const mostFlags = 100

func (r *Report) flag(sequence uint64, format string, args ...any) {
	if len(r.Flags) == mostFlags {
		r.FlagsMore++
		return
	}
	r.Flags = append(r.Flags, Flag{Sequence: sequence, Words: fmt.Sprintf(format, args...)})
}

// Times is what can be said of when an entry was made, without believing the ledger's clock.
type Times struct {
	NotBefore   time.Time // zero where nothing says
	BeforeBy    string
	NotAfter    time.Time // zero where nobody has cosigned a head that covers it
	NotAfterBy  string
	ClaimedByUs time.Time // the ledger's own word
}

// NotAfter returns the bound of one entry, false where there is none.
func (r *Report) NotAfter(sequence uint64) (Bound, bool) {
	i, _ := slices.BinarySearchFunc(r.Bounds, int64(sequence), func(b Bound, n int64) int { return cmp.Compare(b.UpTo, n) })
	if i == len(r.Bounds) {
		return Bound{}, false
	}
	return r.Bounds[i], true
}

// Words says the report in sentences, the most important first.
func (r *Report) Words() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("%s holds %d entries; their root is %s.", r.Origin, r.Size, r.Root)
	say("The log's key has signed that, and nothing in it was altered, dropped, reordered or added since.")
	r.witnesses(say)
	if r.Heads > 0 {
		say("The %d earlier heads in the bundle all belong to this history.", r.Heads)
	}
	if r.Kept > 0 {
		say("The %d heads that you had kept belong to this history: it was not rewritten since.", r.Kept)
	}
	r.contents(say)
	for _, f := range r.Flags {
		say("Note on entry %d: %s", f.Sequence, f.Words)
	}
	if r.FlagsMore > 0 {
		say("... and %d more notes.", r.FlagsMore)
	}
	return b.String()
}

func (r *Report) witnesses(say func(string, ...any)) {
	switch {
	case len(r.Cosigned) > 0:
		say("Cosigned by %s. Quorum: %s.", strings.Join(r.Cosigned, ", "), r.Quorum)
	case r.Kept > 0:
		say("No witness that you named has cosigned it. Quorum: %s.", r.Quorum)
	default:
		say("No witness that you named has cosigned it, and you gave no earlier head: whoever holds the log's key could have written all of it anew today. Quorum: %s.", r.Quorum)
	}
	for _, bound := range r.Bounds {
		say("Entries up to %d stood in the log on %s, by the word of %s.", bound.UpTo, bound.NotAfter.Format(time.RFC3339), bound.By)
	}
}

func (r *Report) contents(say func(string, ...any)) {
	if r.Signed > 0 {
		say("%d commands are signed by parties, and the signatures hold for keys that stood on the record then.", r.Signed)
	}
	switch {
	case !r.Replayed:
		say("Whether the entries follow from their commands by the rules was not checked.")
	case r.Undecided == 0:
		say("Every entry follows by the rules from its command and what stood before it.")
	default:
		say("%d entries follow by the rules from their commands; %d could not be decided again because entries are withheld, beginning with entry %d.", r.Decided, r.Undecided, r.FirstUndecided)
	}
	if r.Withheld > 0 {
		say("%d entries are withheld, beginning with %v: that they exist and where is proved, what they say is not shown.", r.Withheld, r.WithheldSeq)
	}
	if r.Attachments > 0 {
		say("%d attachments have the bytes that their names say.", r.Attachments)
	}
	if r.Receipts > 0 {
		say("%d receipts hold.", r.Receipts)
	}
	if r.Strangers > 0 {
		say("%d files in the folder are none of a bundle's, and were not looked at, beginning with %q.", r.Strangers, r.FirstStranger)
	}
}
