package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
)

func newGenerate(p *Process) *cobra.Command {
	return group("generate", "Write whole documents: least roles, network and audit policies, mesh settings, encryption at rest, image policies, external secrets, a reader of nodes",
		newGenerateRole(p), newGenerateNetworkPolicies(p), newGeneratePeerAuthentication(p), newGenerateAuditPolicy(p), newGenerateEncryptionConfig(p),
		newGenerateImagePolicy(p), newGenerateExternalSecret(p), newGenerateNodeReader(p))
}

// writeDocument writes what was generated to standard output, or to a file that a reader never sees half of. A file that is there already
// is replaced with force only.
func writeDocument(p *Process, path string, mode os.FileMode, force bool, write func(w *bufio.Writer) error) error {
	if path == "" || path == "-" {
		w := bufio.NewWriter(p.Stdout)
		if err := errors.Join(write(w), w.Flush()); err != nil {
			return fmt.Errorf("write document: %w", err)
		}
		return nil
	}
	if err := free(path, force); err != nil {
		return err
	}
	out, err := createOutput(path)
	if err != nil {
		return err
	}
	out.mode = mode
	if err := write(out.buf); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), out.discard())
	}
	if err := out.commit(); err != nil {
		return err
	}
	p.say("wrote %s", path)
	return nil
}

// free refuses to replace a file without force.
func free(path string, force bool) error {
	if info, err := os.Lstat(path); path != "" && err == nil && info.Mode().IsRegular() && !force {
		return &hintError{fmt.Errorf("write %s: it is there already", path), "--force replaces it"}
	}
	return nil
}

// openInput opens a file, or standard input for "-".
func openInput(p *Process, path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(p.Stdin), nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, bareCause(err))
	}
	return file, nil
}

// bareCause is an error of the os package without "open x:", which would say the path twice.
func bareCause(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}
