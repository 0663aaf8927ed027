package component

import "github.com/kubeharden/kubeharden/object"

func (i *Instance) validateKubelet() []object.Flaw { return nil }
