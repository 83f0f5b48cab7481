package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/app/customers"
)

// The tests here read the source and hold it to the laws of the house: arrows, owners of libraries, and who may make a view.

const module = "roomward"

// rank orders the packages: an import points to a strictly lower rank. The empty path is main.
var rank = map[string]int{
	"policy": 0, "store": 1,
	"app/api": 2, "app/graph": 2, "app/watch": 2,
	"app/customers": 3, "app/access": 3, "app/rooms": 3, "app/incidents": 3, "app/change": 3, "app/notify": 3, "app/audit": 3,
	"app/signin": 4, "app/collect": 4, "app/setup": 4,
	"app/web": 5, "app/listen": 5,
	"app": 6,
	"":    7,
}

// alone stand beside the arrows: only those named here may import them, and they import nothing of ours but each other.
var alone = map[string][]string{
	"ui": {"app"}, "testdata": {"app", "app/cloudsim"}, "app/cloudsim": {"app"}, "app/deploy": {"app"},
	"app/witness": {}, // tests only
}

// owners say who alone may import a library (law 2).
var owners = map[string][]string{
	"database/sql":                              {"store"},
	"modernc.org/sqlite":                        {"store"},
	"github.com/casbin/":                        {"policy"},
	"github.com/coreos/go-oidc":                 {"app/signin"},
	"github.com/robfig/cron":                    {"app/collect"},
	"github.com/labstack/echo":                  {"app/web", "app/api"},
	"github.com/danielgtaylor/huma/v2/adapters": {"app/web", "app/api"},
	"golang.org/x/oauth2":                       {"app/signin", "app/graph"},
	"github.com/wneessen/go-mail":               {"app/notify"},
	"github.com/alecthomas/kong":                {""},
	"github.com/prometheus/":                    {"app/watch"},
	"golang.org/x/crypto/acme":                  {"app/listen"},
	"github.com/go-jose/go-jose":                {"app/graph", "app/cloudsim", "app/signin"},
}

// names say who alone may use a name of a package: "pkg.Name".
var names = map[string][]string{
	"policy.ForWork":             {"app"},
	"policy.Own":                 {"app/api"},
	"policy.Overview":            {"app/api", "app"},
	"http.Client":                {"app/graph", "app/signin", "app/setup"}, // setup asks Roomward's own public address
	"http.DefaultClient":         {},
	"http.Get":                   {},
	"http.Post":                  {},
	"http.NewRequest":            {},
	"http.NewRequestWithContext": {"app/graph", "app/signin", "app/setup"},
	"slog.Default":               {},
	"time.Sleep":                 {},
}

type source struct {
	pkg, path string // pkg is the folder, "" for main
	file      *ast.File
	test      bool
}

func sources(t *testing.T) []source {
	t.Helper()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	var out []source
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "dist" || strings.HasPrefix(d.Name(), ".") && rel != ".") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(rel))
		if pkg == "." {
			pkg = ""
		}
		out = append(out, source{pkg, filepath.ToSlash(rel), f, strings.HasSuffix(p, "_test.go")})
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(out), 50, "the walk found too few files to prove anything")
	return out
}

func imports(f *ast.File) []string {
	var out []string
	for _, i := range f.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err == nil {
			out = append(out, p)
		}
	}
	return out
}

func TestArrowsPointDown(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		mine, ranked := rank[s.pkg]
		_, lonely := alone[s.pkg]
		require.True(t, ranked || lonely, "%s: the folder %q has no place in the house", s.path, s.pkg)
		for _, imported := range imports(s.file) {
			if imported != module && !strings.HasPrefix(imported, module+"/") {
				continue
			}
			theirs := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
			if users, ok := alone[theirs]; ok {
				require.Contains(t, users, s.pkg, "%s imports %s", s.path, imported)
				continue
			}
			require.False(t, lonely, "%s imports %s: it must import nothing of ours", s.path, imported)
			require.Contains(t, rank, theirs, "%s imports %s", s.path, imported)
			require.Less(t, rank[theirs], mine, "%s imports %s: arrows point down only", s.path, imported)
		}
	}
}

func TestLibrariesHaveOneOwner(t *testing.T) {
	used := map[string]bool{}
	for _, s := range sources(t) {
		for _, imported := range imports(s.file) {
			for library, who := range owners {
				if !strings.HasPrefix(imported, library) {
					continue
				}
				used[library] = true
				if !s.test {
					require.Contains(t, who, s.pkg, "%s imports %s", s.path, imported)
				}
			}
		}
	}
	for library := range owners {
		require.True(t, used[library], "nobody imports %s: the law about it proves nothing", library)
	}
}

func TestViewsAreMadeInTheirPlaces(t *testing.T) {
	found := map[string]bool{}
	for _, s := range sources(t) {
		if s.test || s.pkg == "app/cloudsim" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if !ok {
				return true
			}
			name := pkg.Name + "." + sel.Sel.Name
			if who, ok := names[name]; ok {
				found[name] = true
				require.Contains(t, who, s.pkg, "%s uses %s", s.path, name)
			}
			return true
		})
	}
	for _, name := range []string{"policy.ForWork", "policy.Own", "policy.Overview"} {
		require.True(t, found[name], "nobody uses %s: the law about it proves nothing", name)
	}
}

func TestNoSleepInTests(t *testing.T) {
	for _, s := range sources(t) {
		if slices.Contains(imports(s.file), "testing/synctest") {
			continue // the clock of a bubble is not the real one
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" {
					require.NotEqual(t, "Sleep", sel.Sel.Name, "%s waits by the clock", s.path)
				}
			}
			return true
		})
	}
}

func TestHouseIsTidy(t *testing.T) {
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	allowed := []string{"main.go", "app", "store", "policy", "ui", "testdata", "go.mod", "go.sum", "README.md"}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || e.Name() == "data" || e.Name() == "roomward" {
			continue
		}
		require.Contains(t, allowed, e.Name(), "the top level is fixed")
	}
	for _, s := range sources(t) {
		for _, word := range []string{"util", "utils", "common", "helpers", "helper", "manager", "misc"} {
			require.NotContains(t, strings.Split(strings.TrimSuffix(s.path, ".go"), "/"), word, s.path)
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				require.NotEqual(t, "init", f.Name.Name, "%s: nothing happens by import", s.path)
			}
		}
	}
	require.True(t, slices.IsSorted([]int{rank["policy"], rank["store"], rank["app"], rank[""]}))
}

// TestTermsAreOne holds the terms that a customer reads to the version that the server asks for.
func TestTermsAreOne(t *testing.T) {
	text, err := os.ReadFile("../ui/src/portal/draft.ts")
	require.NoError(t, err)
	require.Contains(t, string(text), "termsHere = '"+customers.TermsVersion+"'", "change the texts and the version together")
}
