//go:build !linux

package projections

// letGo does nothing where the system has no such call.
func (s *store) letGo() {}
