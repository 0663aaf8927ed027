package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/tree"
)

func newAudit(p *Process) *cobra.Command {
	return group("audit", "Ask what an audit policy logs", newAuditExplain(p))
}

// auditFlags are the flags of audit explain.
type auditFlags struct {
	user, verb, resource, name, namespace, path string
	groups                                      []string
	log, format                                 string
}

func newAuditExplain(p *Process) *cobra.Command {
	var f auditFlags
	cmd := &cobra.Command{
		Use:   "explain POLICY",
		Short: "Say at which level a request is logged and by which rule, or what is wrong with the policy",
		Long: `Evaluates an audit policy as the API server does: the first rule that matches decides.

With --verb and --resource or --path it answers for one request of --user. Groups that Kubernetes gives a user for his name are
counted; others are given with --group. Whom a request impersonates does not count: the policy sees who authenticated.
Without a request it lists the rules and what is wrong with the policy. With --log it estimates what the policy would write of the
requests of an audit log. POLICY and the log may be - for standard input.`,
		Example: `  kubeharden audit explain audit-policy.yaml
  kubeharden audit explain audit-policy.yaml --user jane --verb get --resource secrets -n shop
  kubeharden audit explain audit-policy.yaml --user jane --group system:masters --verb create --resource pods/exec --name web-0 -n shop
  kubeharden audit explain audit-policy.yaml --log /var/log/kubernetes/audit.log`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), p, args[0]) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.user, "user", "", "`name` of who sends the request")
	flags.StringArrayVar(&f.groups, "group", nil, "a `group` of the user; may be repeated")
	flags.StringVar(&f.verb, "verb", "", "`verb`: "+strings.Join(audit.ResourceVerbs(), ", ")+"; of a URL the HTTP method")
	flags.StringVar(&f.resource, "resource", "", "`resource`, written as kubectl does: pods, deployments.apps, pods/exec")
	flags.StringVar(&f.name, "name", "", "`name` of the object")
	flags.StringVarP(&f.namespace, "namespace", "n", "", "`namespace` of the object; none is a cluster-wide request")
	flags.StringVar(&f.path, "path", "", "URL `path` instead of a resource: /metrics")
	flags.StringVar(&f.log, "log", "", "estimate what the policy writes of the requests in this audit log `file`")
	flags.StringVarP(&f.format, "format", "f", "table", "table, json")
	return cmd
}

func (f *auditFlags) run(ctx context.Context, p *Process, file string) error {
	if f.format != "table" && f.format != "json" {
		return unknown(fmt.Sprintf("format %q", f.format), f.format, []string{"table", "json"}, "formats are table, json")
	}
	asks := f.user != "" || f.verb != "" || f.resource != "" || f.path != "" || f.name != "" || f.namespace != "" || len(f.groups) > 0
	if asks && f.log != "" {
		return &hintError{errors.New("--log is for all requests of a log, not for one"), "leave out --verb and the others, or --log"}
	}
	var request audit.Attributes
	if asks {
		var err error
		if request, err = f.request(); err != nil {
			return err
		}
	}
	d, err := readAuditPolicy(p, file)
	if err != nil {
		return err
	}
	switch {
	case f.log != "":
		return f.volume(ctx, p, d)
	case asks:
		return f.explain(p, d, &request)
	}
	return answer(p, true, func(w *bufio.Writer) error { return writeAuditOverview(w, p, f.format, d) })
}

// auditDocument is a policy and where it stands.
type auditDocument struct {
	file   string
	root   tree.Node
	lines  *tree.Lines
	policy *audit.Policy
	flaws  []audit.Flaw
}

// maxPolicySize bounds a policy file: the largest in use have some 30 KB.
const maxPolicySize = 64 << 20

// readAuditPolicy reads the first audit policy of a file.
func readAuditPolicy(p *Process, file string) (*auditDocument, error) {
	src, err := readAll(p, file, maxPolicySize)
	if err != nil {
		return nil, err
	}
	for doc := range tree.Split(src) {
		t, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		if !audit.Is(t.Root()) {
			continue
		}
		policy, flaws := audit.Read(t.Root())
		return &auditDocument{file: file, root: t.Root(), lines: tree.NewLines(src), policy: policy, flaws: flaws}, nil
	}
	return nil, &hintError{fmt.Errorf("reading %s: there is no audit policy in it", file), "an audit policy has apiVersion: audit.k8s.io/v1 and kind: Policy"}
}

// readAll reads a file, or standard input for "-".
func readAll(p *Process, file string, most int64) (src []byte, err error) {
	in := p.Stdin
	if file != "-" {
		f, openErr := os.Open(file)
		if openErr != nil {
			return nil, fmt.Errorf("reading the audit policy: %w", openErr)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		in = f
	}
	src, err = io.ReadAll(io.LimitReader(in, most+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	if int64(len(src)) > most {
		return nil, fmt.Errorf("reading %s: larger than %d MiB", file, most>>20)
	}
	return src, nil
}

// place says where a path of the policy stands: "audit-policy.yaml:12".
func (d *auditDocument) place(path string) string {
	at, _ := d.root.Find(path)
	start, _ := at.Span()
	if key := at.Key(); key.Exists() {
		start, _ = key.Span()
	}
	line, _ := d.lines.Position(start)
	return fmt.Sprintf("%s:%d", d.file, line)
}

// isRefused reports whether the API server does not start with the policy.
func (d *auditDocument) isRefused() bool {
	return slices.ContainsFunc(d.flaws, func(f audit.Flaw) bool { return f.Class == audit.Refused })
}

// sayFlaws tells what is wrong with the policy where it is not the answer itself.
func (d *auditDocument) sayFlaws(p *Process) {
	for _, f := range d.flaws {
		p.say("%s: %s: %s", d.place(f.Path), classText(f.Class), strings.TrimSpace(f.Path+" "+f.Message))
	}
}

func classText(c audit.Class) string {
	switch c {
	case audit.Refused:
		return "the API server refuses this policy"
	case audit.Removed:
		return "newer API servers refuse this policy"
	default:
		return "the API server ignores this"
	}
}

// request makes the request of the flags.
func (f *auditFlags) request() (a audit.Attributes, err error) {
	switch {
	case f.resource == "" && f.path == "":
		return a, &hintError{errors.New("what is asked for is missing"), "give --resource or --path"}
	case f.resource != "" && f.path != "":
		return a, &hintError{errors.New("--resource and --path are two requests"), "give one of them"}
	case f.user == "":
		return a, &hintError{errors.New("who asks is missing"), "give --user, for example --user jane or --user system:serviceaccount:shop:app"}
	case f.verb == "":
		return a, &hintError{errors.New("what is done is missing"), "give --verb, for example --verb get"}
	case f.path != "" && (f.name != "" || f.namespace != ""):
		return a, &hintError{errors.New("a URL has no name and no namespace"), "leave out --name and --namespace"}
	}
	a = audit.Attributes{User: f.user, Groups: audit.Authenticated(f.user), Verb: f.verb}
	for _, g := range f.groups {
		if !slices.Contains(a.Groups, g) {
			a.Groups = append(a.Groups, g)
		}
	}
	if f.path != "" {
		a.Path, _, _ = strings.Cut(f.path, "?")
		return a, nil
	}
	if !slices.Contains(audit.ResourceVerbs(), f.verb) {
		return a, verbError(f.verb)
	}
	q := request(f.verb, f.resource)
	a.ResourceRequest, a.Group, a.Resource, a.Subresource, a.Namespace, a.Name = true, q.APIGroup, q.Resource, q.Subresource, f.namespace, f.name
	if a.Resource == "namespaces" && a.Namespace == "" {
		a.Namespace = a.Name // the API server counts a namespace as being in itself
	}
	return a, nil
}

func verbError(verb string) error {
	switch verb {
	case "exec", "attach", "portforward", "proxy":
		return &hintError{fmt.Errorf("%s is no verb of a request", verb), "ask for --verb create --resource pods/" + verb}
	case "impersonate":
		return &hintError{errors.New("impersonate is no verb of a request"), "a request that impersonates is logged as what it asks for, by who authenticated"}
	}
	return unknown(fmt.Sprintf("verb %q", verb), verb, audit.ResourceVerbs(), "verbs are "+strings.Join(audit.ResourceVerbs(), ", "))
}

// auditAnswer is what is told of one request.
type auditAnswer struct {
	Level             audit.Level `json:"level"`
	Rule              int         `json:"rule"` // -1 if no rule matches
	Path              string      `json:"path"`
	Place             string      `json:"place"`
	OmitStages        []string    `json:"omitStages"`
	OmitManagedFields bool        `json:"omitManagedFields"`
	User              string      `json:"user"`
	Groups            []string    `json:"groups"`
	Verb              string      `json:"verb"`
	What              string      `json:"what"`
}

func (f *auditFlags) explain(p *Process, d *auditDocument, a *audit.Attributes) error {
	decision := d.policy.Evaluate(a)
	d.sayFlaws(p)
	row := auditAnswer{
		Level: decision.Level, Rule: decision.Rule, Path: decision.Path(), Place: d.place(decision.Path()), OmitStages: decision.OmitStages.Names(),
		OmitManagedFields: decision.OmitManagedFields, User: a.User, Groups: a.Groups, Verb: a.Verb, What: a.What(),
	}
	return answer(p, !d.isRefused(), func(w *bufio.Writer) error {
		if f.format == "json" {
			return writeJSON(w, row)
		}
		by := fmt.Sprintf("%s (%s)", row.Path, row.Place)
		if row.Rule < 0 {
			by = fmt.Sprintf("no rule matches (%s)", row.Place)
		}
		table := [][]string{{"by", by}, {"who", a.Who()}, {"request", a.Verb + " " + row.What}}
		if len(row.OmitStages) > 0 && row.Level != audit.None {
			table = append(table, []string{"left out", strings.Join(row.OmitStages, ", ")})
		}
		if row.OmitManagedFields && row.Level >= audit.Request {
			table = append(table, []string{"bodies", "without managedFields"})
		}
		return p.table(w, []string{"level", row.Level.String()}, table)
	})
}
