package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"truceledger/api/client"
	"truceledger/eventstore"
	"truceledger/eventstore/backup"
)

func (p *program) backupVerb() *cobra.Command {
	c := &cobra.Command{
		Use: "backup DIR|FILE.tar", Short: "Back up a running ledger", GroupID: groupProof, Args: cobra.ExactArgs(1),
		Long: `Make a backup of a running server's ledger: the log's exact bytes, the newest signed head, and what else its data folder
holds. A name that ends in .tar makes one file, any other a folder; neither may exist. Reads and writes go on meanwhile.

The log and the databases come from the server; the other files (log.key, evidence, sealed secrets) are read from --data, so
run it on the server's machine as the server's user. --without-data leaves them out, and says so. A backup holds keys and
secrets: keep it like the data folder itself, and destroy old ones where a secret was destroyed.`,
		Example: "  truce backup /var/backups/truce-2026-11-22.tar\n  truce backup --data /var/lib/truce backup-folder",
	}
	data := c.Flags().String("data", p.fromEnv("DATA", p.defaultData()), "The server's data `folder`.")
	without := c.Flags().Bool("without-data", false, "Leave out the files that only the data folder has, the log's key among them.")
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if *without {
			*data = ""
		} else if _, err := os.Stat(filepath.Join(*data, "lock.db")); err != nil {
			return usage("--data %s holds no ledger: name the server's data folder, or give --without-data to do without its files", *data)
		}
		return p.backup(c.Context(), args[0], *data)
	}
	return c
}

func (p *program) backup(ctx context.Context, path, data string) error {
	p.dataNamed = data // a service's own user has no place in which it could tell where its token is
	asked, err := p.client()
	if err != nil {
		return err
	}
	known, err := client.Get[publicKeys](ctx, asked, "/v1/keys", client.Query{})
	if err != nil {
		return err
	}
	source := backup.Source{
		Log: wholeLog{asked}, Data: data, Ledger: known.Ledger, Program: version(),
		Snapshot: func(ctx context.Context, name string, w io.Writer) error { return asked.Snapshot(ctx, name, w) },
		Head: func(ctx context.Context) ([]byte, error) {
			head, err := asked.Raw(ctx, "/log/checkpoint", client.Query{})
			if isNotFound(err) {
				return nil, nil
			}
			return head, err
		},
	}
	if source.Databases, err = asked.Snapshots(ctx); err != nil {
		return err
	}
	source.Databases = slices.DeleteFunc(source.Databases, func(name string) bool { return name == logSnapshot })
	if err := sameFolder(data, source.Databases); err != nil {
		return err
	}
	bar := p.progress("entries backed up")
	source.Progress = bar.told
	m, err := backup.Write(ctx, path, source)
	bar.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%d entries and %d other files in %s\n", m.Entries, others(m), path)
	if data == "" {
		fmt.Fprintln(p.stderr, "truce: without the data folder's files: keep log.key and what is kept beside the log by other means")
	}
	return nil
}

// wholeLog is the log of a server, restricted records included, for its operator.
type wholeLog struct{ client *client.Client }

// Read implements proof.Reader.
func (l wholeLog) Read(ctx context.Context, after uint64) iter.Seq2[eventstore.Message, error] {
	return func(yield func(eventstore.Message, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		from, to := io.Pipe()
		defer from.Close()
		go func() { _ = to.CloseWithError(l.client.Snapshot(ctx, logSnapshot, to)) }()
		lines := bufio.NewScanner(from)
		lines.Buffer(nil, 1<<20)
		for n := uint64(1); lines.Scan(); n++ {
			if n > after && !yield(eventstore.Message{Sequence: n, Payload: bytes.Clone(lines.Bytes())}, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(eventstore.Message{}, err)
		}
	}
}

// sameFolder refuses a data folder that holds a database of which the server offers no copy: it is another server's, or a
// backup without it would forget something.
func sameFolder(data string, offered []string) error {
	if data == "" {
		return nil
	}
	held, err := filepath.Glob(filepath.Join(data, "*.db"))
	if err != nil {
		return err
	}
	for _, path := range held {
		if name := filepath.Base(path); name != "lock.db" && !slices.Contains(offered, name) {
			return fmt.Errorf("%s is not among what the server has open: is --data the folder of the server at --server, and is it used with the flags that open it?", path)
		}
	}
	return nil
}

func others(m backup.Manifest) (n int) {
	for _, f := range m.Files {
		if !strings.HasPrefix(f.Name, "log/") {
			n++
		}
	}
	return n
}

// backupFailed gives what is wrong with a backup the exit code of a verification.
func backupFailed(err error) error {
	var damaged *backup.DamagedError
	if errors.As(err, &damaged) || errors.Is(err, backup.ErrUnsigned) {
		return unverifiedError{err}
	}
	return err
}
