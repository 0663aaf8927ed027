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
	layers, include, exclude, profiles []string
	framework                          string
	// more are frameworks besides the one that the report is grouped by.
	more []string
	// enabled says what the configuration has for a control: on, off, or nothing.
	enabled func(*control.Control) *bool
}

func (s *selection) register(flags *pflag.FlagSet) {
	flags.StringSliceVar(&s.layers, "layer", nil, "only controls of these `layers` (cluster, rbac, pods, network, secrets, images, monitoring)")
	flags.StringVar(&s.framework, "framework", "", "only controls that this `framework` asks for ("+strings.Join(control.Frameworks(), ", ")+"), grouped by its ids")
	flags.StringSliceVar(&s.include, "control", nil, "only these `controls`, by id or by the id of another tool")
	flags.StringSliceVar(&s.profiles, "profile", nil, "add the controls of these `profiles` ("+strings.Join(control.Profiles(), ", ")+")")
	flags.StringSliceVar(&s.exclude, "exclude", nil, "all but these `controls`")
}

// controls returns the chosen controls, sorted by id. A control that is named is chosen whatever its profile.
func (s *selection) controls() ([]*control.Control, error) {
	for _, p := range s.profiles {
		if !slices.Contains(control.Profiles(), p) {
			return nil, unknown(fmt.Sprintf("profile %q", p), p, control.Profiles(), "profiles are "+strings.Join(control.Profiles(), ", "))
		}
	}
	if s.framework != "" && !slices.Contains(control.Frameworks(), s.framework) {
		return nil, unknown(fmt.Sprintf("framework %q", s.framework), s.framework, control.Frameworks(),
			"frameworks are "+strings.Join(control.Frameworks(), ", "))
	}
	wanted, err := findAll(s.include)
	if err != nil {
		return nil, err
	}
	chosen := slices.DeleteFunc(controls.All(), func(c *control.Control) bool {
		if len(s.include) > 0 {
			return !has(wanted, c)
		}
		if s.enabled != nil {
			if on := s.enabled(c); on != nil {
				return !*on
			}
		}
		return c.Profile != "" && !slices.Contains(s.profiles, c.Profile)
	})
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
	if s.framework != "" {
		chosen = slices.DeleteFunc(chosen, func(c *control.Control) bool {
			return len(c.In(s.framework)) == 0 && !slices.ContainsFunc(s.more, func(f string) bool { return len(c.In(f)) > 0 })
		})
	}
	unwanted, err := findAll(s.exclude)
	if err != nil {
		return nil, err
	}
	chosen = slices.DeleteFunc(chosen, func(c *control.Control) bool { return has(unwanted, c) })
	if len(chosen) == 0 {
		return nil, errors.New("no control is left after --layer, --framework, --control and --exclude")
	}
	return chosen, nil
}

// has compares by id.
func has(list []*control.Control, c *control.Control) bool {
	return slices.ContainsFunc(list, func(d *control.Control) bool { return c.ID == d.ID })
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
			return nil, &hintError{
				fmt.Errorf("parameter %q is not of the form CONTROL.NAME=VALUE", s),
				"for example --param image-tag-wrong.images=nginx=1.29",
			}
		}
		found, err := find(id)
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			values := strings.Split(value, ",")
			if err := checkParam(c, name, values); err != nil {
				return nil, err
			}
			if params[c.ID] == nil {
				params[c.ID] = map[string][]string{}
			}
			params[c.ID][name] = values
		}
	}
	return params, nil
}

// checkParam makes sure that a control has the parameter and understands its values.
func checkParam(c *control.Control, name string, values []string) error {
	var names []string
	for _, p := range c.Params {
		if p.Name != name {
			names = append(names, p.Name)
			continue
		}
		for _, v := range values {
			if p.Valid != nil && !p.Valid(v) {
				return &hintError{
					fmt.Errorf("parameter %q of control %s does not understand %q: it is %s", name, c.ID, v, p.Doc),
					"for example --param " + c.ID + "." + name + "=" + strings.Join(append(p.Example, p.Default...), ","),
				}
			}
		}
		return nil
	}
	return unknown(fmt.Sprintf("parameter %q of control %s", name, c.ID), name, names,
		"'kubeharden controls show "+c.ID+"' shows its parameters")
}
