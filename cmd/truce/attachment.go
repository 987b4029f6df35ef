package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"truceledger/api/client"
	"truceledger/eventstore/blobs"
)

func (p *program) attachmentVerb() *cobra.Command {
	c := &cobra.Command{
		Use:     "attachment",
		Short:   "Send a file, or fetch one that a record names",
		GroupID: groupSend,
		Long: `A file is named by the SHA-256 of its bytes. Send it, then name it on a record: truce attach-evidence puts it into a chain of
custody; --terms-sha256 of a proposal and --sha256 of a source name one too. Nobody can fetch a file that no record names, and
only those who may know of such a record can.`,
		Example: "  truce attachment put photo.jpg\n  truce attachment get SHA256 --out photo.jpg",
	}
	c.AddCommand(p.attachmentPut(), p.attachmentGet())
	return c
}

func (p *program) attachmentPut() *cobra.Command {
	c := &cobra.Command{
		Use:     "put FILE",
		Short:   "Send a file and print its SHA-256",
		Args:    cobra.ExactArgs(1),
		Example: "  truce attachment put photo.jpg\n  truce attach-evidence incident/hospital-strike --by msf --sha256 SHA256 --bytes 48213 --media-type image/jpeg",
	}
	kind := c.Flags().String("media-type", "", "What the file is, such as image/jpeg; by default what its name says.")
	out := p.outputFlag(c)
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if *kind == "" {
			*kind = mime.TypeByExtension(filepath.Ext(args[0]))
		}
		if blobs.CheckType(*kind) != nil {
			return usage("--media-type %q is not one that is taken; allowed: %v", *kind, blobs.Types)
		}
		return p.putAttachment(c.Context(), args[0], *kind, *out)
	}
	return c
}

func (p *program) putAttachment(ctx context.Context, file, kind, out string) error {
	f, err := os.Open(file)
	if err != nil {
		return usageError{err}
	}
	defer func() { _ = f.Close() }()
	asked, err := p.client()
	if err != nil {
		return err
	}
	stored, err := asked.SendFile(ctx, kind, f)
	if err != nil {
		return err
	}
	if out == outputJSON {
		return p.printJSON(stored)
	}
	_, err = fmt.Fprintf(p.stdout, "%s  %d bytes of %s\n", stored.SHA256, stored.Bytes, stored.MediaType)
	return err
}

func (p *program) attachmentGet() *cobra.Command {
	c := &cobra.Command{
		Use:     "get SHA256",
		Short:   "Fetch a file, and check that it is the one",
		Args:    cobra.ExactArgs(1),
		Example: "  truce attachment get SHA256 --out photo.jpg",
	}
	file := c.Flags().String("out", "", "Write to this `FILE`. Required.")
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if *file == "" {
			return usage("--out is required: name the file to write")
		}
		return p.getAttachment(c.Context(), args[0], *file)
	}
	return c
}

// getAttachment writes beside the file and renames: what is there under the name is all of it, and is what was asked for.
func (p *program) getAttachment(ctx context.Context, digest, file string) (err error) {
	asked, err := p.client()
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(file), ".truce-*")
	if err != nil {
		return usage("--out: %w", err)
	}
	defer func() { _ = os.Remove(temp.Name()) }() // after the rename there is none
	sum := sha256.New()
	_, err = asked.Download(ctx, "/v1/attachments/"+digest, client.Query{}, io.MultiWriter(temp, sum))
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != digest {
		return unverifiedError{fmt.Errorf("what came has the SHA-256 %s, not %s: the server or the way to it is not to be trusted", got, digest)}
	}
	return os.Rename(temp.Name(), file)
}
