package component

// Admission returns whether an admission plugin of the API server is on, and which flag decides. Enabling beats disabling; the deprecated
// --admission-control replaces all else.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/apiserver/pkg/server/options/admission.go (enabledPluginNames)
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubeapiserver/options/admission.go (ApplyTo)
func (i *Instance) Admission(plugin string) Value {
	if i.Kind != APIServer {
		return unknown(i.Kind.String() + " has no admission plugins")
	}
	if old := i.Flag("admission-control"); old.Set {
		return i.listed(old, old.Has(plugin))
	}
	for _, flag := range []struct {
		name string
		on   bool
	}{{"enable-admission-plugins", true}, {"disable-admission-plugins", false}} {
		v := i.Flag(flag.name)
		if !v.Known {
			return v
		}
		if v.Set && v.Has(plugin) {
			return i.listed(i.itemOf(flag.name, plugin, v), flag.on)
		}
	}
	t := tables()[APIServer]
	spec, ok, same := pick(t.plugins[plugin], t.minors, i.Version)
	switch {
	case !ok && i.Version.Known():
		v := unknown("kube-apiserver " + i.Version.String() + " has no admission plugin " + plugin)
		v.Absent = KnowsFlags(APIServer, i.Version)
		return v
	case !ok || !same:
		return unknown("whether the admission plugin " + plugin + " is on by itself depends on the release")
	}
	v := i.listed(Value{Known: true, Place: nowhere()}, spec.Default == "on")
	v.Set = false
	return v
}

// listed is a switch that the items of a list make.
func (i *Instance) listed(list Value, on bool) Value {
	if !list.Known {
		return list
	}
	v := Value{Set: true, Known: true, Text: "false", Type: "bool", Source: list.Source, Place: list.Place}
	if on {
		v.Text = "true"
	}
	return v
}

// itemOf narrows the place of a list that was given in several flags to the flag that has an item.
func (i *Instance) itemOf(flag, item string, v Value) Value {
	for _, s := range i.flags[flag] {
		one := Value{Known: true, Text: s.text}
		if one.Has(item) {
			v.Place, v.Source = s.place, s.source
		}
	}
	return v
}
