package cli

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// save writes a file that has changed. Of a kustomization nothing more is written once one of its files could not be: its kustomization file comes
// last, and names only patches that are there.
func (r *fixRun) save(m *mended) error {
	if m.folder == nil {
		return rewrite(m)
	}
	if r.unfinished[m.folder] {
		return fmt.Errorf("write %s: another file of the kustomization could not be written", m.path)
	}
	err := rewriteInside(m)
	r.unfinished[m.folder] = err != nil
	return err
}

// rewrite writes a file beside its place and moves it there, if it is still what was read.
func rewrite(m *mended) error {
	now, err := os.ReadFile(m.path)
	if err != nil {
		return fmt.Errorf("write %s: %w", m.path, bareCause(err))
	}
	if !bytes.Equal(now, m.before) {
		return changedMeanwhile(m)
	}
	out, err := createOutput(m.path)
	if err != nil {
		return err
	}
	out.buf.Write(m.after)
	return out.commit()
}

func changedMeanwhile(m *mended) error {
	return fmt.Errorf("write %s: it has changed since it was read, and was left as it is", m.path)
}

// rewriteInside does the same and never leaves the folder, whatever links are in it.
func rewriteInside(m *mended) error {
	mode := os.FileMode(0o644)
	info, err := m.folder.Lstat(m.inside)
	switch {
	case errors.Is(err, fs.ErrNotExist) && m.created:
		if err := m.folder.MkdirAll(path.Dir(m.inside), 0o755); err != nil {
			return fmt.Errorf("write %s: %w", m.path, bareCause(err))
		}
	case err != nil:
		return fmt.Errorf("write %s: %w", m.path, bareCause(err))
	case !info.Mode().IsRegular():
		return fmt.Errorf("write %s: it is no regular file", m.path)
	default:
		mode = info.Mode().Perm()
		now, err := m.folder.ReadFile(m.inside)
		if err != nil {
			return fmt.Errorf("write %s: %w", m.path, bareCause(err))
		}
		if m.created || !bytes.Equal(now, m.before) {
			return changedMeanwhile(m)
		}
	}
	temp := path.Join(path.Dir(m.inside), "."+rand.Text())
	if err := writeTemp(m.folder, temp, m.after, mode); err != nil {
		return fmt.Errorf("write %s: %w", m.path, errors.Join(bareCause(err), m.folder.Remove(temp)))
	}
	if err := m.folder.Rename(temp, m.inside); err != nil {
		return fmt.Errorf("write %s: %w", m.path, errors.Join(err, m.folder.Remove(temp)))
	}
	return nil
}

func writeTemp(folder *os.Root, name string, data []byte, mode os.FileMode) error {
	file, err := folder.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Chmod(mode)
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
