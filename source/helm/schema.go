package helm

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// validate checks the values of a chart and its subcharts against their values.schema.json.
//
// Helm's own validator loads references from the disk and from hosts, and the library under it takes 3 ms at each start of the
// program to compile schemas of schemas. The one here knows draft-07 and 2020-12; the other drafts are read as the nearest
// of the two. Where it can't read a schema it says so in a warning: a scan that goes on is worth more than a check of
// the schema that Helm makes anyway. It stops at the first violation, and keeps the value out of the message.
func (m *merger) validate(c *chart, vals map[string]any) error {
	if c.Schema != nil {
		if err := m.validateOne(c, vals); err != nil {
			return err
		}
	}
	for _, sub := range c.dependencies {
		switch own := vals[sub.name()].(type) {
		case nil:
		case map[string]any:
			if err := m.validate(sub, own); err != nil {
				return err
			}
		default:
			return &Error{File: sub.path + "/values.yaml", Message: fmt.Sprintf(
				"values don't meet the specifications of the schema: invalid type for values: expected object (map), got %T", own)}
		}
	}
	return nil
}

func (m *merger) validateOne(c *chart, vals map[string]any) (err error) {
	file := c.path + "/values.schema.json"
	defer func() {
		if r := recover(); r != nil {
			m.printf("%s: not used: %v", file, r)
			err = nil
		}
	}()
	schema, parseErr := readSchema(c.Schema)
	if _, ok := errors.AsType[*json.SyntaxError](parseErr); ok {
		return &Error{File: file, Message: "invalid JSON: " + parseErr.Error(), Err: parseErr}
	}
	if parseErr != nil {
		m.printf("%s: not used: %v", file, parseErr)
		return nil
	}
	resolved, resolveErr := schema.Resolve(&jsonschema.ResolveOptions{
		BaseURI: "file:///values.schema.json",
		Loader: func(uri *url.URL) (*jsonschema.Schema, error) {
			m.printf("%s: %s is not loaded, what it says is not checked", file, uri)
			return &jsonschema.Schema{}, nil
		},
	})
	if resolveErr != nil {
		m.printf("%s: not used: %v", file, resolveErr)
		return nil
	}
	// Values may hold types of Go that JSON has not.
	plain, marshalErr := json.Marshal(vals)
	if marshalErr != nil {
		return marshalErr
	}
	var instance any
	if err := json.Unmarshal(plain, &instance); err != nil {
		return err
	}
	if err := resolved.Validate(instance); err != nil {
		return &Error{File: file, Message: "values don't meet the specifications of the schema: " + violation(err)}
	}
	return nil
}

// readSchema reads a schema of any draft as one of those that the library knows.
func readSchema(src []byte) (*jsonschema.Schema, error) {
	var tree any
	if err := json.Unmarshal(src, &tree); err != nil {
		return nil, err
	}
	if root, ok := tree.(map[string]any); ok {
		draft, _ := root["$schema"].(string)
		switch draft = strings.TrimSuffix(draft[strings.Index(draft, ":")+1:], "#"); draft {
		case "//json-schema.org/draft-07/schema", "//json-schema.org/draft-06/schema", "//json-schema.org/draft-04/schema":
			if strings.Contains(draft, "draft-04") {
				modernize(tree, 0)
			}
			root["$schema"] = "http://json-schema.org/draft-07/schema#"
		default:
			root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
		}
	}
	src, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	schema := &jsonschema.Schema{}
	return schema, json.Unmarshal(src, schema)
}

// modernize turns draft-04's boolean exclusiveMinimum and id into those of draft-07.
func modernize(v any, depth int) {
	if depth > 100 {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			modernize(item, depth+1)
		}
	case map[string]any:
		for _, side := range []string{"inimum", "aximum"} {
			if strict, ok := v["exclusiveM"+side].(bool); ok {
				delete(v, "exclusiveM"+side)
				if strict && v["m"+side] != nil {
					v["exclusiveM"+side] = v["m"+side]
					delete(v, "m"+side)
				}
			}
		}
		for _, item := range v {
			modernize(item, depth+1)
		}
	}
}

// violation says which value is wrong and how. The library says
//
//	validating root: validating /properties/replicas: type: abc has type "string", want "integer"
//
// in which the value may be a password.
func violation(err error) string {
	message, where := err.Error(), ""
	for {
		rest, ok := strings.CutPrefix(message, "validating ")
		if !ok {
			break
		}
		at, rest, ok := strings.Cut(rest, ": ")
		if !ok {
			break
		}
		where, message = at, rest
	}
	var keys []string
	parts := strings.Split(strings.TrimPrefix(where, "/"), "/")
	for i := 0; i+1 < len(parts); i++ {
		if parts[i] == "properties" {
			keys = append(keys, parts[i+1])
			i++
		}
	}
	keyword, detail, _ := strings.Cut(message, ": ")
	for _, from := range []string{" has type ", " does not match ", " contains ", " is less than", " is greater than", " is not a multiple"} {
		if i := strings.LastIndex(detail, from); i >= 0 {
			detail = strings.TrimSpace(detail[i:])
			break
		}
	}
	switch keyword {
	case "enum", "const":
		detail = "is none of the allowed values"
	case "anyOf", "oneOf", "allOf", "not", "contains", "if":
		detail = "does not fit " + keyword
	}
	if detail == "" {
		detail = message
	}
	if len(keys) == 0 {
		return detail
	}
	return strings.Join(keys, ".") + " " + detail
}
