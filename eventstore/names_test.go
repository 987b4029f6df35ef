package eventstore

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sources parses the domain's packages, without their tests.
func sources(t *testing.T) map[string][]*ast.File {
	packages := map[string][]*ast.File{}
	root := filepath.Join("..", "domain")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			packages[f.Name.Name] = append(packages[f.Name.Name], f)
		}
		return err
	})
	if err != nil || len(packages) < 7 {
		t.Fatalf("got %d packages of the domain: %v", len(packages), err)
	}
	return packages
}

func TestEveryEventOfTheDomainIsDeclared(t *testing.T) {
	declared := map[string]bool{}
	for _, x := range eventTypes {
		declared[x.typ.String()] = true
	}
	for name, files := range sources(t) {
		for _, f := range files {
			for _, event := range momentous(f) {
				if !declared[name+"."+event] {
					t.Errorf("%s.%s is an event without a name on disk: declare it in names.go", name, event)
				}
			}
		}
	}
}

// momentous lists the structs that embed a Moment: the events.
func momentous(f *ast.File) (names []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		s, ok := spec.Type.(*ast.StructType)
		if !ok {
			return true
		}
		for _, field := range s.Fields.List {
			sel, qualified := field.Type.(*ast.SelectorExpr)
			id, plain := field.Type.(*ast.Ident)
			if len(field.Names) == 0 && (qualified && sel.Sel.Name == "Moment" || plain && id.Name == "Moment") {
				names = append(names, spec.Name.Name)
			}
		}
		return true
	})
	return names
}

func TestEveryCommandOfTheDomainIsDeclared(t *testing.T) {
	for pkg, files := range sources(t) {
		for _, f := range files {
			for _, d := range f.Decls {
				method, ok := d.(*ast.FuncDecl)
				if !ok || method.Name.Name != "Verb" || method.Recv == nil {
					continue
				}
				verb := returned(method)
				if v, ok := verbByName[verb]; !ok || v.typ.String() != pkg+"."+receiver(method) {
					t.Errorf("%s.%s has the verb %q, and names.go does not say so", pkg, receiver(method), verb)
				}
			}
		}
	}
}

func returned(f *ast.FuncDecl) string {
	result, ok := f.Body.List[0].(*ast.ReturnStmt)
	if !ok {
		return ""
	}
	literal, ok := result.Results[0].(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, _ := strconv.Unquote(literal.Value)
	return s
}

func receiver(f *ast.FuncDecl) string {
	if star, ok := f.Recv.List[0].Type.(*ast.StarExpr); ok {
		if id, ok := star.X.(*ast.Ident); ok {
			return id.Name
		}
	}
	return ""
}

func TestEveryKindHasAJudge(t *testing.T) {
	for _, v := range verbs {
		c := v.new()
		if ref := c.Target(); ref.Kind != "" && judges[ref.Kind] == nil {
			t.Errorf("%s addresses a %s, which no rules judge", v.name, ref.Kind)
		}
	}
}

// A field that another one of the same name hides would be lost without a word.
func TestNoFieldIsHidden(t *testing.T) {
	check := func(what string, names []string) {
		slices.Sort(names)
		for i := 1; i < len(names); i++ {
			if names[i] == names[i-1] {
				t.Errorf("%s has two fields %q", what, names[i])
			}
		}
	}
	for _, v := range verbByName {
		check(v.name, append(fieldNames(v.typ), "command"))
	}
	for _, x := range eventTypes {
		check(x.name, append(fieldNames(x.typ), "type"))
	}
}

// The ledger names the field that it filled in where it makes a record's id.
func TestTheFieldOfARecordsIDIsNamedLikeItsKind(t *testing.T) {
	for _, v := range verbs {
		c := v.new()
		c.SetTarget("river")
		ref := c.Target()
		if ref.IsZero() {
			continue // a correction, which names its record otherwise
		}
		body, err := EncodeCommand(c)
		if want := `"` + string(ref.Kind) + `":"river"`; err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s: got %s, %v; want a field %s", v.name, body, err, want)
		}
	}
}
