package projections

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"truceledger/domain"
)

const (
	defaultLimit = 100
	mostLimit    = 1_000
)

func (p Paging) limit() int {
	switch {
	case p.Limit <= 0:
		return defaultLimit
	case p.Limit > mostLimit:
		return mostLimit
	}
	return p.Limit
}

// after returns the key of the last item that the cursor's page showed, "" for the beginning. A cursor holds a key and not
// a place in a list, so that entries that come meanwhile neither repeat an item nor hide one.
func (p Paging) after(collection string) (string, error) {
	if p.Cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil {
		return "", ErrBadCursor
	}
	of, key, found := strings.Cut(string(raw), "\x00")
	if !found || of != collection || key == "" {
		return "", ErrBadCursor
	}
	return key, nil
}

func cursorAt(collection, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(collection + "\x00" + key))
}

// A pager collects one page. It takes one item more than fits, to know whether there is another page.
type pager[V any] struct {
	collection string
	limit      int
	page       Page[V]
	last       string
}

// take adds an item and reports whether the page is complete.
func (p *pager[V]) take(key string, item V) (full bool) {
	if len(p.page.Items) == p.limit {
		p.page.NextCursor = cursorAt(p.collection, p.last)
		return true
	}
	p.page.Items, p.last = append(p.page.Items, item), key
	return false
}

// listed is a page of the records of one kind, by id: those whose row may match and whose view does.
func listed[V any](ctx context.Context, q *Queries, kind domain.Kind, p Point, pg Paging, mayBe func(row) bool, build func(r *reader, id string) (V, bool, error)) (Page[V], error) {
	items := pager[V]{collection: string(kind), limit: pg.limit(), page: Page[V]{Items: []V{}}}
	after, err := pg.after(items.collection)
	if err != nil {
		return items.page, err
	}
	err = q.view(p, func(r *reader) error {
		return r.each(ctx, kind, after, mayBe, func(id string) (bool, error) {
			item, matches, err := build(r, id)
			return err != nil || matches && items.take(id, item), err
		})
	})
	return items.page, err
}

// paged cuts a page out of items that are all at hand, in the order of their keys.
func paged[V any](collection string, items []V, key func(V) string, pg Paging) (Page[V], error) {
	out := pager[V]{collection: collection, limit: pg.limit(), page: Page[V]{Items: []V{}}}
	after, err := pg.after(collection)
	if err != nil {
		return out.page, err
	}
	for _, item := range items {
		if k := key(item); k > after && out.take(k, item) {
			break
		}
	}
	return out.page, nil
}

// oneOf refuses a value outside a closed vocabulary, naming what is allowed.
func oneOf(field, value string, allowed []string) error {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return &domain.FieldError{Field: field, Problem: fmt.Sprintf("%q is none of %s", value, strings.Join(allowed, ", "))}
}
