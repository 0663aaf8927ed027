package cli

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/encryption"
)

// encryptionFlags are the flags of generate encryption-config.
type encryptionFlags struct {
	provider, endpoint, name string
	resources                []string
	rotate, out              string
	force                    bool
}

// keyFileMode lets only the owner read and write a file with keys.
const keyFileMode = 0o600

// maxEncryptionConfig is how long in bytes a file with keys may be.
const maxEncryptionConfig = 1 << 20

// encryptionProviders are the names by which a provider is asked for, the default first.
var encryptionProviders = []string{"secretbox", "aesgcm", "aescbc", "kms"}

func newGenerateEncryptionConfig(p *Process) *cobra.Command {
	var f encryptionFlags
	cmd := &cobra.Command{
		Use:   "encryption-config",
		Short: "Write an EncryptionConfiguration with a fresh random key, or rotate the key of one",
		Long: `Writes the file for the API server's --encryption-provider-config: Secrets, or the resources that are given, are encrypted with a random key
or by a KMS plugin, and what was stored before can still be read. With --rotate a new key is put behind the one that writes in FILE, and
nothing else in it changes. What to do then is told step by step on standard error.

The file gets mode 0600. Keys are not printed on a terminal, unless --out - asks for it.`,
		Example: "  kubeharden generate encryption-config --out encryption-config.yaml\n" +
			"  kubeharden generate encryption-config --provider kms --kms-endpoint unix:///run/kms/plugin.sock --resource secrets,configmaps\n" +
			"  kubeharden generate encryption-config --rotate /etc/kubernetes/enc/encryption-config.yaml",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.rotate != "" {
				return f.rotateKey(p, cmd)
			}
			return f.generate(p)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.provider, "provider", encryptionProviders[0], "what encrypts: "+strings.Join(encryptionProviders, ", "))
	flags.StringVar(&f.endpoint, "kms-endpoint", "", "the `socket` of the KMS v2 plugin, unix:///…")
	flags.StringVar(&f.name, "kms-name", "kms", "the `name` of the KMS v2 plugin, which is stored with every object and cannot change")
	flags.StringSliceVar(&f.resources, "resource", []string{"secrets"}, "encrypt this `resource`, with its group: pandas.example.com; may be repeated")
	flags.StringVar(&f.rotate, "rotate", "", "add a new key to this `file`, which is changed unless --out names another one")
	flags.StringVarP(&f.out, "out", "o", "", "write to this `file`; - prints")
	flags.BoolVar(&f.force, "force", false, "replace the file if it is there: what was encrypted with its keys can no longer be read without them")
	return cmd
}

func (f *encryptionFlags) generate(p *Process) error {
	o := encryption.Options{Resources: f.resources, Random: rand.Reader}
	switch f.provider {
	case "secretbox":
		o.Provider = encryption.Secretbox
	case "aesgcm":
		o.Provider = encryption.AESGCM
		p.say("warning: aesgcm needs a new key every 200,000 writes; secretbox does not")
	case "aescbc":
		o.Provider = encryption.AESCBC
		p.say("warning: aescbc is open to padding oracles; secretbox is not")
	case "kms":
		o.Provider, o.Endpoint, o.Name = encryption.KMSv2, f.endpoint, f.name
	default:
		return unknown(fmt.Sprintf("provider %q", f.provider), f.provider, encryptionProviders, "providers are "+strings.Join(encryptionProviders, ", "))
	}
	if f.provider == "kms" && f.endpoint == "" {
		return &hintError{errors.New("--provider kms needs --kms-endpoint"), "it is the socket of the plugin, such as unix:///run/kms/plugin.sock"}
	}
	if f.provider != "kms" && f.endpoint != "" {
		return &hintError{fmt.Errorf("--kms-endpoint is not for the provider %s", f.provider), "--provider kms"}
	}
	if o.Provider.Local() {
		if err := f.mayPrint(p); err != nil {
			return err
		}
	}
	src, err := encryption.Generate(o)
	if err != nil {
		return err
	}
	if err := f.write(p, src, f.out, f.force); err != nil {
		return err
	}
	tell(p, o.Steps(named(f.out)))
	return nil
}

func (f *encryptionFlags) rotateKey(p *Process, cmd *cobra.Command) error {
	for _, flag := range [...]string{"provider", "kms-endpoint", "kms-name", "resource"} {
		if cmd.Flags().Changed(flag) {
			return &hintError{fmt.Errorf("--%s is not for --rotate", flag), "the new key is one for the provider that writes now"}
		}
	}
	out, force := f.out, f.force
	if out == "" && f.rotate != "-" {
		out, force = f.rotate, true
	}
	if out == "" {
		if err := f.mayPrint(p); err != nil {
			return err
		}
	}
	in, err := openInput(p, f.rotate)
	if err != nil {
		return err
	}
	src, err := io.ReadAll(io.LimitReader(in, maxEncryptionConfig+1))
	if err = errors.Join(err, in.Close()); err != nil {
		return fmt.Errorf("read %s: %w", f.rotate, err)
	}
	if len(src) > maxEncryptionConfig {
		return fmt.Errorf("read %s: it is longer than %d bytes and no EncryptionConfiguration", f.rotate, maxEncryptionConfig)
	}
	r, err := encryption.Rotate(src, rand.Reader)
	switch {
	case errors.Is(err, encryption.ErrNoLocalKey):
		return &hintError{fmt.Errorf("%s: %w", f.rotate, err), "a KMS rotates its keys by itself; write all objects again after it did"}
	case err != nil:
		return fmt.Errorf("%s: %w", f.rotate, err)
	}
	if r.Rewritten {
		p.say("warning: %s had to be written anew, without its comments", f.rotate)
	}
	if err := f.write(p, r.YAML, out, force); err != nil {
		return err
	}
	for _, n := range r.Notes {
		p.say("note: %s %s", n.Path, n.Text)
	}
	for _, key := range r.Added {
		p.say("added %s: %s for %s", key.Path, key.Name, key.Provider)
	}
	tell(p, r.Steps(named(out)))
	return nil
}

// mayPrint refuses to print a key on a terminal that nobody asked for.
func (f *encryptionFlags) mayPrint(p *Process) error {
	if f.out == "" && isTerminal(p.Stdout) {
		return &hintError{errors.New("a key is not printed on a terminal"), "--out FILE writes it to a file, --out - prints it all the same"}
	}
	return nil
}

func (f *encryptionFlags) write(p *Process, src []byte, out string, force bool) error {
	return writeDocument(p, out, keyFileMode, force, func(w *bufio.Writer) error {
		_, err := w.Write(src)
		return err
	})
}

// named is how the steps call the file.
func named(out string) string {
	if out == "" || out == "-" {
		return "the file"
	}
	return out
}

// tell writes numbered steps to standard error.
func tell(p *Process, steps []string) {
	p.say("next steps:")
	for i, step := range steps {
		p.say("%2d. %s", i+1, step)
	}
}
