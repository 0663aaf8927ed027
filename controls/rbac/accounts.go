// Package rbac has the controls on service accounts and on what they and users are allowed to do.
package rbac

import (
	"strconv"

	"github.com/kubeharden/kubeharden/tree"
)

// accountDocs is the documentation that decides which account and token a pod gets.
const accountDocs = "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"

// text returns a value's text; null is none, as it is to the API server.
func text(n tree.Node) string {
	if n.IsNull() {
		return ""
	}
	return n.Text()
}

// rulePath leads to a rule of a role.
func rulePath(index int) string { return "rules[" + strconv.Itoa(index) + "]" }
