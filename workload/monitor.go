package workload

import (
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Monitor is a ServiceMonitor or a PodMonitor of the Prometheus Operator.
// https://prometheus-operator.dev/docs/api-reference/api/
type Monitor struct {
	Object          int
	Kind, Namespace string
	// Selector selects services, or pods; an empty one selects all.
	Selector label.Selector
	// Everywhere says that it is for all namespaces, Namespaces are those that it names. Without either it is for its own.
	Everywhere bool
	Namespaces []string
	// Ports are the ports that its endpoints name.
	Ports []MonitorPort
}

// MonitorPort is the name of a port, and where it is said.
type MonitorPort struct{ Path, Name string }

func readMonitor(o *object.Object, number int) Monitor {
	spec := o.Root.Get("spec")
	within := spec.Get("namespaceSelector")
	m := Monitor{
		Object: number, Kind: strings.Clone(o.Kind), Namespace: o.EffectiveNamespace(),
		Selector:   label.ReadSelector(spec.Get("selector"), func(tree.Node, string) {}),
		Namespaces: keepTexts(nil, within.Get("matchNames")),
	}
	m.Everywhere, _ = within.Get("any").Bool()
	for _, field := range [...]string{"endpoints", "podMetricsEndpoints"} {
		for _, e := range spec.Get(field).Items() {
			port := e.Get("port")
			if name := object.Keep(port); name != "" && len(m.Ports) < maxReferences {
				m.Ports = append(m.Ports, MonitorPort{Path: o.Root.Path(port), Name: name})
			}
		}
	}
	return m
}
