package cluster

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

const modesFlag = "authorization-mode"

// authorizersInFile exempts an API server whose authorizers stand in a file of the input: apiserver-structured-authorization-config-weak judges
// that file.
func authorizersInFile(i *component.Instance) bool {
	if i.Flag(modesFlag).Set {
		return false
	}
	r, ok := i.Reference("authorization-config")
	return ok && r.Found
}

// modes are the authorization modes in effect. Where a file that is not among the input has the authorizers they are not known.
func modes(i *component.Instance) component.Value {
	v := i.Flag(modesFlag)
	if v.Set || !v.Known {
		return v
	}
	switch config := i.Flag("authorization-config"); {
	case config.Set && !config.Known:
		return notKnown(config.Reason)
	case config.Set && config.Text != "":
		return notKnown("the file of --authorization-config, " + config.Text + ", was not read")
	}
	return v
}

// setModes gives the modes that stay, and the others that have to be there. What nobody said is the default, AlwaysAllow, and does not stay.
func setModes(i *component.Instance, change func(stay []string) []string) []component.Edit {
	v := i.Flag(modesFlag)
	stay := []string{}
	if v.Set {
		stay = slices.Clone(v.Items)
	}
	stay = change(slices.DeleteFunc(stay, func(s string) bool { return s == "" }))
	if len(stay) == 0 || !v.Set {
		stay = []string{"Node", "RBAC"}
	}
	return set(i, modesFlag, strings.Join(stay, ","))
}

func noAlwaysAllow() control.Setting {
	s := control.FlagLacks(modesFlag, "Node,RBAC", "AlwaysAllow")
	s.Value = modes
	s.Edits = func(i *component.Instance) []component.Edit {
		return setModes(i, func(stay []string) []string {
			return slices.DeleteFunc(stay, func(s string) bool { return s == "AlwaysAllow" })
		})
	}
	return alsoBad(s, []string{}, []string{"--" + modesFlag + "=AlwaysAllow"})
}

// hasMode requires a mode. Node goes first, as it answers most requests of kubelets at once.
func hasMode(mode, without string) control.Setting {
	s := control.FlagHas(modesFlag, mode, without)
	s.Value = modes
	s.Edits = func(i *component.Instance) []component.Edit {
		return setModes(i, func(stay []string) []string {
			if mode == "Node" {
				return append([]string{mode}, stay...)
			}
			return append(stay, mode)
		})
	}
	return alsoBad(s, []string{})
}
