// Command etcd writes component/etcd.txt: the flags of etcd releases, read from the source of the modules in Go's module cache, as etcd
// builds its flag set in unexported functions. Defaults come from the call that declares the flag, else from etcd's help text; one that
// neither states is a question mark.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:generate go run .

const target = "../../../component/etcd.txt"

// releases are the modules that are read, by minor of etcd 3.
var releases = []struct {
	minor, module string
}{
	{"4", "go.etcd.io/etcd@v0.5.0-alpha.5.0.20200910180754-dd1b699fc489"}, // v3.4.13
	{"5", "go.etcd.io/etcd/server/v3@v3.5.21"},
	{"6", "go.etcd.io/etcd/server/v3@v3.6.5"},
	{"7", "go.etcd.io/etcd/server/v3@v3.7.0"},
}

const head = `# What etcd knows, by release. Written by test/componentflags/etcd from etcd's own source; do not edit.
# flag  etcd  name  minors of etcd 3  type (? = may stand without a value)  default (a lone ? = not known)
`

func main() {
	all := map[string][]string{}
	for _, r := range releases {
		rows, err := read(r.module)
		if err != nil {
			log.Fatalf("reading %s: %v", r.module, err)
		}
		for name, row := range rows {
			key := "flag\tetcd\t" + name + "\t%s\t" + row
			all[key] = append(all[key], r.minor)
		}
	}
	var lines []string
	for key, minors := range all {
		lines = append(lines, fmt.Sprintf(key, strings.Join(minors, ",")))
	}
	slices.Sort(lines)
	if err := os.WriteFile(target, []byte(head+strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		log.Fatal(err)
	}
}

var helpLine = regexp.MustCompile(`(?m)^\s+--([a-z0-9-]+)(?: '([^'\n]*)')?`)

// read returns the type and default of each flag of one release.
func read(module string) (map[string]string, error) {
	out, err := exec.Command("go", "mod", "download", "-json", module).Output()
	if err != nil {
		return nil, fmt.Errorf("downloading: %w", err)
	}
	var m struct{ Dir string }
	if err := json.Unmarshal(out, &m); err != nil {
		return nil, err
	}
	help, err := os.ReadFile(filepath.Join(m.Dir, "etcdmain", "help.go"))
	if err != nil {
		return nil, err
	}
	told := map[string]string{}
	for _, line := range helpLine.FindAllStringSubmatch(string(help), -1) {
		told[line[1]] = line[2]
	}
	rows := map[string]string{}
	for _, file := range []string{"etcdmain/config.go", "embed/config.go"} {
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, filepath.Join(m.Dir, file), nil, 0)
		if err != nil {
			return nil, err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if name, kind, value, ok := declaration(n); ok {
				if value == "" || value == "?" {
					if t := told[name]; t != "" && !strings.ContainsAny(t, "+`") {
						value = t
					}
				}
				if strings.Contains(value, "$") || value == "math.MaxUint32" {
					value = "?"
				}
				rows[name] = kind + "\t" + value
			}
			return true
		})
	}
	if source, err := os.ReadFile(filepath.Join(m.Dir, "embed", "config.go")); err == nil && strings.Contains(string(source), "ServerFeatureGateFlagName)") {
		rows["feature-gates"] = "mapStringBool\t"
	}
	return rows, nil
}

// declaration reads fs.BoolVar(&x, "name", default, "usage") and its like.
func declaration(n ast.Node) (name, kind, value string, ok bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) < 3 {
		return "", "", "", false
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", "", "", false
	}
	if x, isName := method.X.(*ast.Ident); !isName || x.Name != "fs" {
		return "", "", "", false
	}
	kinds := map[string]string{
		"BoolVar": "bool?", "StringVar": "string", "UintVar": "uint", "Uint64Var": "uint64", "IntVar": "int", "Int64Var": "int64",
		"DurationVar": "duration", "Float64Var": "float64", "Var": "string",
	}
	kind = kinds[method.Sel.Name]
	nameAt := 1
	if kind == "" {
		return "", "", "", false
	}
	lit, isLit := call.Args[nameAt].(*ast.BasicLit)
	if !isLit {
		return "", "", "", false
	}
	name, err := strconv.Unquote(lit.Value)
	if err != nil {
		return "", "", "", false
	}
	if method.Sel.Name != "Var" {
		value = constant(call.Args[2])
	}
	return name, kind, value, true
}

func constant(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(x.Value); err == nil {
			return s
		}
		return x.Value
	case *ast.Ident:
		if x.Name == "true" || x.Name == "false" {
			return x.Name
		}
	default:
	}
	return "?"
}
