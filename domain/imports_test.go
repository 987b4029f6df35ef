package domain_test

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

// floors lists the top-level packages from the ground up. A package imports only what stands below it, or its own floor.
var floors = []string{"domain", "eventstore", "projections", "api", "cmd"}

// sources calls visit for every Go file of the module that is no test.
func sources(t *testing.T, visit func(path string, file *ast.File)) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		seen++
		visit(filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator))), file)
		return nil
	})
	if err != nil || seen < 20 {
		t.Fatalf("read %d files of the module: %v", seen, err)
	}
}

func TestEveryImportPointsDown(t *testing.T) {
	sources(t, func(path string, file *ast.File) {
		floor := slices.Index(floors, strings.Split(path, "/")[0])
		if floor < 0 {
			t.Errorf("%s stands on no floor: one of %v", path, floors)
		}
		for _, imported := range imports(t, file) {
			below, ours := strings.CutPrefix(imported, "truceledger/")
			if ours && slices.Index(floors, strings.Split(below, "/")[0]) > floor {
				t.Errorf("%s imports %s, which stands above it", path, imported)
			}
		}
	})
}

func TestDomainImportsOnlyTheStandardLibrary(t *testing.T) {
	refused := []string{"encoding/json", "net", "net/http", "os", "context", "log", "log/slog", "math/rand", "math/rand/v2"}
	sources(t, func(path string, file *ast.File) {
		if !strings.HasPrefix(path, "domain/") {
			return
		}
		for _, imported := range imports(t, file) {
			first := strings.Split(imported, "/")[0]
			if strings.Contains(first, ".") || slices.Contains(refused, imported) {
				t.Errorf("%s imports %s: domain knows no clock, no network, no file and no JSON", path, imported)
			}
		}
	})
}

func TestDomainReadsNoClock(t *testing.T) {
	sources(t, func(path string, file *ast.File) {
		if !strings.HasPrefix(path, "domain/") {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := s.X.(*ast.Ident)
			if ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "Tick", "Sleep", "Local"}, s.Sel.Name) {
				t.Errorf("%s uses time.%s: what time it is comes with the Setting", path, s.Sel.Name)
			}
			return true
		})
	})
}

func imports(t *testing.T, file *ast.File) (paths []string) {
	t.Helper()
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}
