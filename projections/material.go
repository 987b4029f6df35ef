package projections

import (
	"bytes"
	"context"

	"go.etcd.io/bbolt"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/registry"
	"truceledger/eventstore"
)

const (
	materialBucket = "material/1"
	secretsBucket  = "material/1 destroyed"
)

// material finds the records that name a file, and the secrets whose keys the log says are destroyed.
type material struct{}

func (material) Name() string      { return materialBucket }
func (material) Buckets() []string { return []string{materialBucket, secretsBucket} }

func (material) Apply(tx *Tx, e eventstore.Entry) error {
	for _, digest := range FilesOf(e.Command) {
		b, key := tx.Bucket(materialBucket), fileKey(digest, e.Ref.String())
		if b.Get(key) == nil {
			b.Insert(key, number(e.Sequence))
		}
	}
	if c, ok := e.Command.(*domain.DestroySecret); ok {
		b, key := tx.Bucket(secretsBucket), []byte(c.Secret)
		if b.Get(key) == nil {
			b.Insert(key, []byte(e.Ref.String()))
		}
	}
	return nil
}

// FilesOf lists the files that a command names.
func FilesOf(c domain.Command) (digests []string) {
	digest := ""
	switch c := c.(type) {
	case *domain.Correct:
		return FilesOf(c.Replacement)
	case *domain.AttachEvidence:
		digest = c.SHA256
	case *registry.RegisterSource:
		digest = c.SHA256
	case *ceasefire.Propose:
		digest = c.TermsSHA256
	case *ceasefire.Amend:
		digest = c.TermsSHA256
	}
	if digest == "" {
		return nil
	}
	return []string{digest}
}

func fileKey(digest, ref string) []byte { return []byte(digest + "\x00" + ref) }

// A FileView is a file as a record that the reader may know of speaks of it.
type FileView struct {
	Record    string `json:"record"`
	MediaType string `json:"media_type,omitempty"`
	Name      string `json:"name,omitempty"`
}

// File answers where a file is named. *domain.NotFound where no record names it that the reader may know of: whether it is
// there at all is then nobody's business.
func (q *Queries) File(_ context.Context, digest string, p Point) (v FileView, err error) {
	err = q.view(p, func(r *reader) error {
		prefix := fileKey(digest, "")
		c := r.tx.Bucket([]byte(materialBucket)).Cursor()
		for k, n := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, n = c.Next() {
			ref, err := domain.ParseRef(string(k[len(prefix):]))
			if err != nil {
				return damaged("the row of file %s: %v", digest, err)
			}
			if toNumber(n) > r.Prefix || hidden(r.tx, ref, r.Reader) {
				continue
			}
			h, err := r.record(ref)
			if err != nil {
				return err
			}
			v = fileIn(h.Record, digest, r.Point)
			return nil
		}
		return &domain.NotFound{}
	})
	return v, err
}

func fileIn(record domain.Record, digest string, p Point) FileView {
	v := FileView{Record: record.Ref.String()}
	for _, e := range domain.EvidenceOf(record, p.known) {
		if e.SHA256 == digest {
			v.MediaType, v.Name = e.MediaType, e.Name
		}
	}
	return v
}

// known keeps what was recorded within the prefix.
func (p Point) known(s domain.Step) bool { return s.Sequence <= p.Prefix }

// A MaterialView is what belongs to a record beside what it says: its files with their chains of custody, and its sealed
// values with who read them; and of a restricted one the actors that may know of it.
type MaterialView struct {
	Record   string                  `json:"record"`
	Evidence []domain.Evidence       `json:"evidence"`
	Secrets  []domain.Secret         `json:"secrets"`
	Audience []domain.AudienceMember `json:"audience,omitempty"`
	Version  uint64                  `json:"version"`
}

// Material answers for one record of any kind. It obeys known_at only: who held a file when is a matter of the record.
func (q *Queries) Material(_ context.Context, ref domain.Ref, p Point) (v MaterialView, err error) {
	err = q.view(p, func(r *reader) error {
		if !r.knows(ref) {
			return r.missing(ref, func(r *reader) (bool, error) { return r.knows(ref), nil })
		}
		h, err := r.record(ref)
		if err != nil {
			return err
		}
		v = MaterialView{
			Record: ref.String(), Evidence: some(domain.EvidenceOf(h.Record, p.known)), Secrets: some(domain.SecretsOf(h.Record, p.known)),
			Audience: domain.AudienceMembers(h.Record, p.known), Version: h.UpTo(p.Prefix).Version(),
		}
		return nil
	})
	return v, err
}

// Destroyed reports whether the log says that the key of a secret is to be destroyed.
func (q *Queries) Destroyed(commitment string) (destroyed bool, err error) {
	err = q.p.view(func(tx *bbolt.Tx) error {
		ref, err := domain.ParseRef(string(tx.Bucket([]byte(secretsBucket)).Get([]byte(commitment))))
		if err != nil {
			return nil // nobody asked for it
		}
		h, err := newReader(q, tx, Point{Reader: domain.Reader{All: true}}).record(ref)
		if err != nil {
			return err
		}
		for _, s := range domain.SecretsOf(h.Record, domain.Everything) {
			destroyed = destroyed || string(s.Commitment) == commitment && s.Destroyed != 0
		}
		return nil
	})
	return destroyed, err
}
