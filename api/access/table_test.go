package access

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"truceledger/eventstore"
)

var update = flag.Bool("update", false, "write the table into docs/access.md")

// The page that people read says what the program goes by.
func TestTheDocsHoldTheTable(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "access.md")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(text), "| action | what |")
	if *update {
		if err := os.WriteFile(file, []byte(before+Page()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !found || "| action | what |"+after != Page() {
		t.Error("docs/access.md holds another table: go test ./api/access -run Docs -update")
	}
}

// A name in two rows would have one of the two, by chance.
func TestEveryNameStandsInOneRow(t *testing.T) {
	for what, rows := range map[string]map[Action][]string{"command": verbs, "route": routes} {
		seen := map[string]Action{}
		for action, names := range rows {
			if _, ok := byAction[action]; !ok {
				t.Errorf("%s is no row", action)
			}
			for _, n := range names {
				if other, twice := seen[n]; twice {
					t.Errorf("the %s %s stands under %s and %s", what, n, action, other)
				}
				seen[n] = action
			}
		}
	}
	for _, v := range eventstore.Verbs() {
		if _, ok := OfVerb(v); !ok {
			t.Errorf("the command %s stands in no row", v)
		}
	}
}

func TestTheOperatorSpeaksForNobody(t *testing.T) {
	for _, row := range Table {
		if len(verbs[row.Action]) > 0 && (row.Grants[Operator] != No || row.Grants[Auditor] != No || row.Grants[Observer] != No || row.Grants[""] != No) {
			t.Errorf("%s is granted to who writes nothing", row.Action)
		}
	}
}
