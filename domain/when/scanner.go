package when

// A scanner takes a text apart from the front. Once something is missing it is bad, and stays so.
type scanner struct {
	rest string
	bad  bool
}

// take drops c from the front, and reports whether it stood there.
func (s *scanner) take(c byte) bool {
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// need drops c from the front, where it must stand.
func (s *scanner) need(c byte) { s.bad = !s.take(c) || s.bad }

// digits drops the decimal digits at the front, and returns them. Only ASCII digits count.
func (s *scanner) digits() string {
	n := 0
	for n < len(s.rest) && '0' <= s.rest[n] && s.rest[n] <= '9' {
		n++
	}
	digits := s.rest[:n]
	s.rest = s.rest[n:]
	return digits
}

// number reads exactly n digits.
func (s *scanner) number(n int) int {
	digits := s.digits()
	if len(digits) != n {
		s.bad = true
		return 0
	}
	return decimal(digits)
}

// nanoseconds reads the one to nine digits after a decimal point, as billionths. More could not be kept.
func (s *scanner) nanoseconds() int {
	digits := s.digits()
	if digits == "" || len(digits) > 9 {
		s.bad = true
		return 0
	}
	return decimal((digits + "00000000")[:9])
}

// offset reads the Z or the ±HH:MM that ends a text, and names the zone that it stands for; empty if there is neither.
func (s *scanner) offset() string {
	if s.take('Z') {
		return "UTC"
	}
	given := s.rest
	if s.take('+') || s.take('-') {
		s.number(2)
		s.need(':')
		s.number(2)
	}
	return given[:len(given)-len(s.rest)]
}

// decimal is the value of at most nine digits.
func decimal(digits string) int {
	value := 0
	for _, digit := range []byte(digits) {
		value = value*10 + int(digit-'0')
	}
	return value
}
