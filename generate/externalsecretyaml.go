package generate

import (
	"bufio"
	"fmt"
	"io"
)

// WriteYAML writes the ExternalSecrets as YAML documents that kubectl applies, with what is left to do as comments. The same result gives
// the same bytes.
func (r *ExternalSecretResult) WriteYAML(w io.Writer) error {
	out := yamlWriter{bufio.NewWriter(w)}
	out.comment("ExternalSecrets in place of plain Secrets, made by kubeharden. No value is in here. What is left to do:")
	out.comment(fmt.Sprintf("1. Make %s %s, if it is not there, and let it log in by workload identity rather than by a stored key.", r.Options.StoreKind, r.Options.Store))
	out.comment("2. Put new values into the store, under the remote key and property of each item. The old ones have been in a file: rotate them.")
	out.comment("3. Apply this, and wait for kubectl get externalsecrets -A to show SecretSynced. The operator takes over the Secret that is there.")
	out.comment("4. Delete the manifest with the plain Secret from the repository. Its history still has the old values.")
	for _, s := range r.Skipped {
		out.comment("Left out: Secret " + namespaced(s.Namespace, s.Name) + " " + s.Reason + ".")
	}
	for i := range r.Secrets {
		if i > 0 {
			out.line("---")
		}
		r.Secrets[i].write(out, &r.Options)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing external secrets: %w", err)
	}
	return nil
}

func namespaced(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

func (s *ExternalSecret) write(out yamlWriter, o *ExternalSecretOptions) {
	out.line("apiVersion: external-secrets.io/v1")
	out.line("kind: ExternalSecret")
	out.name(s.Name)
	if s.Namespace != "" {
		out.line("  namespace: " + yamlText(s.Namespace))
	}
	out.line("spec:")
	out.line("  refreshInterval: " + yamlText(o.Refresh))
	out.line("  secretStoreRef:")
	out.line("    kind: " + o.StoreKind)
	out.line("    name: " + yamlText(o.Store))
	out.line("  target:")
	out.line("    name: " + yamlText(s.Name))
	out.line("    creationPolicy: Owner")
	// Without the external value the program goes on with what it has.
	out.line("    deletionPolicy: Retain")
	if s.Immutable {
		out.comment("    An immutable Secret is never refreshed: immutable is left out.")
	}
	if s.Type != "" || len(s.Labels) > 0 {
		out.line("    template:")
		if s.Type != "" {
			out.line("      type: " + yamlText(s.Type))
		}
		if len(s.Labels) > 0 {
			out.line("      metadata:")
			out.line("        labels:")
			for _, label := range s.Labels {
				out.line("          " + yamlText(label[0]) + ": " + yamlText(label[1]))
			}
		}
	}
	out.line("  data:")
	for _, key := range s.Keys {
		out.line("    - secretKey: " + yamlText(key))
		out.line("      remoteRef:")
		out.line("        key: " + yamlText(s.RemoteKey))
		out.line("        property: " + yamlText(key))
	}
}
