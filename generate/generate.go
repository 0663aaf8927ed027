// Package generate writes whole Kubernetes documents from what was observed or declared: the least Role of a subject from the
// audit log. What it writes is deterministic, grants nothing that was not seen unless an option says so, and says in its
// comments what it was made from.
package generate
