package cli

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/falco"
	"github.com/kubeharden/kubeharden/tree"
)

func newFalco(p *Process) *cobra.Command {
	return group("falco", "Look at Falco's rules files", newFalcoCheck(p))
}

// falcoFlags are the flags of falco check.
type falcoFlags struct {
	format     string
	options    falco.Options
	matching   string
	noCoverage bool
}

// falcoAnswer is what falco check tells.
type falcoAnswer struct {
	OK       bool                      `json:"ok"` // Falco loads the files
	Files    []string                  `json:"files"`
	Rules    falcoRules                `json:"rules"`
	Macros   int                       `json:"macros"`
	Lists    int                       `json:"lists"`
	Problems []falco.Problem           `json:"problems"`
	Coverage []falco.TechniqueCoverage `json:"coverage,omitempty"`
}

// falcoRules counts rules.
type falcoRules struct {
	Defined int `json:"defined"`
	Loaded  int `json:"loaded"`
	Enabled int `json:"enabled"` // and loaded
}

func newFalcoCheck(p *Process) *cobra.Command {
	var f falcoFlags
	cmd := &cobra.Command{
		Use:   "check FILE…",
		Short: "Say whether Falco loads rules files, what is wrong with them, and what they look for",
		Long: `Reads rules files in the order given, as Falco does with rules_files, and makes the decisions of Falco's own rule loader. Of a folder
the YAML files are read in the order of their names; - is standard input. Undefined macros and fields, unknown events, wrong operators
and values are told with the place where they stand, also through appended conditions, lists and exceptions.

Then it says of each technique that rules should see whether an enabled rule looks for it, which one, and why.

The exit code is 1 if Falco refuses the files.`,
		Example: "  kubeharden falco check falco_rules.yaml falco_rules.local.yaml rules.d\n" +
			"  kubeharden falco check --source syscall --engine-version 0.57.0 rules.yaml --format json",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return f.check(p, args) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&f.format, "format", "f", "table", "table, json")
	flags.StringSliceVar(&f.options.Sources, "source", nil, "event `sources` that Falco has: syscall and those of its plugins (default: all that are known)")
	flags.StringVar(&f.options.EngineVersion, "engine-version", "", "`version` of Falco's engine, x.y.z (default: new enough for any rule)")
	flags.StringVar(&f.matching, "rule-matching", "all", "all, first: what falco.yaml says")
	flags.BoolVar(&f.noCoverage, "no-coverage", false, "do not tell what the rules look for")
	return cmd
}

func (f *falcoFlags) check(p *Process, args []string) error {
	formats, matchings := []string{"table", "json"}, []string{"all", "first"}
	if !slices.Contains(formats, f.format) {
		return unknown(fmt.Sprintf("format %q", f.format), f.format, formats, "formats are table, json")
	}
	if !slices.Contains(matchings, f.matching) {
		return unknown(fmt.Sprintf("rule matching %q", f.matching), f.matching, matchings, "it is all or first")
	}
	if v := f.options.EngineVersion; v != "" && strings.Count(v, ".") != 2 {
		return fmt.Errorf("--engine-version %q is not x.y.z", v)
	}
	f.options.FirstMatch = f.matching == "first"
	files, err := falcoFiles(p, args)
	if err != nil {
		return err
	}
	result := falco.Load(files, f.options)
	answer := f.answer(files, result)
	w := bufio.NewWriter(p.Stdout)
	if f.format == "json" {
		err = writeJSON(w, answer)
	} else {
		err = writeFalco(w, p, answer)
	}
	if err := errors.Join(err, w.Flush()); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	if !answer.OK {
		return exitError(ExitFindings)
	}
	return nil
}

func (f *falcoFlags) answer(files []falco.File, r *falco.Result) *falcoAnswer {
	a := &falcoAnswer{OK: r.OK(), Macros: len(r.Macros), Lists: len(r.Lists), Problems: []falco.Problem{}}
	order := map[string]int{}
	for i, file := range files {
		order[file.Name] = i
		a.Files = append(a.Files, file.Name)
	}
	a.Problems = append(a.Problems, r.Problems...)
	slices.SortStableFunc(a.Problems, func(x, y falco.Problem) int {
		return cmp.Or(cmp.Compare(order[x.Place.File], order[y.Place.File]), cmp.Compare(x.Place.Offset, y.Place.Offset))
	})
	a.Rules.Defined = len(r.Rules)
	for _, rule := range r.Rules {
		if rule.Loaded {
			a.Rules.Loaded++
			if rule.Enabled {
				a.Rules.Enabled++
			}
		}
	}
	if !f.noCoverage {
		a.Coverage = r.Coverage()
	}
	return a
}

// writeFalco writes an answer for people.
func writeFalco(w *bufio.Writer, p *Process, a *falcoAnswer) error {
	var rows [][]string
	counts := map[falco.Level]int{}
	for _, found := range a.Problems {
		counts[found.Level]++
		message := found.Message
		if found.Hint != "" {
			message += " (" + found.Hint + ")"
		}
		rows = append(rows, []string{string(found.Level), found.Place.String(), string(found.Code), found.Item, message})
	}
	if len(rows) > 0 {
		if err := p.table(w, []string{"LEVEL", "PLACE", "CODE", "ITEM", "MESSAGE"}, rows); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	if len(a.Coverage) > 0 {
		if err := p.table(w, []string{"TECHNIQUE", "STATUS", "RULE", "WHY"}, coverageRows(a.Coverage)); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	verdict := "Falco loads the rules"
	if !a.OK {
		verdict = "Falco refuses the rules"
	}
	_, err := fmt.Fprintf(w, "%s: %s, %s (%d loaded, %d of them enabled), %s, %s; %s, %s, %s\n", verdict, counted(len(a.Files), "file"),
		counted(a.Rules.Defined, "rule"), a.Rules.Loaded, a.Rules.Enabled, counted(a.Macros, "macro"), counted(a.Lists, "list"),
		counted(counts[falco.Error], "error"), counted(counts[falco.Warning], "warning"), counted(counts[falco.Note], "note"))
	return err
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func coverageRows(coverage []falco.TechniqueCoverage) [][]string {
	var rows [][]string
	for _, c := range coverage {
		row := []string{strings.TrimPrefix(c.ID, "runtime-rules-"), string(c.Status), "-", "no rule looks for it"}
		switch {
		case len(c.Rules) > 0:
			best := c.Rules[0]
			row[2], row[3] = best.Rule+" ("+best.Place.String()+")", best.Why
			if more := len(c.Rules) - 1; more > 0 {
				row[3] += fmt.Sprintf("; and %d more", more)
			}
		case len(c.Disabled) > 0:
			row[2], row[3] = c.Disabled[0], "it is disabled"
		}
		rows = append(rows, row)
	}
	return rows
}

// falcoFiles reads the files that Falco would read.
func falcoFiles(p *Process, paths []string) ([]falco.File, error) {
	var files []falco.File
	for _, path := range paths {
		if path == "-" {
			content, err := readRules(p.Stdin, "standard input")
			if err != nil {
				return nil, err
			}
			files = append(files, falco.File{Name: "-", Content: content})
			continue
		}
		names, err := rulesIn(path)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			content, err := readRulesFile(name)
			if err != nil {
				return nil, err
			}
			files = append(files, falco.File{Name: name, Content: content})
		}
	}
	return files, nil
}

// rulesIn returns the YAML files of a folder by name, or the file itself.
func rulesIn(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	var names []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") {
			names = append(names, filepath.Join(path, e.Name()))
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("read rules: no YAML file in folder %s", path)
	}
	return names, nil
}

func readRulesFile(path string) (content []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return readRules(f, path)
}

func readRules(r io.Reader, name string) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, tree.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read rules: %s: %w", name, err)
	}
	if len(content) > tree.MaxSize {
		return nil, fmt.Errorf("read rules: %s is larger than %d bytes", name, tree.MaxSize)
	}
	return content, nil
}
