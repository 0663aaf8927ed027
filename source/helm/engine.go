package helm

// The template engine, after helm.sh/helm/v4 v4.3.1 pkg/engine/engine.go (Apache License 2.0, Copyright The Helm Authors).

import (
	"context"
	"errors"
	"fmt"
	"path"
	"sort"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"

	"sigs.k8s.io/yaml"
)

const (
	warnStart     = "HELM_ERR_START"
	warnEnd       = "HELM_ERR_END"
	maxRecursions = 1000
	maxTpls       = 100_000 // calls of tpl: each parses anew
	maxMessage    = 1000    // bytes
)

type engine struct {
	tr      *traces
	limit   int64
	sources map[string]*text // by template name
	names   map[string]int   // how often an include is within itself
	tpls    int              // number of calls of tpl
}

// renderable is a template with what it sees.
type renderable struct {
	file     *file
	vals     Values
	basePath string
}

func newEngine(ctx context.Context, opts *Options) *engine {
	limit := opts.MaxOutput
	if limit <= 0 {
		limit = defaultMaxOutput
	}
	return &engine{
		tr:      newTraces(ctx, limit),
		limit:   limit,
		sources: map[string]*text{},
		names:   map[string]int{},
	}
}

func newTraces(ctx context.Context, limit int64) *traces {
	return &traces{ctx: ctx, left: limit, nodes: map[*byte]node{}, done: map[*parse.ListNode]bool{}}
}

func (e *engine) render(c *chart, top map[string]any) (outputs []*output, err error) {
	defer func() {
		if r := recover(); r != nil {
			outputs, err = nil, fmt.Errorf("rendering template failed: %v", r)
		}
	}()
	templates := map[string]*renderable{}
	collect(c, templates, top)
	root := template.New("gotpl").Option("missingkey=zero")
	root.Funcs(e.funcs(root))

	// Deep templates first, so that a parent's definitions win.
	keys := make([]string, 0, len(templates))
	for name := range templates {
		keys = append(keys, name)
	}
	sort.Slice(keys, func(i, j int) bool {
		a, b := keys[j], keys[i]
		if ca, cb := strings.Count(a, "/"), strings.Count(b, "/"); ca != cb {
			return ca < cb
		}
		return a < b
	})
	for _, name := range keys {
		f := templates[name].file
		e.sources[name] = newText(f.Path, f.Data)
		if _, err := root.New(name).Parse(string(f.Data)); err != nil {
			return nil, e.parseError(name, err)
		}
	}
	if err := e.tr.instrument(root, e.sources); err != nil {
		return nil, err
	}
	for _, name := range keys {
		if strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		t := templates[name]
		t.vals["Template"] = Values{"Name": name, "BasePath": t.basePath}
		e.tr.lines, e.tr.total = e.tr.lines[:0], 0
		w := e.tr.writer()
		if err := root.ExecuteTemplate(w, name, t.vals); err != nil {
			return nil, e.execError(name, err)
		}
		outputs = append(outputs, &output{
			name: name, source: e.sources[name], places: w.places(), text: dropNoValue(w.buf),
		})
	}
	return outputs, nil
}

// dropNoValue removes what text/template writes for a missing value, as Helm does.
func dropNoValue(b []byte) []byte { return []byte(strings.ReplaceAll(string(b), "<no value>", "")) }

// collect gathers the templates of a chart and its subcharts, each with its own scope of values.
func collect(c *chart, templates map[string]*renderable, vals Values) map[string]any {
	subcharts := map[string]any{}
	next := map[string]any{
		"Chart":        c.metadataMap(),
		"Files":        newFiles(c.Files),
		"Release":      vals["Release"],
		"Capabilities": vals["Capabilities"],
		"Values":       Values{},
		"Subcharts":    subcharts,
	}
	if c.parent == nil {
		next["Values"] = vals["Values"]
	} else if table, err := vals.Table("Values." + c.name()); err == nil {
		next["Values"] = table
	}
	for _, dep := range c.dependencies {
		subcharts[dep.name()] = collect(dep, templates, next)
	}
	full := c.fullPath()
	library := strings.EqualFold(c.Metadata.Type, "library")
	for _, t := range c.Templates {
		if library && !strings.HasPrefix(path.Base(t.Name), "_") {
			continue
		}
		templates[path.Join(full, t.Name)] = &renderable{file: t, vals: next, basePath: path.Join(full, "templates")}
	}
	return next
}

// include is the function of that name.
func (e *engine) include(t *template.Template) func(string, any) (string, error) {
	return func(name string, data any) (string, error) {
		if e.names[name] > maxRecursions {
			return "", fmt.Errorf("rendering template has a nested reference name: %s: unable to execute template", name)
		}
		if e.tr.depth >= maxDepth {
			return "", errTooDeep
		}
		e.names[name]++
		e.tr.depth++
		w := e.tr.writer()
		err := t.ExecuteTemplate(w, name, data)
		e.tr.depth--
		e.names[name]--
		if err == nil {
			e.tr.include(w)
		}
		return string(w.buf), err
	}
}

// tpl is the function of that name.
func (e *engine) tpl(parent *template.Template) func(string, any) (string, error) {
	return func(source string, vals any) (string, error) {
		if e.tpls++; e.tpls > maxTpls || e.tr.depth >= maxDepth {
			return "", errTooDeep
		}
		e.tr.depth++
		defer func() { e.tr.depth-- }()
		t, err := parent.Clone()
		if err != nil {
			return "", fmt.Errorf("cannot clone template: %w", err)
		}
		t.Option("missingkey=zero") // Clone drops it, golang/go#43022
		t.Funcs(template.FuncMap{"include": e.include(t), "tpl": e.tpl(t)})
		t, err = t.New(parent.Name()).Parse(source)
		if err != nil {
			return "", fmt.Errorf("cannot parse template %q: %w", source, err)
		}
		if err := e.tr.instrument(t, nil); err != nil {
			return "", err
		}
		w := e.tr.writer()
		if err := t.Execute(w, vals); err != nil {
			return "", fmt.Errorf("error during tpl function execution for %q: %w", source, err)
		}
		return string(dropNoValue(w.buf)), nil
	}
}

// locate makes a template's place, name:line or name:line:column, one that people know.
func (e *engine) locate(location, message string, err error) *Error {
	if len(message) > maxMessage { // tpl repeats its text at each level
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	out := &Error{Message: message, Err: err}
	name := location
	for range 2 {
		i := strings.LastIndexByte(name, ':')
		if i < 0 {
			break
		}
		n, convErr := strconv.Atoi(name[i+1:])
		if convErr != nil {
			break
		}
		name, out.Line, out.Column = name[:i], n, out.Line
	}
	if src := e.sources[name]; src != nil {
		out.File = src.path
	} else {
		out.File, out.Line, out.Column = name, 0, 0
	}
	return out
}

func (e *engine) parseError(name string, err error) error {
	tokens := strings.Split(err.Error(), ": ")
	if len(tokens) < 2 {
		return e.locate(name, "parse error: "+err.Error(), err)
	}
	return e.locate(tokens[1], "parse error: "+tokens[len(tokens)-1], err)
}

// execError finds the innermost template that the error is about. Helm prints the whole chain; the way there is of no
// use to those who see the place.
func (e *engine) execError(name string, err error) error {
	if !errors.As(err, new(template.ExecError)) {
		return e.locate(name, err.Error(), err)
	}
	message, location := err.Error(), name
	// "template: NAME:LINE:COL: executing "X" at <Y>: reason", and the reason of an include is such a text again.
	for rest := message; ; {
		_, after, ok := strings.Cut(rest, "template: ")
		if !ok {
			break
		}
		at, why, ok := strings.Cut(after, ": ")
		if !ok {
			break
		}
		if file, _, _ := strings.Cut(at, ":"); e.sources[file] != nil {
			location, message = at, why
		}
		rest = why
	}
	if _, after, ok := strings.Cut(message, warnStart); ok { // required and fail: the chart's own words
		said, _, _ := strings.Cut(after, warnEnd)
		return e.locate(location, said, err)
	}
	if _, after, ok := strings.Cut(message, " at <"); ok && strings.HasPrefix(message, "executing ") {
		if what, why, ok := strings.Cut(after, ">: "); ok {
			message = what + ": " + why
		}
	}
	return e.locate(location, message, err)
}

// yamlError tells the line if the YAML library did.
func yamlError(file, what string, err error) error {
	message := err.Error()
	out := &Error{File: file, Message: what + ": " + message, Err: err}
	if _, after, ok := strings.Cut(message, "yaml: line "); ok {
		digits, _, _ := strings.Cut(after, ":")
		out.Line, _ = strconv.Atoi(digits)
	}
	return out
}

// isTest reports whether a document is a hook of tests, as --skip-tests understands it.
func isTest(doc []byte) bool {
	if !strings.Contains(string(doc), "helm.sh/hook") {
		return false
	}
	var head struct {
		Metadata struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
	if yaml.Unmarshal(doc, &head) != nil {
		return false
	}
	hooks := head.Metadata.Annotations["helm.sh/hook"]
	if hooks == "" {
		return false
	}
	for hook := range strings.SplitSeq(hooks, ",") {
		if hook = strings.ToLower(strings.TrimSpace(hook)); hook == "test" || hook == "test-success" {
			return true
		}
	}
	return false
}
