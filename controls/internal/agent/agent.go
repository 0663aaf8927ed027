// Package agent knows programs by the images that they run from, for the controls that ask what runs in a cluster.
package agent

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/workload"
)

// Program is a program with its images.
type Program struct {
	Name string
	// Images are the ends of repositories: copies of an image keep them, behind whatever registry and folder.
	Images []string
}

// Is reports whether an image is one of the program.
func (p *Program) Is(name string) bool {
	ref, err := image.Parse(name)
	if err != nil {
		return false
	}
	path := ref.Registry + "/" + ref.Path()
	for _, end := range p.Images {
		if rest, ok := strings.CutSuffix(path, end); ok && (rest == "" || strings.HasSuffix(rest, "/")) {
			return true
		}
	}
	return false
}

// Found is a program in a workload.
type Found struct {
	*Program
	Workload *workload.Workload
	// Image is the image as it is written.
	Image string
}

// Find returns the programs that run, in the order of the input; each workload is there once for each of them.
func Find(v *control.Verdicts, programs []Program) (all []Found) {
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		for k := range programs {
			for _, c := range w.Containers {
				if programs[k].Is(c.Image) {
					all = append(all, Found{&programs[k], w, c.Image})
					break
				}
			}
		}
	}
	return all
}

// Unseen returns why programs may run that were not seen: workloads that could not be read. "" if all were.
func Unseen(v *control.Verdicts) string {
	c := v.Cluster()
	if c == nil {
		return "manifests do not show what else runs"
	}
	for _, r := range [...][2]string{{"apps", "daemonsets"}, {"apps", "deployments"}} {
		if missed := c.Missed(r[0], r[1]); missed != "" {
			return missed
		}
	}
	return ""
}
