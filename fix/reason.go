package fix

import "github.com/kubeharden/kubeharden/control"

// ReasonNot says why a finding is not fixed at all, or not up to this risk; "" if it is.
func ReasonNot(f *control.Finding, most control.FixRisk) string { return reasonNot(f, most) }
