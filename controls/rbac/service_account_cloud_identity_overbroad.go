package rbac

import (
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/workload"
)

// ServiceAccountCloudIdentityOverbroad: a cloud role is for one program.
var ServiceAccountCloudIdentityOverbroad = control.Control{
	ID: "service-account-cloud-identity-overbroad", Section: "service-accounts", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:    "Keep cloud roles of service accounts narrow",
	Scope:    control.Everything,
	Needs:    control.WorkloadKinds(),
	Kinds:    []control.Kind{{Kind: "ServiceAccount"}},
	Require:  &control.Together{Check: checkCloudIdentity, Text: "a service account with a cloud role must not be the default one, nor shared, nor have the role of an administrator"},
	Risk:     "Programs that use the cloud role through this account lose it.",
	Fix:      control.Advice,
	NoFix:    "What the program needs of the cloud only a person can say.",
	Remedy:   "Make a service account and a cloud role for each workload, with only the rights in the cloud that it needs.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: protecting cloud infrastructure", "Pod security: protecting Pod service account tokens"},
		MITRE:  []string{"T1552.005", "T1078.004"},
		Source: []string{"https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html", "https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity", "https://azure.github.io/azure-workload-identity/docs/"},
	},
	Peers: control.Peers{
		Other: []string{"rbac-police:providerIAM"},
	},
	Why: `Every pod with the account acts in the cloud with its role. On the default account that is every pod of the namespace, and an administrator's role
makes one broken pod the whole cloud account.`,
	Examples: []control.Example{
		{
			Name: "an administrator",
			Manifests: `apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
  namespace: shop
  annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::123456789012:role/AdministratorAccess"}
`,
			Want: []string{"ServiceAccount/shop/web metadata.annotations[\"eks.amazonaws.com/role-arn\"]"},
		},
		{
			Name: "a role of its own",
			Manifests: `apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
  namespace: shop
  annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::123456789012:role/shop-web"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers: [{name: app, image: registry.example.com/app:1, ports: [{containerPort: 8080}]}]
`,
		},
		{
			Name: "the default account",
			Manifests: `apiVersion: v1
kind: ServiceAccount
metadata:
  name: default
  namespace: shop
  annotations: {iam.gke.io/gcp-service-account: shop@project.iam.gserviceaccount.com}
`,
			Want: []string{"ServiceAccount/shop/default metadata.annotations[\"iam.gke.io/gcp-service-account\"]"},
		},
	},
}

// cloudIdentities are the annotations by which clouds give a service account a role of theirs.
var cloudIdentities = []string{"eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "azure.workload.identity/client-id"}

func checkCloudIdentity(v *control.Verdicts) {
	for i := range v.Workloads.Accounts {
		a := &v.Workloads.Accounts[i]
		key, role := cloudRole(a)
		if key == "" {
			v.NotApplicable(1)
			continue
		}
		users := map[string]bool{}
		for _, k := range v.Index().Workloads(a.Namespace) {
			if w := &v.Workloads.Workloads[k]; w.ServiceAccount == a.Name && !w.Controlled {
				users[w.String()] = true
			}
		}
		message := ""
		switch name := strings.ToLower(role); {
		case strings.Contains(name, "administrator") || strings.HasSuffix(name, "/admin") || strings.Contains(name, "poweruser"):
			message = "gives the pods the cloud role of an administrator"
		case a.Name == "default":
			message = "gives every pod of the namespace that names no account a cloud role"
		case len(users) > 1:
			message = "gives " + strconv.Itoa(len(users)) + " workloads one cloud role"
		}
		if message == "" {
			v.Pass(1)
			continue
		}
		v.Fail(control.Breach{Object: a.Object, Path: `metadata.annotations["` + key + `"]`, Message: message})
	}
}

func cloudRole(a *workload.Account) (key, role string) {
	for _, key := range cloudIdentities {
		if role, ok := a.Annotations.Get(key); ok && role != "" {
			return key, role
		}
	}
	return "", ""
}
