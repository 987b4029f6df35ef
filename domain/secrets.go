package domain

import (
	"reflect"
	"regexp"
	"strings"
)

// A Sealed is the commitment to a value that must never stand in the log: hmac-sha256: and 64 hexadecimal digits. The
// value itself is in the vault, encrypted, until its key is destroyed. Whoever has the value and the key can show that the
// commitment is to that value; nobody can guess the value from the commitment.
type Sealed string

var sealedForm = regexp.MustCompile(`^hmac-sha256:[0-9a-f]{64}$`)

// IsCommitment reports whether s has the form of a commitment.
func IsCommitment(s string) bool { return sealedForm.MatchString(s) }

// ClearText is what is said to who sends a value in clear. It repeats nothing: errors are kept in places that vaults are not.
const ClearText = "must not hold the value itself: send the value to POST /v1/secrets (truce secret put) and give the commitment that it answers, hmac-sha256: and 64 hexadecimal digits"

// Confidential are the fields of a report that would put somebody in danger.
type Confidential struct {
	Witness    Sealed `json:"witness,omitempty" doc:"The commitment to a witness's name, from truce secret put; never the name itself." format:"sealed"`
	Contact    Sealed `json:"contact,omitempty" doc:"The commitment to how to reach the witness." format:"sealed"`
	ExactPlace Sealed `json:"exact_place,omitempty" doc:"The commitment to the exact place; what everybody may see goes into near." format:"sealed"`
}

// ReadSecret puts on the record that somebody read a sealed value. The vault gives the value out only when this is recorded.
type ReadSecret struct {
	Header
	RecordTarget
	Secret Sealed `json:"secret" doc:"The commitment, as the record holds it." required:"true" format:"sealed"`
	Reason string `json:"reason" doc:"What for." required:"true"`
}

// DestroySecret has the key of a sealed value destroyed. The commitment stays in the log, and what was committed to can never
// be read again from here.
type DestroySecret struct {
	Header
	RecordTarget
	Secret     Sealed `json:"secret" doc:"The commitment, as the record holds it." required:"true" format:"sealed"`
	Reason     string `json:"reason" doc:"Why." required:"true"`
	LegalBasis string `json:"legal_basis" doc:"By what law, order or promise." required:"true"`
}

func (*ReadSecret) Verb() string    { return "read-secret" }
func (*DestroySecret) Verb() string { return "destroy-secret" }

// Final: that a secret was read or destroyed is not taken back.
func (*ReadSecret) Final()    {}
func (*DestroySecret) Final() {}

// SecretRead means that the vault was asked to give the value out. It was asked by the entry's principal.
type SecretRead struct{ Moment }

// SecretDestroyed means that the key is to be destroyed wherever it is held.
type SecretDestroyed struct{ Moment }

// The refusals about secrets.
const (
	ErrNoSecret        Rejection = "no-such-secret: the record holds no secret with this commitment"
	ErrSecretDestroyed Rejection = "secret-destroyed: the key of this secret was destroyed; what it sealed cannot be read any more"
	ErrUnknownSecret   Rejection = "unknown-secret: the vault holds no value for this commitment; send the value to POST /v1/secrets first"
)

// A Secret is a sealed value that a record holds.
type Secret struct {
	Field      string   `json:"field"`
	Commitment Sealed   `json:"commitment"`
	Sequence   uint64   `json:"sequence"` // of the entry that holds it
	Read       []uint64 `json:"read,omitempty"`
	Destroyed  uint64   `json:"destroyed,omitzero"` // the entry that had its key destroyed
}

// SecretsOf lists the sealed values of a record by the steps that keep allows, with who read them and whether they are
// destroyed. What a correction brings counts like what it corrects, because the log holds both for ever.
func SecretsOf(r Record, keep func(Step) bool) (secrets []Secret) {
	at := map[Sealed]int{}
	for _, s := range r.Steps {
		if !keep(s) {
			continue
		}
		if isBeside(s) {
			if s.Void != 0 {
				continue // its key was ended before it came: nothing was destroyed by it
			}
			note(secrets, at, s)
			continue
		}
		for _, x := range SealedIn(s.Command) {
			if _, known := at[x.Commitment]; known {
				continue
			}
			x.Sequence = s.Sequence
			at[x.Commitment] = len(secrets)
			secrets = append(secrets, x)
		}
	}
	return secrets
}

// note adds a reading or a destruction to the secret that it is about.
func note(secrets []Secret, at map[Sealed]int, s Step) {
	switch c := s.Command.(type) {
	case *ReadSecret:
		if i, known := at[c.Secret]; known {
			secrets[i].Read = append(secrets[i].Read, s.Sequence)
		}
	case *DestroySecret:
		if i, known := at[c.Secret]; known && secrets[i].Destroyed == 0 {
			secrets[i].Destroyed = s.Sequence
		}
	}
}

// holdsSecret refuses a commitment that the record does not hold, and one whose key is destroyed.
func holdsSecret(r Record, commitment Sealed) error {
	for _, s := range SecretsOf(r, Everything) {
		switch {
		case s.Commitment != commitment:
		case s.Destroyed != 0:
			return Refuse(ErrSecretDestroyed, "by entry %d", s.Destroyed)
		default:
			return nil
		}
	}
	return ErrNoSecret
}

var sealedType = reflect.TypeFor[Sealed]()

// SealedIn lists the sealed values that a command brings, also within a replacement. Commands about a secret that is on the
// record already bring none.
func SealedIn(c Command) (found []Secret) {
	if isBesideCommand(c) {
		return nil
	}
	if c, ok := c.(*Correct); ok && c.Replacement != nil {
		return SealedIn(c.Replacement)
	}
	holder, ok := c.(interface{ Sealed() *Confidential })
	if !ok {
		return nil
	}
	v := reflect.ValueOf(holder.Sealed()).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Type() == sealedType && f.Len() > 0 {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			found = append(found, Secret{Field: name, Commitment: Sealed(f.String())})
		}
	}
	return found
}

// CheckSealed refuses a command that holds a value where only a commitment belongs. It repeats nothing of the value.
func CheckSealed(c Command) error {
	prefix := ""
	if correct, ok := c.(*Correct); ok && correct.Replacement != nil {
		prefix = "replacement."
	}
	for _, s := range SealedIn(c) {
		if !IsCommitment(string(s.Commitment)) {
			return Field(prefix+s.Field, "%s", ClearText)
		}
	}
	return nil
}

// Unseal takes the commitments out of a command, for a ledger whose vault does not hold what they are to.
func Unseal(c Command) {
	if c, ok := c.(*Correct); ok && c.Replacement != nil {
		Unseal(c.Replacement)
	}
	if holder, ok := c.(interface{ Sealed() *Confidential }); ok {
		*holder.Sealed() = Confidential{}
	}
}

// Sealed returns the fields themselves, so that a command that embeds Confidential has the method.
func (c *Confidential) Sealed() *Confidential { return c }
