package domain

// A Flag marks something that the ledger accepted and that a careful reader should see. It never changes a status.
type Flag struct {
	Code     FlagCode `json:"flag"`
	Sequence uint64   `json:"sequence,omitzero"` // the entry that gave rise to it
	Detail   string   `json:"detail,omitempty"`
}

// A FlagCode is the stable name of a flag.
type FlagCode string

const (
	FlagGap              FlagCode = "gap"                // a term begins after the one before it has ended
	FlagOverlap          FlagCode = "overlap"            // a term begins before the one before it has ended
	FlagDurationDiffers  FlagCode = "duration_differs"   // the stated duration is not until minus from
	FlagOutOfOrder       FlagCode = "out_of_order"       // the act finds no purchase at its place; it changes nothing
	FlagAlreadyInside    FlagCode = "already_inside"     // the area was widened to a place that lies in it already
	FlagReportedBefore   FlagCode = "reported_before"    // a source was published before what it speaks of happened
	FlagOutsideArea      FlagCode = "outside_area"       // an incident outside the area of a ceasefire that it cites
	FlagOutsideTime      FlagCode = "outside_time"       // an incident while a ceasefire that it cites was not in force
	FlagByExcluded       FlagCode = "by_excluded"        // an incident whose accused the ceasefire does not cover
	FlagDuplicate        FlagCode = "duplicate"          // a second report of what is counted as another incident
	FlagContradicts      FlagCode = "contradicts_source" // another source says otherwise
	FlagVoid             FlagCode = "void"               // its key was ended before it came: it counts for nothing
	FlagDisputed         FlagCode = "signature_disputed" // its key is said to have been in other hands when it signed
	FlagExcludedObserver FlagCode = "excluded_actor"     // a report by an actor that the ceasefire excludes
)
