package control

// Frameworks returns the names of the published frameworks that controls refer to.
func Frameworks() []string { return []string{"pss", "cis", "nsa", "mitre", "owasp"} }

// In returns the ids under which a framework asks for the control; nothing if it does not, or if there is no such framework.
func (c *Control) In(framework string) []string {
	switch framework {
	case "pss":
		if c.Refs.PSS != "" {
			return []string{c.Refs.PSS}
		}
	case "cis":
		return c.Refs.CIS
	case "nsa":
		return c.Refs.NSA
	case "mitre":
		return c.Refs.MITRE
	case "owasp":
		if id := c.owasp(); id != "" && c.Profile == "" {
			return []string{id}
		}
	}
	return nil
}

// owasp returns the risk of the OWASP Kubernetes Top Ten (2022) that the control is about. The ten risks are wide enough for the
// sections of the checklist to decide it. Source: https://owasp.org/www-project-kubernetes-top-ten/
func (c *Control) owasp() string {
	switch c.Section {
	case "pod-security-standards":
		return "K04" // lack of centralized policy enforcement
	case "service-accounts":
		return "K06" // broken authentication mechanisms
	}
	switch c.Layer {
	case Pods:
		return "K01" // insecure workload configurations
	case Images:
		return "K02" // supply chain vulnerabilities
	case RBAC:
		return "K03" // overly permissive RBAC configurations
	case Monitoring:
		return "K05" // inadequate logging and monitoring
	case Network:
		return "K07" // missing network segmentation controls
	case Secrets:
		return "K08" // secrets management failures
	case Cluster:
		return "K09" // misconfigured cluster components
	default:
		return ""
	}
}
