package alert

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"truceledger/domain"
	"truceledger/domain/when"
)

// The kinds of alerts.
const (
	AboutToLapse   = "about-to-lapse"
	Lapsed         = "lapsed"
	Violation      = "violation-alleged"
	ConsentMissing = "consent-missing"
)

// Kinds lists them.
func Kinds() []string { return []string{AboutToLapse, Lapsed, Violation, ConsentMissing} }

// A Subscription says who is told of what.
type Subscription struct {
	ID      string    `json:"id"`
	URL     string    `json:"url"`
	Kinds   []string  `json:"kinds"`            // none: all
	Area    string    `json:"area,omitempty"`   // a place: violations in it, ceasefires that cover it
	Before  string    `json:"before,omitempty"` // how long before its end a ceasefire is about to lapse: PT24H where it is not given
	Secret  string    `json:"secret,omitempty"` // the key of the signatures; shown once, when the subscription is made
	Created time.Time `json:"created"`
}

// check refuses what could never work.
func (s *Subscription) check(allowPrivate bool) error {
	u, err := url.Parse(s.URL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
		return domain.Field("url", "%.80q is no address: write it like https://example.org/hook, without a user", s.URL)
	case u.Scheme == "http" && !allowPrivate:
		return domain.Field("url", "an alert must not travel in the clear: begin the address with https://")
	case s.Area != "" && !domain.IsSlug(s.Area):
		return domain.Field("area", "%.60q is not an id", s.Area)
	}
	if s.Before != "" {
		if _, err := when.ParseDuration(s.Before); err != nil {
			return domain.Field("before", "%s", err)
		}
	}
	for _, k := range s.Kinds {
		if !slices.Contains(Kinds(), k) {
			return domain.Field("kinds", "%.60q is none of %s", k, strings.Join(Kinds(), ", "))
		}
	}
	return nil
}

func (s *Subscription) wants(kind string) bool {
	return len(s.Kinds) == 0 || slices.Contains(s.Kinds, kind)
}

func (s *Subscription) notice() time.Duration {
	d, err := when.ParseDuration(s.Before)
	if err != nil {
		return 24 * time.Hour
	}
	start := time.Unix(0, 0).UTC()
	return d.From(start, time.UTC).Sub(start)
}

// An Alert is what is told.
type Alert struct {
	ID       string    `json:"id"` // the same for every try: receivers can drop what they have had
	Kind     string    `json:"kind"`
	Record   string    `json:"record"`
	Title    string    `json:"title,omitempty"`
	Sentence string    `json:"sentence"`
	At       time.Time `json:"at"`                 // the moment that it is about
	Sequence uint64    `json:"sequence,omitempty"` // of the entry that led to it
}

// A Delivery is an alert on its way to one subscription.
type Delivery struct {
	ID           string    `json:"id"`
	Subscription string    `json:"subscription"`
	Alert        Alert     `json:"alert"`
	Tries        int       `json:"tries"`
	Next         time.Time `json:"next,omitzero"` // the next try; zero for a dead letter
	Problem      string    `json:"problem,omitempty"`
}

func (d Delivery) String() string { return fmt.Sprintf("%s to %s", d.Alert.ID, d.Subscription) }
