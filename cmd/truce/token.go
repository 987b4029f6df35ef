package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"truceledger/api/access"
	"truceledger/api/client"
	"truceledger/domain"
)

func (p *program) tokenVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "token",
		Short:   "Let people and programs in: make, list and revoke tokens",
		GroupID: groupProof,
		Args:    cobra.NoArgs,
		Example: "  truce token create --role negotiator --actor north --name \"North's delegation\"\n  truce token list\n  truce token revoke 2fkq3zxa6b7m",
		Long: `Make, list and revoke the tokens of a running server. It takes an operator's token: that of operator.token in the data
folder of a server of yours on this machine is found by itself. docs/access.md says what each role may do.`,
		RunE: func(c *cobra.Command, _ []string) error { return usage("token: say create, list or revoke") },
	}
	c.AddCommand(p.tokenCreateVerb(), p.tokenListVerb(), p.tokenRevokeVerb())
	return c
}

func (p *program) tokenCreateVerb() *cobra.Command {
	c := &cobra.Command{
		Use:   "create --role ROLE --name NAME",
		Short: "Make a token; it is printed last, once",
		Args:  cobra.NoArgs,
		Example: "  truce token create --role negotiator --actor north --name \"North's delegation\"\n" +
			"  truce token create --role auditor --name alice --expires P90D",
	}
	var asked client.NewToken
	var roles []string
	var names []string
	for _, r := range access.Roles {
		names = append(names, string(r))
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringArrayVar(&roles, "role", nil, "What its bearer does, a `ROLE`: "+strings.Join(names, ", ")+". Required.")
	f.StringArrayVar(&asked.Actors, "actor", nil, "An `ACTOR` that its bearer speaks for; a monitor's body. Repeat it for more.")
	f.StringVar(&asked.Name, "name", "", "Who bears it, a `NAME`: it stands in the entries that they make. Required.")
	f.StringVar(&asked.Expires, "expires", "", "From when on it lets nobody in: an instant, or a duration from now such as P90D; by default never.")
	_ = c.RegisterFlagCompletionFunc("role", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	out := p.outputFlag(c)
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		switch {
		case len(roles) == 0:
			return usage("--role is missing: one of %s", strings.Join(names, ", "))
		case asked.Name == "":
			return usage("--name is missing: who bears the token")
		}
		for _, r := range roles {
			asked.Roles = append(asked.Roles, access.Role(r))
		}
		return p.tokenCreate(c.Context(), asked, *out)
	}
	return c
}

func (p *program) tokenCreate(ctx context.Context, asked client.NewToken, out string) error {
	c, err := p.client()
	if err != nil {
		return err
	}
	made, secret, err := c.CreateToken(ctx, asked)
	if err != nil {
		return fmt.Errorf("token create: %w", err)
	}
	p.tellUnregistered(ctx, c, made.Actors)
	if out == outputJSON {
		return p.printJSON(struct {
			access.Token
			Secret string `json:"token"`
		}{made, secret})
	}
	for _, line := range tokenLines(made) {
		fmt.Fprintln(p.stderr, visible(line))
	}
	_, err = fmt.Fprintln(p.stdout, secret)
	return err
}

// tellUnregistered tells of actors that nobody has registered yet: a token that is bound to a slip of the pen speaks for nobody.
func (p *program) tellUnregistered(ctx context.Context, c *client.Client, actors []string) {
	for _, id := range actors {
		var answer *client.Problem
		_, err := c.Record(ctx, domain.Ref{Kind: domain.KindActor, ID: id}, client.Query{})
		if errors.As(err, &answer) && answer.Status == http.StatusNotFound {
			fmt.Fprintf(p.stderr, "note: %s is not on the record: the token speaks for nobody of that name until somebody registers it\n", visible(id))
		}
	}
}

func tokenLines(t access.Token) []string {
	words := fmt.Sprintf("token %s for %s: %s", t.ID, t.Name, joined(t.Roles))
	if len(t.Actors) > 0 {
		words += " of " + strings.Join(t.Actors, ", ")
	}
	if !t.Expires.IsZero() {
		words += ", until " + t.Expires.Format(time.RFC3339)
	}
	return []string{words, "keep it now: it is shown this once"}
}

func joined(roles []access.Role) string {
	var names []string
	for _, r := range roles {
		names = append(names, string(r))
	}
	return strings.Join(names, "+")
}

func (p *program) tokenListVerb() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List the tokens", Args: cobra.NoArgs}
	out := p.outputFlag(c)
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		client, err := p.client()
		if err != nil {
			return err
		}
		tokens, err := client.Tokens(c.Context())
		if err != nil {
			return fmt.Errorf("token list: %w", err)
		}
		if *out == outputJSON {
			return p.printJSON(tokens)
		}
		var rows [][]string
		for _, t := range tokens {
			rows = append(rows, []string{t.ID, visible(t.Name), joined(t.Roles), strings.Join(t.Actors, " "), stand(t), moment(t.LastUsed)})
		}
		return p.printTable([]column{{title: "ID"}, {title: "NAME"}, {title: "ROLES"}, {title: "ACTORS"}, {title: "STATE"}, {title: "LAST USED"}}, rows)
	}
	return c
}

// stand says whether a token lets its bearer in.
func stand(t access.Token) string {
	switch {
	case !t.Revoked.IsZero():
		return "revoked " + moment(t.Revoked)
	case t.Expires.IsZero():
		return "good"
	case t.Expires.Before(time.Now()):
		return "expired " + moment(t.Expires)
	}
	return "good until " + moment(t.Expires)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}

func (p *program) tokenRevokeVerb() *cobra.Command {
	c := &cobra.Command{Use: "revoke ID|NAME...", Short: "End tokens, with their sessions and requests under way", Args: cobra.MinimumNArgs(1)}
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, ids []string) error {
		client, err := p.client()
		if err != nil {
			return err
		}
		for _, id := range ids {
			id, err := tokenCalled(c.Context(), client, id)
			if err == nil {
				err = client.RevokeToken(c.Context(), id)
			}
			if err != nil {
				return fmt.Errorf("token revoke %s: %w", id, err)
			}
			fmt.Fprintln(p.stdout, "revoked", visible(id))
		}
		return nil
	}
	return c
}

// tokenCalled is the id of the one live token of that name; what names none, or is an id, stays as it is. Tokens continue a name:
// which of several is meant only an id says.
func tokenCalled(ctx context.Context, c *client.Client, name string) (string, error) {
	tokens, err := c.Tokens(ctx)
	if err != nil {
		return name, err
	}
	var ids []string
	for _, t := range tokens {
		switch {
		case t.ID == name:
			return name, nil
		case t.Name == name && t.Revoked.IsZero():
			ids = append(ids, t.ID)
		}
	}
	switch len(ids) {
	case 0:
		return name, nil
	case 1:
		return ids[0], nil
	}
	return name, usage("%d tokens have this name: name one of %s", len(ids), strings.Join(ids, ", "))
}
