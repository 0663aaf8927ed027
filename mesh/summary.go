package mesh

import (
	"cmp"
	"slices"

	"github.com/kubeharden/kubeharden/workload"
)

// Line is what is in effect for one port of a workload.
type Line struct {
	Workload   *workload.Workload
	Membership Membership
	// Port is 0 for the ports that nothing declares.
	Port int
	MTLS MTLS
}

// Summary returns what is in effect for every workload and port that it declares or a Service leads to, and for all its others,
// sorted by workload and port. A pod that another object controls is left out, as that object is there for it.
func (a *Analysis) Summary() []Line {
	var out []Line
	for i := range a.cluster.Workloads {
		w := &a.cluster.Workloads[i]
		if w.Controlled {
			continue
		}
		m := a.Membership(w)
		for _, port := range a.ports(w) {
			out = append(out, Line{Workload: w, Membership: m, Port: port, MTLS: a.effective(w, m, port)})
		}
	}
	slices.SortStableFunc(out, func(x, y Line) int {
		return cmp.Or(
			cmp.Compare(x.Workload.Namespace, y.Workload.Namespace), cmp.Compare(x.Workload.Kind, y.Workload.Kind),
			cmp.Compare(x.Workload.Name, y.Workload.Name), cmp.Compare(x.Workload.Object, y.Workload.Object),
			cmp.Compare(x.Workload.PodPath, y.Workload.PodPath), cmp.Compare(x.Port, y.Port),
		)
	})
	return out
}

// ports returns the TCP ports of a workload, sorted, with 0 for those that nothing declares.
func (a *Analysis) ports(w *workload.Workload) []int {
	out := []int{0}
	for i := range w.Containers {
		if name := w.Containers[i].Name; name == "istio-proxy" || name == "linkerd-proxy" {
			continue
		}
		for _, p := range w.Containers[i].Ports {
			if p.Protocol == "TCP" {
				out = append(out, p.Number)
			}
		}
	}
	a.services[w.Namespace].matching(w.Labels, func(members []int) {
		for _, i := range members {
			s := &a.cluster.Services[i]
			if len(s.Selector) == 0 {
				continue
			}
			for k := range s.Ports {
				if p := &s.Ports[k]; p.Protocol == "TCP" {
					out = append(out, targetOf(w, p))
				}
			}
		}
	})
	candidates := a.candidates(w)
	for _, i := range candidates[:min(len(candidates), maxRivals)] {
		for _, p := range a.set.Peers[i].Ports {
			out = append(out, p.Port)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
