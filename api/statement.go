package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/domain"
	"truceledger/domain/ceasefire"
	"truceledger/domain/registry"
	"truceledger/eventstore"
	"truceledger/eventstore/proof/signed"
	"truceledger/projections"
)

// validFor is how long a ledger may take what was signed, unless the signer says otherwise.
const validFor = 24 * time.Hour

// A SigningStatement is a command as a party signs it with ssh-keygen, without any program of ours: the exact bytes, and the
// words to read first.
type SigningStatement struct {
	Statement   string `json:"statement" doc:"The exact bytes to sign, as text; nothing stands after the last brace, not even a line's end."`
	Signed      []byte `json:"signed" doc:"The same bytes in base64: the member signed of what is then sent."`
	Words       string `json:"words" doc:"What it says, in words: read this before signing."`
	WordsSHA256 string `json:"words_sha256" doc:"The hash of the words, which is signed too."`
	Namespace   string `json:"namespace" doc:"What ssh-keygen takes with -n: a signature for this ledger's commands and nothing else."`
	Actor       string `json:"actor" doc:"Whose key must sign."`
	Key         string `json:"key,omitempty" doc:"The fingerprint of the key that the number counts for."`
	PartySeq    uint64 `json:"party_seq" doc:"The number of this command among those that the key has signed."`
	ValidUntil  string `json:"valid_until" doc:"The ledger must not take it after this."`
	File        string `json:"file" doc:"A name for the file that holds the bytes."`
	Sign        string `json:"sign" doc:"What to type where that file is; put the name of the key in."`
	SendTo      string `json:"send_to" doc:"Where the bytes go with the signature: POST {\"signed\": ..., \"signatures\": [...]}."`
	MediaType   string `json:"media_type" doc:"As what they go."`
}

type statementInput struct {
	CommandInput
	Key        string `query:"key" doc:"The fingerprint of the key that will sign (SHA256:...), where several stand on the actor's record."`
	PartySeq   count  `query:"party_seq" doc:"The number of the command among those that the key has signed; by default one more than the greatest on the record."`
	ValidUntil string `query:"valid_until" doc:"The ledger must not take it after this (RFC 3339); by default a day from now."`
}

type statementOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         SigningStatement
}

func (a *API) statementRoute() {
	serve(a, huma.Operation{
		OperationID: "state-command", Method: http.MethodPost, Path: "/v1/statements/{command}", Tags: []string{"proof"},
		Summary:     "The exact bytes of a command for its party to sign; nothing is stored",
		Description: "The command is completed as the ledger would store it now, and refused where it would be refused. What is signed with `ssh-keygen -Y sign` then goes to /v1/commands/{command}. A party that does not trust this server reads the words, or makes its own bytes with truce sign.",
	}, a.stateCommand)
}

func (a *API) stateCommand(ctx context.Context, in *statementInput) (*statementOutput, error) {
	if !slices.Contains(eventstore.Verbs(), in.Command) {
		return nil, unknownCommand(in.Command)
	}
	if p := mayVerb(ctx, in.Command); p != nil {
		return nil, p
	}
	if p := a.readiness.check(ctx, a); p != nil {
		return nil, p
	}
	number, bad := in.PartySeq.parse("party_seq")
	if bad != nil {
		return nil, bad
	}
	r, err := a.read(ctx, &in.CommandInput)
	if err != nil {
		return nil, err
	}
	if r.Signed != nil {
		return nil, problem(http.StatusUnsupportedMediaType, "not-json", "this one is signed already: send it to /v1/commands/%s", in.Command)
	}
	terms := signingTerms{key: in.Key, validUntil: in.ValidUntil}
	if number != nil {
		terms.number = *number
	}
	s, err := a.statementOf(ctx, r, terms)
	return &statementOutput{CacheControl: "no-store", Body: s}, err
}

// signingTerms are what a signer may choose; what is left open is filled in.
type signingTerms struct {
	key        string // fingerprint
	number     uint64
	validUntil string // RFC 3339
}

// statementOf makes the bytes that the party of a command signs.
func (a *API) statementOf(ctx context.Context, r eventstore.Request, t signingTerms) (out SigningStatement, err error) {
	e, err := a.ledger.Rehearse(ctx, r)
	if err != nil {
		return out, err
	}
	c := e.Command
	out.Actor = eventstore.Signer(c)
	if out.Actor == "" {
		return out, domain.Field("by", "is required: the actor whose key signs")
	}
	at, err := a.queries.Resolve(ctx, projections.Clock{})
	if err == nil {
		err = a.numbered(ctx, &t, c, out.Actor)
	}
	if err != nil {
		return out, err
	}
	s := signed.Statement{Ledger: a.Proof.Ledger, PartySeq: t.number, ValidUntil: t.validUntil}
	if s.ValidUntil == "" {
		s.ValidUntil = a.Clock().Add(validFor).UTC().Format(time.RFC3339)
	} else if _, err := s.Until(); err != nil {
		return out, badParameter("valid_until", "valid_until: %q is no RFC 3339 time", clip(s.ValidUntil))
	}
	if s.Command, err = eventstore.EncodeCommand(c); err != nil {
		return out, err
	}
	if s.TermsSHA256, err = a.termsOf(ctx, c, at); err != nil {
		return out, err
	}
	if s.Seen, err = a.newestSeen(); err != nil {
		return out, err
	}
	raw, words, err := signed.Bytes(s)
	out.Signed, out.Statement, out.Words, out.WordsSHA256 = raw, string(raw), words, signed.WordsHash(words)
	out.Namespace, out.Key, out.PartySeq, out.ValidUntil = signed.Namespace(s.Ledger), t.key, s.PartySeq, s.ValidUntil
	out.File = c.Verb() + "-" + c.Head().CommandID[:8] + ".json"
	out.Sign = "ssh-keygen -Y sign -n " + out.Namespace + " -f ~/.ssh/id_ed25519 " + out.File
	out.SendTo, out.MediaType = "/v1/commands/"+c.Verb(), signed.MediaType
	return out, err
}

// numbered finds the key that will sign, and its next number. The key must be the actor's: how many commands another one has
// signed is nobody's business.
func (a *API) numbered(ctx context.Context, t *signingTerms, c domain.Command, actor string) error {
	if t.key == "" {
		t.key = a.ownKey(ctx, c, actor)
	}
	if t.number != 0 {
		return nil
	}
	switch {
	case t.key == "":
		return badParameter("key", "key: say by its fingerprint which of the keys of %s signs (see /v1/keys), or give party_seq", actor)
	case !strings.HasPrefix(t.key, "SHA256:"):
		return badParameter("key", "key: %q is no fingerprint, as ssh-keygen -l prints it: SHA256:...", clip(t.key))
	case !slices.Contains(a.ownKeys(ctx, c, actor), t.key):
		return badParameter("key", "key: %q does not stand on the record of %s: see /v1/keys, or give party_seq", clip(t.key), actor)
	}
	last, err := a.queries.LastSigned(ctx, actor, t.key)
	t.number = last + 1
	return err
}

// ownKey is the one key that can be meant, "" where there is none or a choice.
func (a *API) ownKey(ctx context.Context, c domain.Command, actor string) string {
	if keys := a.ownKeys(ctx, c, actor); len(keys) == 1 {
		return keys[0]
	}
	return ""
}

// ownKeys are the keys, by their fingerprints, that stand on the actor's record, or the first that is registered.
func (a *API) ownKeys(ctx context.Context, c domain.Command, actor string) (prints []string) {
	record, err := a.ledger.Record(ctx, domain.Ref{Kind: domain.KindActor, ID: actor})
	if err != nil {
		return nil
	}
	for _, k := range registry.FoldKeys(record.Readings(domain.Everything)) {
		if k.Until == 0 {
			prints = append(prints, k.Fingerprint)
		}
	}
	if first, ok := c.(*registry.RegisterKey); ok && len(prints) == 0 {
		if key, err := signed.ParseKey(first.Key); err == nil {
			return []string{signed.Fingerprint(key)}
		}
	}
	return prints
}

// termsOf is the hash of the text that a command agrees to, "" where it agrees to none that is at hand.
func (a *API) termsOf(ctx context.Context, c domain.Command, at projections.Point) (string, error) {
	agree, ok := c.(*ceasefire.Agree)
	if !ok {
		return "", nil
	}
	v, err := a.queries.Ceasefire(ctx, agree.Ceasefire, at)
	if err != nil || agree.Version != v.TermsVersion {
		return "", err
	}
	return v.TermsHash(), nil
}

// newestSeen is the newest signed head.
func (a *API) newestSeen() (signed.Seen, error) {
	text, err := a.Proof.Heads.Last()
	if err != nil || text == nil {
		return signed.Seen{}, err
	}
	h, err := a.openHead(text)
	return signed.Seen{Size: h.Size, Root: h.Root[:]}, err
}
