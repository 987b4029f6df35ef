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
// there is none it makes one, with a reader, a writer and an auditor and passwords of their own, that only its owner can read.
//
// A reader may read the bucket, ask questions and discover the service. A writer may send commands too. An auditor may read
// the log itself, which holds restricted records as they are: not even their subjects are for others. Nobody may publish
// into the log. Each hears replies on an inbox of its own only, _INBOX_<name>: with a common inbox everybody
// would hear what the others are answered.
func Users(file string) ([]jetstream.User, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte("reader reader " + rand.Text() + "\nwriter writer " + rand.Text() + "\nauditor auditor " + rand.Text() + "\n")
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
		if len(f) != 3 || f[1] != "reader" && f[1] != "writer" && f[1] != "auditor" || strings.ContainsAny(f[0], ".*>") {
			return nil, fmt.Errorf("%s, line %d: write name, role (reader, writer or auditor) and password", file, n)
		}
		users = append(users, user(f[0], f[1], f[2]))
	}
	return users, lines.Err()
}

func user(name, role, password string) jetstream.User {
	u := jetstream.User{Name: name, Password: password, Subscribe: []string{"_INBOX_" + name + ".>"}}
	u.Publish = []string{QuerySubject, "$SRV.>", "$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", "$JS.FC.>"}
	streams := []string{"KV_" + Bucket}
	if role == "auditor" {
		streams = append(streams, jetstream.DefaultStream)
	}
	for _, stream := range streams {
		for _, verb := range []string{
			"STREAM.INFO.%s", "STREAM.MSG.GET.%s", "DIRECT.GET.%s", "DIRECT.GET.%s.>", "CONSUMER.CREATE.%s", "CONSUMER.CREATE.%s.>",
			"CONSUMER.INFO.%s.*", "CONSUMER.LIST.%s", "CONSUMER.NAMES.%s", "CONSUMER.MSG.NEXT.%s.*", "CONSUMER.DELETE.%s.*",
		} {
			u.Publish = append(u.Publish, "$JS.API."+fmt.Sprintf(verb, stream))
		}
		u.Publish = append(u.Publish, "$JS.ACK."+stream+".>")
	}
	if role == "writer" {
		u.Publish = append(u.Publish, CommandSubject+".*")
	}
	return u
}
