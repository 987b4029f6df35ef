package bus

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"truceledger/eventstore/jetstream"
)

// Users reads the credentials of those who may reach the embedded server, from a file of lines "name role password". Where
// there is none it makes one, with a reader and a writer and passwords of their own, that only its owner can read.
//
// A reader may read the log and the bucket, ask questions and discover the service. A writer may send commands too. Nobody
// may publish into the log, into the bucket or to anybody else, and no answer can be sent there: each is in a NATS account of
// their own, and hears replies on the inbox _INBOX_<name>.
func Users(file string) ([]jetstream.User, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte("reader reader " + rand.Text() + "\nwriter writer " + rand.Text() + "\n")
		if err = os.MkdirAll(filepath.Dir(file), 0o700); err == nil {
			err = os.WriteFile(file, text, 0o600)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the users of the bus: %w", err)
	}
	var users []jetstream.User
	lines := bufio.NewScanner(strings.NewReader(string(text)))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		if len(f) != 3 || f[1] != "reader" && f[1] != "writer" || strings.ContainsAny(f[0], ".*>") {
			return nil, fmt.Errorf("%s, line %d: write name, role (reader or writer) and password", file, n)
		}
		users = append(users, user(f[0], f[1], f[2]))
	}
	return users, lines.Err()
}

func user(name, role, password string) jetstream.User {
	u := jetstream.User{Name: name, Password: password, Requests: []string{QuerySubject, "$SRV.>"}, Buckets: []string{Bucket}, ReadLog: true}
	if role == "writer" {
		u.Requests = append(u.Requests, CommandSubject+".*")
	}
	return u
}
