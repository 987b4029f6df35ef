package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"truceledger/api/wire"
)

// SendFile sends a file of a media type as it is read. It is not tried again; sending the same file again is harmless.
func (c *Client) SendFile(ctx context.Context, mediaType string, file io.Reader) (f wire.Attachment, err error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath("/v1/attachments").String(), file)
	if err != nil {
		return f, err
	}
	q.Header.Set("Content-Type", mediaType)
	response, err := c.o.HTTP.Do(q)
	if err != nil {
		return f, fmt.Errorf("the server at %s cannot be reached, or has closed the connection: %w", c.base, err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 400 {
		return f, readProblem(response)
	}
	err = json.NewDecoder(response.Body).Decode(&f)
	return f, err
}

// Seal sends a value to the vault: an object with value, or with point and within_km. Tried again, it leaves one copy.
func (c *Client) Seal(ctx context.Context, body any) (s wire.Sealed, err error) {
	err = c.post(ctx, "/v1/secrets", body, http.Header{"Idempotency-Key": {uuid.NewString()}}, &s)
	return s, err
}

// ReadSecret reads a sealed value. Each answer stands on the record as a reading, one that was lost on its way too.
func (c *Client) ReadSecret(ctx context.Context, commitment, record, reason, by string) (s wire.Opened, err error) {
	body := map[string]string{"record": record, "reason": reason}
	if by != "" {
		body["by"] = by
	}
	err = c.post(ctx, "/v1/secrets/"+url.PathEscape(commitment)+"/read", body, http.Header{}, &s)
	return s, err
}

func (c *Client) post(ctx context.Context, path string, body any, header http.Header, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	header.Set("Content-Type", "application/json")
	_, answer, err := c.send(ctx, request{method: http.MethodPost, path: path, header: header, body: raw})
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, into)
}
