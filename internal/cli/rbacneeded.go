package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/rbac"
	"github.com/kubeharden/kubeharden/source/cluster"
)

// neededFlags say which role rbac needed prints.
type neededFlags struct {
	selection
	name     string
	bind     string
	kubelets bool
	without  []string
	live     liveFlags
}

func newNeeded(p *Process) *cobra.Command {
	var f neededFlags
	cmd := &cobra.Command{
		Use:   "needed",
		Short: "Print the least ClusterRole with which 'scan --cluster' sees everything",
		Long: `Prints the ClusterRole that 'kubeharden scan --cluster' needs for the chosen controls: to list what they ask for, and nothing else. It
cannot change anything. Without one of its rules the controls that need it become unknown, and the scan ends with exit code 2.

Listing secrets lets its holder read their values, though kubeharden asks for metadata only: --without secrets leaves it out. Rights on
nodes/proxy let their holder run commands in every pod, so they are not among the rules unless --kubelets asks for them; facts of
'kubeharden node' tell the same and more.`,
		Example: `  kubeharden rbac needed | kubectl apply -f -
  kubeharden rbac needed --bind security/kubeharden | kubectl apply -f -
  kubeharden rbac needed --layer rbac,network --without secrets`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.live.check(cmd.Flags(), nil); err != nil {
				return err
			}
			return needed(cmd.Context(), p, &f)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.name, "name", "kubeharden-reader", "the `name` of the role")
	flags.StringVar(&f.bind, "bind", "", "make this service account, `NAMESPACE/NAME`, and bind the role to it")
	flags.StringSliceVar(&f.without, "without", nil, "leave out these `resources`, such as secrets")
	flags.BoolVar(&f.kubelets, "kubelets", false, "add what reading the configuration of kubelets takes: get nodes/proxy")
	f.register(flags)
	f.live.register(flags)
	flags.Lookup("cluster").Usage = "only for what the running cluster of the current context serves"
	return cmd
}

func needed(ctx context.Context, p *Process, f *neededFlags) error {
	chosen, err := f.controls()
	if err != nil {
		return err
	}
	var namespace, account string
	if f.bind != "" {
		var ok bool
		if namespace, account, ok = strings.Cut(f.bind, "/"); !ok || namespace == "" || account == "" || strings.Contains(account, "/") {
			return &hintError{fmt.Errorf("--bind %q is no NAMESPACE/NAME", f.bind), "for example --bind security/kubeharden"}
		}
	}
	rules := neededRules(chosen)
	if f.live.cluster {
		if rules, err = f.servedRules(ctx, chosen); err != nil {
			return err
		}
	}
	if f.kubelets {
		rules = append(rules, cluster.Rule{Resources: []string{"nodes/proxy"}, Verb: "get"})
	}
	for _, name := range f.without {
		found := false
		for i := range rules {
			before := len(rules[i].Resources)
			rules[i].Resources = slices.DeleteFunc(rules[i].Resources, func(r string) bool { return r == name || r+"."+rules[i].Group == name })
			found = found || len(rules[i].Resources) < before
		}
		if !found {
			return &hintError{fmt.Errorf("no rule is on %s", name), "--without takes the names of resources, such as secrets or certificates.cert-manager.io"}
		}
	}
	rules = slices.DeleteFunc(rules, func(r cluster.Rule) bool { return len(r.Resources) == 0 })
	if len(rules) == 0 {
		return errors.New("the chosen controls ask the API server for nothing")
	}
	return answer(p, true, func(w *bufio.Writer) error { return writeReader(w, f, rules, namespace, account) })
}

// neededRules are the rules that the kinds come to which the controls ask for.
func neededRules(chosen []*control.Control) []cluster.Rule {
	scanner := engine.NewScanner(&engine.Options{Controls: chosen, Version: control.LatestMinor})
	var kinds []cluster.Kind
	for _, k := range candidates(chosen) {
		if scanner.Asks(k.Group, k.Kind) {
			kinds = append(kinds, cluster.Kind{Group: k.Group, Kind: k.Kind})
		}
	}
	return cluster.Needed(kinds, func(group, resource string) (own, served bool) {
		if !rbac.ServedGroup(group) {
			return false, false
		}
		for r := range rbac.Named(resource) {
			if r.Group == group {
				return true, true
			}
		}
		return true, false
	})
}

// servedRules are the rules for what a cluster serves.
func (f *neededFlags) servedRules(ctx context.Context, chosen []*control.Control) ([]cluster.Rule, error) {
	client, err := f.live.connect()
	if err != nil {
		return nil, err
	}
	c, err := cluster.Open(ctx, client)
	if err != nil {
		return nil, explained(err)
	}
	return c.Needed(engine.NewScanner(&engine.Options{Controls: chosen, Version: control.LatestMinor}).Asks), nil
}

// candidates are all kinds that anything asks for by name. Where any kind of a group will do it is those of the group that somebody reads.
func candidates(chosen []*control.Control) []control.Kind {
	var all []control.Kind
	add := func(kinds ...control.Kind) {
		for _, k := range kinds {
			if k.Kind == control.AnyKind {
				for _, kind := range inventory.Kinds(k.Group) {
					all = append(all, control.Kind{Group: k.Group, Kind: kind})
				}
				if len(inventory.Kinds(k.Group)) > 0 {
					continue
				}
			}
			all = append(all, k)
		}
	}
	for _, group := range inventory.Groups() {
		add(control.Kind{Group: group, Kind: control.AnyKind})
	}
	add(control.WorkloadKinds()...)
	for _, c := range chosen {
		add(c.Kinds...)
		add(c.ObjectKinds...)
		add(c.Needs...)
	}
	return all
}

func writeReader(w *bufio.Writer, f *neededFlags, rules []cluster.Rule, namespace, account string) error {
	if f.bind != "" {
		fmt.Fprintf(w, "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: %s\n  namespace: %s\nautomountServiceAccountToken: false\n---\n", account, namespace)
	}
	fmt.Fprintf(w, "# What 'kubeharden scan --cluster' needs to see everything. It can change nothing.\n"+
		"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: %s\nrules:\n", f.name)
	for _, r := range rules {
		if slices.Contains(r.Resources, "secrets") {
			fmt.Fprint(w, "# Listing secrets lets their values be read, though only metadata is asked for: --without secrets leaves it out.\n")
		}
		if r.Verb == "get" {
			fmt.Fprint(w, "# This lets its holder run commands in every pod of every node.\n")
		}
		fmt.Fprintf(w, "- apiGroups: [%q]\n  resources: [%s]\n  verbs: [%s]\n", r.Group, strings.ReplaceAll(strings.Join(r.Resources, ", "), "*", `"*"`), r.Verb)
	}
	if f.bind == "" {
		return nil
	}
	_, err := fmt.Fprintf(w, "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: %s\nroleRef:\n"+
		"  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: %s\nsubjects:\n- kind: ServiceAccount\n  name: %s\n  namespace: %s\n", f.name, f.name, account, namespace)
	return err
}
