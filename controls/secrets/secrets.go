// Package secrets has the controls on credentials: where they are written, and how they reach a container.
package secrets

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/secretscan"
	"github.com/kubeharden/kubeharden/tree"
)

// Documentation that decides how Secrets reach a container and how they should be kept.
const (
	secretDocs     = "https://kubernetes.io/docs/concepts/configuration/secret/"
	goodPractices  = "https://kubernetes.io/docs/concepts/security/secrets-good-practices/"
	noRule         = "CEL cannot tell a credential from other text."
	maxSecretBytes = 64 << 10 // of an encoded value that are decoded
)

// holds is the violation of a value in which something was found. It never repeats the value.
func holds(n tree.Node, text string, m secretscan.Match, where string) control.Violation {
	problem := "holds " + m.Kind
	if line := 1 + strings.Count(text[:m.Start], "\n"); line > 1 || strings.Contains(strings.TrimRight(text, "\n"), "\n") {
		problem += " in line " + strconv.Itoa(line) + " of the text"
	}
	if where != "" {
		problem += " (" + where + ")"
	}
	return control.Violation{At: n, Problem: problem, Secret: true}
}

// textOf returns the text of a value that is a string. Others are no credentials, or refused by the API server.
func textOf(n tree.Node) string {
	s, _ := n.Str()
	return s
}

// decoded returns what a value in base64 stands for, at most maxSecretBytes of it.
func decoded(n tree.Node) (text string, ok bool) {
	encoded := textOf(n)
	if strings.ContainsAny(encoded, "\r\n ") {
		encoded = strings.Join(strings.Fields(encoded), "")
	}
	if len(encoded) > maxSecretBytes {
		encoded = encoded[:maxSecretBytes]
	}
	b, err := base64.StdEncoding.DecodeString(encoded)
	return string(b), err == nil
}
