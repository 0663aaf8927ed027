package pods

import (
	"iter"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

const psaConfigDocs = "https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/"

// noPolicyForFiles is why there is no admission policy for the configuration of the API server.
const noPolicyForFiles = "The API server reads this file when it starts; it never passes admission."

// psaConfigKinds are the file that --admission-control-config-file names, by both of its API groups, and the part of it that
// configures Pod Security admission, which may be a file of its own.
var psaConfigKinds = []control.Kind{
	{Group: "apiserver.config.k8s.io", Kind: "AdmissionConfiguration"},
	{Group: "apiserver.k8s.io", Kind: "AdmissionConfiguration"},
	{Group: "pod-security.admission.config.k8s.io", Kind: "PodSecurityConfiguration"},
}

// psaConfigs yields the configurations of Pod Security admission in a file. One that the file only names by its path is judged
// where it is.
func psaConfigs(at tree.Node) iter.Seq[tree.Node] {
	return func(yield func(tree.Node) bool) {
		if at.Get("kind").StrIs("PodSecurityConfiguration") {
			yield(at)
			return
		}
		for _, plugin := range at.Get("plugins").Items() {
			if config := plugin.Get("configuration"); plugin.Get("name").StrIs("PodSecurity") && config.Kind() == tree.Mapping && !yield(config) {
				return
			}
		}
	}
}
