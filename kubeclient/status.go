package kubeclient

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// StatusError is an answer of the API server that is no good one.
type StatusError struct {
	Code int
	// Reason is Kubernetes' own: Forbidden, Expired.
	Reason string
	// Message is the server's, in one line.
	Message string
	// Continue leads on where a list has expired.
	Continue string
}

// maxMessage bounds what is repeated of a server's message.
const maxMessage = 300

// NewStatusError reads the answer: a Status of Kubernetes, or whatever a proxy before it says.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
func NewStatusError(code int, body []byte) *StatusError {
	var status struct {
		Kind     string `json:"kind"`
		Reason   string `json:"reason"`
		Message  string `json:"message"`
		Metadata struct {
			Continue string `json:"continue"`
		} `json:"metadata"`
	}
	e := &StatusError{Code: code}
	if json.Unmarshal(body, &status) == nil && status.Kind == "Status" {
		e.Reason, e.Message, e.Continue = status.Reason, status.Message, status.Metadata.Continue
	} else {
		e.Message = string(body[:min(len(body), maxMessage)])
	}
	e.Message = strings.Join(strings.Fields(e.Message), " ")
	if len(e.Message) > maxMessage {
		e.Message = strings.ToValidUTF8(e.Message[:maxMessage], "") + "…"
	}
	return e
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("%d %s", e.Code, http.StatusText(e.Code))
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

func contexts(raw *clientcmdapi.Config) []string {
	return slices.Sorted(maps.Keys(raw.Contexts))
}
