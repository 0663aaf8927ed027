package workload

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/object"
)

// plainTypes are the types of Secrets that say nothing of who reads them. Others are for somebody who looks for them, such as Helm's releases,
// tokens of accounts and of bootstrapping: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types
var plainTypes = []string{
	"Opaque", "kubernetes.io/tls", "kubernetes.io/basic-auth", "kubernetes.io/ssh-auth", "kubernetes.io/dockercfg", "kubernetes.io/dockerconfigjson",
}

// plainLabels are those that people and tools give to everything, and by which nobody looks for a Secret:
// https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
var plainLabels = []string{
	"app", "name", "component", "tier", "role", "chart", "release", "heritage", "version", "env", "environment", "team", "k8s-app", "part-of", "managed-by", "instance",
}

// copiers are the annotations by which controllers copy a Secret into other namespaces, or give it to builds.
var copiers = []string{
	"reflector.v1.k8s.emberstack.com/", "replicator.v1.mittwald.de/", "kubed.appscode.com/", "config-syncer.appscode.com/", "tekton.dev/", "build.openshift.io/",
}

// keptNames are the beginnings of names that controllers know: Istio's own certificate, Argo CD's settings and the keys of Sealed Secrets.
// https://istio.io/latest/docs/tasks/security/cert-management/plugin-ca-cert/
// https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/
var keptNames = []string{"cacerts", "istio-ca-secret", "argocd-", "sealed-secrets-key"}

// isSought reports whether a Secret may be found by its type, by a label of its own, by its owner or by a name that programs know. A Secret whose
// name is not known belongs here too.
func isSought(o *object.Object, kind string) bool {
	meta := o.Root.Get("metadata")
	if o.Name == "" || strings.ContainsAny(o.Name, "${}<>%") || !slices.Contains(plainTypes, kind) || meta.Get("ownerReferences").Len() > 0 {
		return true
	}
	for key := range meta.Get("labels").Pairs() {
		if k := key.Text(); !slices.Contains(plainLabels, k) && !strings.HasPrefix(k, "app.kubernetes.io/") && !strings.HasPrefix(k, "helm.sh/") {
			return true
		}
	}
	for key := range meta.Get("annotations").Pairs() {
		if hasPrefix(key.Text(), copiers) {
			return true
		}
	}
	return hasPrefix(o.Name, keptNames)
}

func hasPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}
