package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/fix"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/image/lock"
	"github.com/kubeharden/kubeharden/image/registry"
	"github.com/kubeharden/kubeharden/terminal"
	"github.com/kubeharden/kubeharden/tree"
)

// pinFlags say where the digests of images come from.
type pinFlags struct {
	lock, writeLock string
	ask             bool
	timeout         time.Duration
}

func (f *pinFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.lock, "lock", "", "pin images by the digests in this lock `file`; needs no network")
	flags.BoolVar(&f.ask, "pin", false, "pin images by the digests that their registries give for their tags now")
	flags.StringVar(&f.writeLock, "write-lock", "", "with --pin: put the digests into this lock `file` too; others in it stay")
	flags.DurationVar(&f.timeout, "pin-timeout", registry.DefaultTimeout, "with --pin: wait so long for the digest of one image")
}

func (f *pinFlags) wanted() bool { return f.lock != "" || f.ask }

func (f *fixFlags) settlePins() error {
	p := &f.pins
	switch {
	case !p.ask && p.writeLock != "":
		return &hintError{errors.New("--write-lock writes what registries have answered"), "add --pin"}
	case !p.wanted():
		return nil
	case f.emit != "":
		return &hintError{fmt.Errorf("--emit %s pins no images: what is rendered follows the image of its source", f.emit), "leave --lock and --pin out"}
	case !control.Review.Within(f.most):
		return &hintError{errors.New("a pinned image no longer follows its tag: --lock and --pin are fixes to be looked at"), "add --risk review"}
	case p.timeout <= 0:
		return fmt.Errorf("--pin-timeout %s is no time to wait", p.timeout)
	case f.check && p.writeLock != "":
		return &hintError{errors.New("--check changes nothing, --write-lock does"), "leave one of them out"}
	}
	return nil
}

// mendsByPin reports whether pinning mends the findings of a control. The second one stands for the first where both are found.
func mendsByPin(c *control.Control) bool {
	return c.ID == "image-digest-missing" || c.ID == "image-tag-latest-or-missing"
}

// pins are the digests that are known. Nothing in them changes once files are mended.
type pins struct {
	known lock.File
	// failed are the images that a registry gave no digest for, by lock.Key.
	failed map[string]error
	// missing is why an image that nobody was asked for has no digest.
	missing string
}

// adviseImage is the fix of an image without a digest as far as the manifest tells: it leaves the image as it is, until its digest is known.
func adviseImage(c *control.Control, at tree.Node, out []control.Edit) []control.Edit {
	if n := at.Get("image"); mendsByPin(c) && n.Type() == tree.String {
		out = append(out, control.Edit{Op: control.Set, At: at, Path: []string{"image"}, Value: strings.Clone(n.Text())})
	}
	return out
}

// pinEdit is the edit of a finding that pins an image; nil for others.
func pinEdit(f *control.Finding) *control.DocumentEdit {
	if !mendsByPin(f.Control) || f.Fix == nil || len(f.Fix.Edits) != 1 {
		return nil
	}
	return &f.Fix.Edits[0]
}

// pinned completes the fix of a finding, if it is one that pins an image; reason says why it cannot.
func (p *pins) pinned(f *control.Finding) (reason string) {
	edit := pinEdit(f)
	if edit == nil {
		return ""
	}
	text, _ := edit.Value.(string)
	ref, reason := imageToPin(text)
	if reason != "" {
		return reason
	}
	digest, ok := p.known.Digest(&ref)
	if !ok {
		if err := p.failed[lock.Key(&ref)]; err != nil {
			return text + ": " + err.Error()
		}
		return text + " " + p.missing
	}
	f.Fix = withImage(f.Fix, text+"@"+digest)
	return ""
}

// withImage is a fix that sets another image. It is one of its own: other findings may have the old one.
func withImage(f *control.Fix, text string) *control.Fix {
	fixed := *f
	fixed.Edits = []control.DocumentEdit{{Op: control.Set, Path: f.Edits[0].Path, Value: text}}
	return &fixed
}

// unmoved tells of images that were to be pinned once another fix has moved them, and were not.
func (m *mended) unmoved(moved []control.Finding) {
	for i := range moved {
		f := &moved[i]
		pinned := slices.ContainsFunc(m.outcomes, func(o fix.Outcome) bool {
			return o.Reason == "" && o.Finding.Control == f.Control && o.Finding.Path == f.Path && o.Finding.Ref == f.Ref
		})
		if !pinned {
			m.outcomes = append(m.outcomes, fix.Outcome{Finding: f, Reason: "another fix has to move its image first"})
		}
	}
}

func imageToPin(text string) (ref image.Reference, reason string) {
	const most = 300
	ref, err := image.Parse(text)
	switch {
	case len(text) > most && err != nil:
		return ref, "its image: " + err.Error()
	case errors.Is(err, image.ErrDigest) || err == nil && ref.Digest != "":
		return ref, text + " has a digest that is not valid"
	case err != nil:
		return ref, text + ": " + err.Error()
	}
	return ref, ""
}

// pin finds the digests of all images that are to be pinned, before anything is mended.
func (r *fixRun) pin(ctx context.Context) error {
	f := &r.f.pins
	if !f.wanted() {
		return nil
	}
	if f.ask {
		if err := r.ask(ctx); err != nil {
			return err
		}
	}
	for _, path := range r.order {
		file := r.found[path]
		images := imagesSet(file.fixes)
		var fixes []control.Finding
		for _, finding := range file.fixes {
			moved := ""
			if edit := pinEdit(&finding); edit != nil {
				if moved = images[placeOf(&finding, edit)]; moved != "" {
					finding.Fix = withImage(finding.Fix, moved)
				}
			}
			switch reason := r.pins.pinned(&finding); {
			case reason != "":
				r.leave(file, &finding, reason)
			case moved != "":
				file.moved = append(file.moved, finding) // it is found again under its new name
			default:
				fixes = append(fixes, finding)
			}
		}
		file.fixes = fixes
	}
	return nil
}

// imagePlace is where an image stands in a file.
type imagePlace struct {
	document int
	path     string
}

func placeOf(f *control.Finding, edit *control.DocumentEdit) imagePlace {
	return imagePlace{f.Fix.Document, edit.Path}
}

// imagesSet are the images that other fixes of a file put in the place of those that are there.
func imagesSet(all []control.Finding) map[imagePlace]string {
	set := map[imagePlace]string{}
	for i := range all {
		f := &all[i]
		if f.Fix == nil || pinEdit(f) != nil {
			continue
		}
		for k := range f.Fix.Edits {
			e := &f.Fix.Edits[k]
			if text, ok := e.Value.(string); ok && e.Op == control.Set && strings.HasSuffix(e.Path, ".image") {
				set[placeOf(f, e)] = text
			}
		}
	}
	return set
}

// ask asks registries for the digests that are not known.
func (r *fixRun) ask(ctx context.Context) error {
	var refs []image.Reference
	for _, path := range r.order {
		file := r.found[path]
		images := imagesSet(file.fixes)
		for i := range file.fixes {
			edit := pinEdit(&file.fixes[i])
			if edit == nil {
				continue
			}
			text, _ := edit.Value.(string)
			if other := images[placeOf(&file.fixes[i], edit)]; other != "" {
				text = other
			}
			ref, reason := imageToPin(text)
			if _, known := r.pins.known.Digest(&ref); reason == "" && !known {
				refs = append(refs, ref)
			}
		}
	}
	client := registry.Client{Timeout: r.f.pins.timeout, UserAgent: "kubeharden/" + buildVersion()}
	asked := client.Digests(ctx, refs)
	if err := ctx.Err(); err != nil {
		return err
	}
	r.pins.failed = map[string]error{}
	for i := range refs {
		key := lock.Key(&refs[i])
		if answer := asked[key]; answer.Err != nil {
			r.pins.failed[key] = answer.Err
			r.broken = true
		} else {
			r.pins.known.Set(&refs[i], answer.Digest)
		}
	}
	return r.writeLock(asked)
}

// readLock reads the lock file that digests are taken from.
func (r *fixRun) readLock() error {
	f := &r.f.pins
	r.pins.missing = "was not asked for"
	if f.lock == "" {
		return nil
	}
	file, _, err := lockFile(f.lock)
	if err != nil {
		return err
	}
	r.pins.known, r.pins.missing = *file, "is not in "+f.lock
	return nil
}

func lockFile(path string) (*lock.File, []byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read lock file %s: %w", path, bareCause(err))
	}
	defer file.Close()
	src, err := io.ReadAll(io.LimitReader(file, lock.MaxSize+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read lock file %s: %w", path, bareCause(err))
	}
	parsed, err := lock.Parse(path, src)
	return parsed, src, err
}

// writeLock puts what is known into the lock file that was asked for. What it has and nobody asked about stays.
func (r *fixRun) writeLock(asked map[string]registry.Answer) error {
	path := r.f.pins.writeLock
	if path == "" {
		return nil
	}
	file, before, err := lockFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		file = &lock.File{}
	case err != nil:
		return err
	}
	file.Merge(&r.pins.known)
	after := file.Write()
	if bytes.Equal(before, after) || before != nil && len(asked) == 0 {
		return nil
	}
	out, err := createOutput(path)
	if err != nil {
		return err
	}
	out.buf.Write(after)
	return out.commit()
}

// leave tells that a finding is not fixed.
func (r *fixRun) leave(file *fixable, f *control.Finding, reason string) {
	reason = terminal.Sanitize(reason)
	undone := *f.Fix
	undone.Edits = nil // there is nothing that a person could write there
	f.Fix = &undone
	r.counts.add(f, reason, emitter{})
	if r.f.format == "json" {
		file.lines = append(file.lines, fixLineOf(f, reason))
	}
}

// repinned completes the fixes of findings in a file that was judged again; those that cannot be made have been told before.
func (r *fixRun) repinned(findings []control.Finding) []control.Finding {
	for i := range findings {
		if r.pins.pinned(&findings[i]) != "" {
			findings[i].Fix = nil
		}
	}
	return findings
}
