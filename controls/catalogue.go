// Package controls is the catalogue: a folder per layer, a file per control. All lists them; the list is generated.
package controls

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
)

//go:generate go run ../cmd/internal/catalogue

// Find returns the controls with the given id, or those that ask what another tool's check of that name asks: CKV_K8S_20,
// KSV-0001 (also as KSV001 and AVD-KSV-0001), C-0057, privileged-container of kube-linter, runAsPrivileged of polaris.
// Upper and lower case are the same. The name may have the tool in front of it, as in trivy:KSV-0001.
func Find(id string) []*control.Control {
	all := All()
	want := fold(id)
	for _, c := range all {
		if c.ID == want {
			return []*control.Control{c}
		}
	}
	if want == "" {
		return nil
	}
	n := 0
	for _, c := range all {
		if isPeer(c, want) {
			all[n] = c
			n++
		}
	}
	return all[:n:n]
}

func isPeer(c *control.Control, want string) bool {
	for _, peer := range c.Peers.All() {
		for _, id := range peer.IDs {
			id = fold(id)
			if id == want || peer.Tool+":"+id == want {
				return true
			}
			// gatekeeper:users is also found as users, pod-security/disallow-capabilities as disallow-capabilities.
			if i := strings.IndexAny(id, ":/"); i >= 0 && id[i+1:] == want {
				return true
			}
		}
	}
	return false
}

// fold makes one name of the ways in which an id is written.
func fold(id string) string {
	id = strings.ToLower(strings.TrimSpace(id))
	tool, rest, found := strings.Cut(id, ":")
	if !found {
		return foldTrivy(id)
	}
	return tool + ":" + foldTrivy(rest)
}

// foldTrivy writes ksv001, ksv-0001 and avd-ksv-0001 as ksv-1.
func foldTrivy(id string) string {
	rest := strings.TrimPrefix(id, "avd-")
	for _, series := range []string{"ksv", "kcv"} {
		if number, ok := strings.CutPrefix(rest, series); ok {
			number = strings.TrimPrefix(number, "-")
			if number != "" && strings.Trim(number, "0123456789") == "" {
				return series + "-" + strings.TrimLeft(number, "0")
			}
		}
	}
	return id
}
