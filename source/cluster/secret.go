package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
)

// asTable asks for rows as kubectl get prints them. Of a Secret these have the name, the type, the number of values and the age, and with
// includeObject=Metadata its metadata; the values stay in the API server.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io"

// typeCell is the column of the type. https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/printers/internalversion/printers.go (printSecret)
const typeCell = 1

// secretOf makes an object without values of a row.
func secretOf(row []byte) ([]byte, error) {
	var r struct {
		Cells  []json.RawMessage `json:"cells"`
		Object struct {
			Kind     string          `json:"kind"`
			Metadata json.RawMessage `json:"metadata"`
		} `json:"object"`
	}
	if err := json.Unmarshal(row, &r); err != nil {
		return nil, errors.New("a row of the table of secrets cannot be understood")
	}
	if r.Object.Kind != "PartialObjectMetadata" || len(r.Cells) <= typeCell {
		return nil, fmt.Errorf("the table of secrets has no metadata: %q", r.Object.Kind)
	}
	return fmt.Appendf(nil, `{"metadata":%s,"type":%s}`, r.Object.Metadata, r.Cells[typeCell]), nil
}
