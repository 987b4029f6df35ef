package access

import (
	"fmt"
	"slices"
	"strings"
)

// Page writes the table for people, in Markdown. docs/access.md holds it, and a test compares the two.
func Page() string {
	var b strings.Builder
	b.WriteString("| action | what | nobody |")
	for _, r := range Roles {
		fmt.Fprintf(&b, " %s |", r)
	}
	b.WriteString("\n| --- | --- |" + strings.Repeat(" --- |", len(Roles)+1) + "\n")
	for _, row := range Table {
		fmt.Fprintf(&b, "| %s | %s |", row.Action, row.Means)
		for _, r := range append([]Role{""}, Roles...) {
			fmt.Fprintf(&b, " %s |", [...]string{"", "own", "yes"}[row.Grants[r]])
		}
		b.WriteString("\n")
	}
	b.WriteString("\n| action | commands | routes |\n| --- | --- | --- |\n")
	for _, row := range Table {
		if len(verbs[row.Action])+len(routes[row.Action]) > 0 {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", row.Action, list(verbs[row.Action]), list(routes[row.Action]))
		}
	}
	return b.String()
}

func list(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(slices.Clone(names), "`, `") + "`"
}
