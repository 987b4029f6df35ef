package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"truceledger/domain"
)

// Keys stand on the record of the actor that they speak for. So one record says who may sign for an actor, an exchange of
// keys is one entry, and two exchanges at once cannot both go through.
//
// They are judged by sequence, never by a clock: a key stands from the entry that registers it up to the one that revokes
// it. Their commands therefore have no place in effective time (they implement Report, so that all of the record is seen)
// and cannot be corrected or retracted: what was once signed must not become unsigned. That a key's holder has signed the
// command is checked before it is decided; see package eventstore.

// RegisterKey puts a public key on an actor's record: from the next entry on, what it signs is the actor's word.
type RegisterKey struct {
	domain.Header
	Actor string `json:"actor,omitempty" doc:"The actor that the key speaks for." format:"slug"`
	Key   string `json:"key" doc:"The public key as in a .pub file: ssh-ed25519 or sk-ssh-ed25519@openssh.com, without a comment." required:"true" format:"ssh-key"`
	Label string `json:"label,omitempty" doc:"Whose key it is, for people."`
}

// RotateKey puts a key in the place of another one.
type RotateKey struct {
	domain.Header
	Actor    string `json:"actor,omitempty" doc:"The actor that the keys speak for." format:"slug"`
	Replaces string `json:"replaces" doc:"The fingerprint of the key that goes: SHA256:..." required:"true"`
	Key      string `json:"key" doc:"The public key that comes." required:"true" format:"ssh-key"`
	Label    string `json:"label,omitempty" doc:"Whose key it is, for people."`
}

// RevokeKey ends a key. It never unsigns the past; compromised_since says from which entry on its signatures are disputed.
type RevokeKey struct {
	domain.Header
	Actor            string `json:"actor,omitempty" doc:"The actor that the key speaks for." format:"slug"`
	Fingerprint      string `json:"fingerprint" doc:"The fingerprint of the key: SHA256:..." required:"true"`
	Reason           string `json:"reason,omitempty" doc:"Why."`
	CompromisedSince uint64 `json:"compromised_since,omitempty" doc:"The sequence of the first entry whose signature by this key is disputed."`
}

func (c *RegisterKey) Verb() string        { return "register-key" }
func (c *RegisterKey) Target() domain.Ref  { return domain.Ref{Kind: domain.KindActor, ID: c.Actor} }
func (c *RegisterKey) Creates() bool       { return false }
func (c *RegisterKey) SetTarget(id string) { c.Actor = id }
func (c *RegisterKey) Report()             {}
func (c *RegisterKey) Final()              {}
func (c *RotateKey) Verb() string          { return "rotate-key" }
func (c *RotateKey) Target() domain.Ref    { return domain.Ref{Kind: domain.KindActor, ID: c.Actor} }
func (c *RotateKey) Creates() bool         { return false }
func (c *RotateKey) SetTarget(id string)   { c.Actor = id }
func (c *RotateKey) Report()               {}
func (c *RotateKey) Final()                {}
func (c *RevokeKey) Verb() string          { return "revoke-key" }
func (c *RevokeKey) Target() domain.Ref    { return domain.Ref{Kind: domain.KindActor, ID: c.Actor} }
func (c *RevokeKey) Creates() bool         { return false }
func (c *RevokeKey) SetTarget(id string)   { c.Actor = id }
func (c *RevokeKey) Report()               {}
func (c *RevokeKey) Final()                {}

// KeyRegistered means that what the key signs from the next entry on is the actor's word.
type KeyRegistered struct{ domain.Moment }

// KeyRotated means that one key ends and another begins.
type KeyRotated struct{ domain.Moment }

// KeyRevoked means that what the key signs from the next entry on is nobody's word. What it signed before stays signed.
type KeyRevoked struct{ domain.Moment }

func (KeyRegistered) isEvent() {}
func (KeyRotated) isEvent()    {}
func (KeyRevoked) isEvent()    {}

// A Key is a key on an actor's record.
type Key struct {
	Key              string    `json:"key"` // as in a .pub file, without a comment
	Fingerprint      string    `json:"fingerprint"`
	Label            string    `json:"label,omitempty"`
	From             uint64    `json:"from"`            // the entry that registered it
	Until            uint64    `json:"until,omitempty"` // the entry that ended it, 0 while it stands
	FromTime         time.Time `json:"from_time"`       // when the ledger recorded those entries
	UntilTime        time.Time `json:"until_time,omitzero"`
	CompromisedSince uint64    `json:"compromised_since,omitempty"`
}

// Stands reports whether the key may sign an entry that has read the log up to readTo.
func (k Key) Stands(readTo uint64) bool {
	return k.From <= readTo && (k.Until == 0 || k.Until > readTo)
}

// FoldKeys returns all keys that ever stood on an actor's record, in the order of their registration.
func FoldKeys(readings []domain.Reading) []Key {
	readings = slices.Clone(readings)
	slices.SortFunc(readings, func(a, b domain.Reading) int {
		if a.Sequence < b.Sequence {
			return -1
		}
		return 1
	})
	var keys []Key
	for _, r := range readings {
		switch c := r.Command.(type) {
		case *RegisterKey:
			keys = append(keys, newKey(c.Key, c.Label, r))
		case *RotateKey:
			keys = append(end(keys, c.Replaces, 0, r), newKey(c.Key, c.Label, r))
		case *RevokeKey:
			keys = end(keys, c.Fingerprint, c.CompromisedSince, r)
		}
	}
	return keys
}

func newKey(line, label string, r domain.Reading) Key {
	print, _ := fingerprint(line)
	return Key{Key: line, Fingerprint: print, Label: label, From: r.Sequence, FromTime: r.RecordedAt}
}

func end(keys []Key, print string, compromised uint64, r domain.Reading) []Key {
	for i := range keys {
		if keys[i].Fingerprint == print && keys[i].Until == 0 {
			keys[i].Until, keys[i].UntilTime, keys[i].CompromisedSince = r.Sequence, r.RecordedAt, compromised
		}
	}
	return keys
}

// Disputed returns the entry that puts a signed entry into dispute, 0 for none: its key's revocation says that the key had been
// in other hands by then. It stays signed and counts; a careful reader should know. prints are the keys that have signed it:
// one of them that stood before and is not disputed vouches for it. A revocation after upTo is not known yet.
func Disputed(keys []Key, sequence, upTo uint64, prints []string) (by uint64) {
	for _, k := range keys {
		if k.From >= sequence || k.Until != 0 && k.Until <= sequence || !slices.Contains(prints, k.Fingerprint) {
			continue
		}
		if k.CompromisedSince == 0 || k.CompromisedSince > sequence || k.Until > upTo {
			return 0
		}
		by = k.Until
	}
	return by
}

func (c *RegisterKey) judge(before []domain.Reading, m domain.Moment) ([]domain.Event, []string, error) {
	if err := newcomer(FoldKeys(before), "key", c.Key); err != nil {
		return nil, nil, err
	}
	return []domain.Event{KeyRegistered{m}}, nil, nil
}

func (c *RotateKey) judge(before []domain.Reading, m domain.Moment) ([]domain.Event, []string, error) {
	keys := FoldKeys(before)
	if err := standing(keys, c.Replaces); err != nil {
		return nil, nil, err
	}
	if err := newcomer(keys, "key", c.Key); err != nil {
		return nil, nil, err
	}
	return []domain.Event{KeyRotated{m}}, nil, nil
}

func (c *RevokeKey) judge(before []domain.Reading, m domain.Moment) ([]domain.Event, []string, error) {
	if err := standing(FoldKeys(before), c.Fingerprint); err != nil {
		return nil, nil, err
	}
	return []domain.Event{KeyRevoked{m}}, nil, nil
}

// newcomer refuses what is no key that may sign, and one that stands or stood on the record: a revoked key never returns.
func newcomer(keys []Key, field, line string) error {
	print, ok := fingerprint(line)
	if !ok {
		return domain.Field(field, "is no public key of the kinds ssh-ed25519 and sk-ssh-ed25519@openssh.com without a comment: the first two words of a .pub file")
	}
	for _, k := range keys {
		if k.Fingerprint == print {
			return domain.Refuse(ErrKeyKnown, "%s", print)
		}
	}
	return nil
}

func standing(keys []Key, print string) error {
	for _, k := range keys {
		if k.Fingerprint == print && k.Until == 0 {
			return nil
		}
	}
	return domain.Refuse(ErrNoSuchKey, "%.60s", print)
}

// fingerprint is a key's name, as OpenSSH writes it. ok is false for what is no Ed25519 key: its bytes must begin with the
// name of its kind and, for one in a file, have exactly 32 more with their length.
func fingerprint(line string) (print string, ok bool) {
	kind, encoded, _ := strings.Cut(line, " ")
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	head := append([]byte{0, 0, 0, byte(len(kind))}, kind...)
	rest, has := bytes.CutPrefix(raw, head)
	if err != nil || !has || !bytes.HasPrefix(rest, []byte{0, 0, 0, 32}) || len(rest) < 36 {
		return "", false
	}
	switch kind {
	case "ssh-ed25519":
		ok = len(rest) == 36
	case "sk-ssh-ed25519@openssh.com": // the application follows
		ok = len(rest) > 40 && len(rest) < 40+256 && int(rest[39]) == len(rest)-40 && rest[36] == 0 && rest[37] == 0 && rest[38] == 0
	}
	sum := sha256.Sum256(raw)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:]), ok
}
