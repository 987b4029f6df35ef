package domain

// ReadingOf is how one entry of the record reads, of the steps that keep allows; ok is false where the entry or what replaced it
// is not kept, or it is taken back. See Readings for all of them at once.
func (r Record) ReadingOf(sequence uint64, keep func(Step) bool) (reading Reading, ok bool) {
	s, found := r.Find(sequence)
	if !found {
		return Reading{}, false
	}
	return read(s, r.corrections(keep), keep)
}
