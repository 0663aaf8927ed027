package live_test

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestNeeded gives an account the role that rbac needed prints: the scan sees everything with it, and without any of its rules it does not.
func TestNeeded(t *testing.T) {
	c := examples(t)
	r := run(t, "rbac", "needed", "--cluster", "--kubeconfig", c.Kubeconfig(), "--bind", "default/reader", "--kubelets")
	if r.code != 0 {
		t.Fatal(r.stderr)
	}
	c.Apply(t, r.stdout)
	kubeconfig := c.WithToken(t, c.ServiceAccountToken(t, "default", "reader"))
	whole, r2 := scan(t, kubeconfig)
	if r2.code != 1 || strings.Contains(r2.stderr, "cannot list") {
		t.Fatalf("exit %d with the whole role: %s", r2.code, r2.stderr)
	}
	admin, _ := scan(t, c.Kubeconfig())
	if a, b := len(whole.findings()), len(admin.findings()); a != b {
		t.Errorf("%d findings with the role, %d as an administrator", a, b)
	}
	role := strings.Split(r.stdout, "---\n")[1]
	var parsed struct {
		Rules []struct {
			APIGroups, Resources []string
		}
	}
	if err := yaml.Unmarshal([]byte(role), &parsed); err != nil {
		t.Fatal(err)
	}
	for _, rule := range parsed.Rules {
		for _, resource := range rule.Resources {
			if resource == "nodes/proxy" {
				continue
			}
			t.Run(rule.APIGroups[0]+"_"+resource, func(t *testing.T) {
				less := strings.Replace(role, ruleText(rule.APIGroups[0], rule.Resources), ruleText(rule.APIGroups[0], slices.DeleteFunc(slices.Clone(rule.Resources), func(s string) bool { return s == resource })), 1)
				if less == role {
					t.Fatal("the role has not that rule")
				}
				c.Apply(t, less)
				name := resource
				if rule.APIGroups[0] != "" {
					name += "." + rule.APIGroups[0]
				}
				_, r := scan(t, kubeconfig)
				for tries := 0; r.code != 2 && tries < 50; tries++ { // the authorizer hears of the role a moment later
					_, r = scan(t, kubeconfig)
				}
				if r.code != 2 || !strings.Contains(r.stderr, "cannot list "+name+": 403") {
					t.Errorf("exit %d: %s", r.code, r.stderr)
				}
			})
		}
	}
}

func ruleText(group string, resources []string) string {
	if len(resources) == 0 {
		return "- apiGroups: [\"none.example.com\"]\n  resources: [none]\n"
	}
	return "- apiGroups: [\"" + group + "\"]\n  resources: [" + strings.Join(resources, ", ") + "]\n"
}
