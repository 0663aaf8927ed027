package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
)

// selection is the flags that choose controls.
type selection struct {
	layers, include, exclude []string
}

func (s *selection) register(flags *pflag.FlagSet) {
	flags.StringSliceVar(&s.layers, "layer", nil, "only controls of these `layers` (cluster, rbac, pods, network, secrets, images, monitoring)")
	flags.StringSliceVar(&s.include, "control", nil, "only these `controls`, by id or by the id of another tool")
	flags.StringSliceVar(&s.exclude, "exclude", nil, "all but these `controls`")
}

// controls returns the chosen controls, sorted by id.
func (s *selection) controls() ([]*control.Control, error) {
	chosen := controls.All()
	if len(s.layers) > 0 {
		var layers []control.Layer
		for _, name := range s.layers {
			layer, err := parseLayer(name)
			if err != nil {
				return nil, err
			}
			layers = append(layers, layer)
		}
		chosen = slices.DeleteFunc(chosen, func(c *control.Control) bool { return !slices.Contains(layers, c.Layer) })
	}
	if len(s.include) > 0 {
		wanted, err := findAll(s.include)
		if err != nil {
			return nil, err
		}
		chosen = slices.DeleteFunc(chosen, func(c *control.Control) bool { return !slices.Contains(wanted, c) })
	}
	unwanted, err := findAll(s.exclude)
	if err != nil {
		return nil, err
	}
	chosen = slices.DeleteFunc(chosen, func(c *control.Control) bool { return slices.Contains(unwanted, c) })
	if len(chosen) == 0 {
		return nil, errors.New("no control is left after --layer, --control and --exclude")
	}
	return chosen, nil
}

func findAll(ids []string) ([]*control.Control, error) {
	var found []*control.Control
	for _, id := range ids {
		c, err := find(id)
		if err != nil {
			return nil, err
		}
		found = append(found, c...)
	}
	return found, nil
}

// find returns the controls with an id, or with the id of another tool.
func find(id string) ([]*control.Control, error) {
	if c := controls.Find(id); len(c) > 0 {
		return c, nil
	}
	var ids []string
	for _, c := range controls.All() {
		ids = append(ids, c.ID)
	}
	return nil, unknown(fmt.Sprintf("control %q", id), id, ids, "'kubeharden controls list' shows all")
}

func parseLayer(name string) (control.Layer, error) {
	layer, err := control.ParseLayer(name)
	if err != nil {
		return 0, unknown(fmt.Sprintf("layer %q", name), name, stringers(control.Layers()), "layers are "+join(control.Layers()))
	}
	return layer, nil
}

func parseSeverity(flag, name string) (control.Severity, error) {
	severity, err := control.ParseSeverity(name)
	if err != nil {
		return 0, unknown(fmt.Sprintf("severity %q for --%s", name, flag), name, stringers(control.Severities()),
			"severities are "+join(control.Severities()))
	}
	return severity, nil
}

func stringers[T fmt.Stringer](list []T) []string {
	names := make([]string, len(list))
	for i, v := range list {
		names[i] = v.String()
	}
	return names
}

func join[T fmt.Stringer](list []T) string { return strings.Join(stringers(list), ", ") }

// parseParams reads CONTROL.NAME=VALUE settings; several values are separated by commas.
func parseParams(settings []string) (map[string]map[string][]string, error) {
	params := map[string]map[string][]string{}
	for _, s := range settings {
		key, value, ok := strings.Cut(s, "=")
		id, name, dotted := strings.Cut(key, ".")
		if !ok || !dotted {
			return nil, &hintError{fmt.Errorf("parameter %q is not of the form CONTROL.NAME=VALUE", s),
				"for example --param image-tag-wrong.images=nginx=1.29"}
		}
		found, err := find(id)
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			var names []string
			for _, p := range c.Params {
				names = append(names, p.Name)
			}
			if !slices.Contains(names, name) {
				return nil, unknown(fmt.Sprintf("parameter %q of control %s", name, c.ID), name, names,
					"'kubeharden controls show "+c.ID+"' shows its parameters")
			}
			if params[c.ID] == nil {
				params[c.ID] = map[string][]string{}
			}
			params[c.ID][name] = strings.Split(value, ",")
		}
	}
	return params, nil
}
