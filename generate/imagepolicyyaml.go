package generate

import "strings"

func (p *ImagePolicy) writeNative(out yamlWriter) {
	out.line("apiVersion: admissionregistration.k8s.io/v1")
	out.line("kind: ValidatingAdmissionPolicy")
	out.name(p.Name)
	out.line("spec:")
	out.line("  failurePolicy: Fail")
	p.writeConstraints(out, nil)
	p.writeCEL(out)
	out.line("---")
	out.line("apiVersion: admissionregistration.k8s.io/v1")
	out.line("kind: ValidatingAdmissionPolicyBinding")
	out.name(p.Name)
	out.line("spec:")
	out.line("  policyName: " + yamlText(p.Name))
	out.line("  validationActions: [Deny]")
	if len(p.Exclude) > 0 {
		out.line("  matchResources:")
		writeExcluded(out, p.Exclude)
	}
}

func (p *ImagePolicy) writeKyvernoCEL(out yamlWriter) {
	out.line("apiVersion: policies.kyverno.io/v1")
	out.line("kind: ValidatingPolicy")
	out.name(p.Name)
	out.line("spec:")
	out.line("  validationActions: [Deny]")
	out.line("  failurePolicy: Fail")
	p.writeConstraints(out, p.Exclude)
	p.writeCEL(out)
}

func (w yamlWriter) name(name string) {
	w.line("metadata:")
	w.line("  name: " + yamlText(name))
}

// writeConstraints says which requests are judged. Only these two change the images of a pod.
func (p *ImagePolicy) writeConstraints(out yamlWriter, exclude []string) {
	out.line("  matchConstraints:")
	out.line("    resourceRules:")
	out.line("      - apiGroups: [\"\"]")
	out.line("        apiVersions: [v1]")
	out.line("        operations: [CREATE, UPDATE]")
	out.line("        resources: [pods, pods/ephemeralcontainers]")
	if len(exclude) > 0 {
		writeExcluded(out, exclude)
	}
}

// writeExcluded leaves namespaces out by the label that the API server sets and nobody else can change.
func writeExcluded(out yamlWriter, namespaces []string) {
	out.line("    namespaceSelector:")
	out.line("      matchExpressions:")
	out.line("        - key: kubernetes.io/metadata.name")
	out.line("          operator: NotIn")
	out.line("          values: [" + yamlTexts(namespaces) + "]")
}

func yamlTexts(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = yamlText(text)
	}
	return strings.Join(quoted, ", ")
}

func (p *ImagePolicy) writeCEL(out yamlWriter) {
	conditions, variables, validation, message := p.expressions()
	out.line("  matchConditions:")
	for _, c := range conditions {
		out.line("    - name: " + c[0])
		out.line("      expression: " + c[1])
	}
	out.line("  variables:")
	for _, v := range variables {
		out.line("    - name: " + v[0])
		out.line("      expression: >-")
		out.line("        " + v[1])
	}
	out.line("  validations:")
	out.line("    - expression: " + validation)
	out.line("      message: " + yamlText("images must come from "+p.allowed()))
	out.line("      messageExpression: >-")
	out.line("        " + message)
	out.line("      reason: Forbidden")
}

func (p *ImagePolicy) writeKyverno(out yamlWriter) {
	var globs []string
	for _, r := range p.Registries {
		globs = append(globs, r.globs()...)
	}
	out.line("apiVersion: kyverno.io/v1")
	out.line("kind: ClusterPolicy")
	out.name(p.Name)
	out.line("spec:")
	out.line("  background: true")
	out.line("  rules:")
	out.line("    - name: allowed-registries")
	out.line("      match:")
	out.line("        any:")
	out.line("          - resources:")
	out.line("              kinds: [Pod]")
	if len(p.Exclude) > 0 {
		out.line("      exclude:")
		out.line("        any:")
		out.line("          - resources:")
		out.line("              namespaces: [" + yamlTexts(p.Exclude) + "]")
	}
	out.line("      validate:")
	out.line("        failureAction: Enforce")
	out.line("        message: " + yamlText("images must come from "+p.allowed()))
	out.line("        pattern:")
	out.line("          spec:")
	pattern := yamlText(strings.Join(globs, " | "))
	for _, list := range []string{"=(ephemeralContainers)", "=(initContainers)", "containers"} {
		out.line("            " + list + ":")
		out.line("              - image: " + pattern)
	}
	out.line("            =(volumes):")
	out.line("              - =(image):")
	out.line("                  reference: " + pattern)
}
