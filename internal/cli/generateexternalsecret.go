package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/generate"
	"github.com/kubeharden/kubeharden/tree"
)

func newGenerateExternalSecret(p *Process) *cobra.Command {
	var o generate.ExternalSecretOptions
	var refresh time.Duration
	var out string
	var force bool
	cmd := &cobra.Command{
		Use:   "external-secret FILE",
		Short: "Write ExternalSecrets that take the place of plain Secrets",
		Long: `Writes one ExternalSecret (external-secrets.io/v1) for each Secret of a file: its keys, type and labels, and where each value will be in
the external store. Values are neither written nor looked at. What is left to do stands in comments.`,
		Example: "  kubeharden generate external-secret secret.yaml --store vault --store-kind ClusterSecretStore --remote-path secret/data/{namespace}/{name}",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if o.Store == "" {
				return &hintError{errors.New("--store is needed"), "it names the SecretStore; --store-kind ClusterSecretStore if it is one for the whole cluster"}
			}
			if refresh <= 0 {
				return errors.New("--refresh must be above 0: values that are never read again cannot be rotated")
			}
			o.Refresh = shortDuration(refresh)
			src, err := readSecrets(p, args[0])
			if err != nil {
				return err
			}
			r, err := generate.ExternalSecrets(src, o)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			for _, s := range r.Skipped {
				p.say("note: Secret %s %s", s.Name, s.Reason)
			}
			if len(r.Secrets) == 0 {
				return fmt.Errorf("%s: %w that a store could keep", args[0], generate.ErrNoSecret)
			}
			return writeDocument(p, out, 0o644, force, func(w *bufio.Writer) error { return r.WriteYAML(w) })
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&o.Store, "store", "", "`name` of the store")
	cmd.Flags().StringVar(&o.StoreKind, "store-kind", generate.SecretStore, "`kind` of the store: SecretStore or ClusterSecretStore")
	cmd.Flags().StringVar(&o.RemotePath, "remote-path", "", "`key` in the store, with {namespace} and {name} (default {namespace}/{name})")
	cmd.Flags().DurationVar(&refresh, "refresh", time.Hour, "read the store this often")
	cmd.Flags().StringVarP(&out, "out", "o", "", "write to this `file` instead of standard output")
	cmd.Flags().BoolVar(&force, "force", false, "replace the file if it is there")
	return cmd
}

// shortDuration writes 1h0m0s as 1h.
func shortDuration(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}

func readSecrets(p *Process, path string) ([]byte, error) {
	in, err := openInput(p, path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	src, err := io.ReadAll(io.LimitReader(in, tree.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if len(src) > tree.MaxSize {
		return nil, fmt.Errorf("read %s: file is too large", path)
	}
	return src, nil
}
