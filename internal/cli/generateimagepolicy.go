package cli

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/generate"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/inventory"
)

func newGenerateImagePolicy(p *Process) *cobra.Command {
	var f gathering
	var o generate.ImagePolicy
	var registries, from []string
	var out string
	var force bool
	cmd := &cobra.Command{
		Use:   "image-policy",
		Short: "Write an admission policy that allows images of some registries only",
		Long: `Writes an admission policy that refuses pods with images of other registries, in containers, init containers and ephemeral containers:
for the API server itself (native), for Kyverno, or for Kyverno's policies in CEL. Pods that are there already keep what they have.
With --from the registries are those of the images in manifests; with --registry besides, images that would be refused are told.`,
		Example: "  kubeharden generate image-policy --registry registry.example.com --registry ghcr.io/org > images.yaml\n" +
			"  kubeharden generate image-policy --kind kyverno --from deploy/ --exclude-namespace kube-system",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, text := range registries {
				r, err := generate.ParseRegistry(text)
				if err != nil {
					return err
				}
				o.Registries = append(o.Registries, r)
			}
			if !slices.Contains(generate.ImagePolicyKinds(), o.Kind) {
				kinds := generate.ImagePolicyKinds()
				return unknown(fmt.Sprintf("kind %q", o.Kind), o.Kind, kinds, "kinds are "+strings.Join(kinds, ", "))
			}
			if len(from) > 0 {
				v, whole, err := f.inventory(cmd.Context(), p, from)
				if err != nil {
					return err
				}
				if !whole {
					p.say("error: not everything could be read, so a registry may be missing")
					return errIncomplete
				}
				registriesFrom(p, v, &o)
			}
			if err := o.Check(); errors.Is(err, generate.ErrNoRegistry) {
				return &hintError{err, "--registry names one; --from PATH takes those of the images in manifests"}
			} else if err != nil {
				return err
			}
			return writeDocument(p, out, 0o644, force, func(w *bufio.Writer) error { return o.WriteYAML(w) })
		},
	}
	cmd.Flags().StringSliceVar(&registries, "registry", nil, "allow images of this `registry`, or of HOST/PATH in it; may be repeated")
	cmd.Flags().StringSliceVar(&from, "from", nil, "read manifests in this `path`; may be repeated")
	cmd.Flags().StringVar(&o.Kind, "kind", generate.NativePolicy, strings.Join(generate.ImagePolicyKinds(), ", "))
	cmd.Flags().StringVar(&o.Name, "name", "allowed-image-registries", "`name` of the policy")
	cmd.Flags().StringSliceVar(&o.Exclude, "exclude-namespace", nil, "not for this `namespace`; may be repeated")
	cmd.Flags().StringVarP(&out, "out", "o", "", "write to this `file` instead of standard output")
	cmd.Flags().BoolVar(&force, "force", false, "replace the file if it is there")
	f.register(cmd.Flags())
	return cmd
}

// registriesFrom takes the registries from the images of manifests, or tells which of them would be refused if the registries are given.
func registriesFrom(p *Process, v *inventory.Inventory, o *generate.ImagePolicy) {
	users := map[string]int{} // the first object that has an image
	var images []string
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		for _, c := range w.Containers {
			if _, seen := users[c.Image]; !seen && c.Image != "" {
				users[c.Image] = w.Object
				images = append(images, c.Image)
			}
		}
	}
	found, unclear := generate.FindRegistries(images)
	for _, img := range unclear {
		p.say("warning: image %q%s is no reference as it stands, so its registry is not known", img, at(v, users[img]))
	}
	if len(o.Registries) == 0 {
		for _, f := range found {
			o.Registries = append(o.Registries, f.Registry)
		}
		o.Found = found
		return
	}
	for _, f := range found {
		for _, img := range f.Images {
			ref, err := image.Parse(img)
			if err == nil && !slices.ContainsFunc(o.Registries, func(r generate.Registry) bool { return r.Has(&ref) }) {
				p.say("warning: image %s%s would be refused", img, at(v, users[img]))
			}
		}
	}
}
