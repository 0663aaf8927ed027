package cli

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubeharden/kubeharden/config"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/waiver"
)

// judging is the flags that decide what is judged and how.
type judging struct {
	selection
	flags      *pflag.FlagSet
	severity   string
	kubernetes string
	params     []string
	config     string
	exceptions []string
	noConfig   bool
	noFold     bool
	noIgnore   bool
	noRender   bool
	strict     bool
	jobs       int

	charts      chartFlags
	allowRemote bool
}

func (f *judging) register(flags *pflag.FlagSet) {
	f.flags = flags
	f.selection.register(flags)
	flags.StringVar(&f.severity, "severity", "info", "tell only findings from this `severity` on")
	flags.StringVar(&f.kubernetes, "kubernetes-version", control.LatestMinor.String(), "judge for this Kubernetes `version`")
	flags.StringArrayVar(&f.params, "param", nil, "set a parameter of a control: `CONTROL.NAME=VALUE`; may be repeated")
	flags.BoolVar(&f.noFold, "no-fold", false, "tell findings too that a stronger one on the same subject implies")
	flags.BoolVar(&f.strict, "strict", false, "waivers in manifests do not count")
	flags.StringArrayVar(&f.exceptions, "exceptions", nil, "accept what this `file` of kubescape exceptions accepts; may be repeated")
	flags.StringVar(&f.config, "config", "", "use this configuration `file` (default: "+config.Name+" in the target's folder or above)")
	flags.BoolVar(&f.noConfig, "no-config", false, "use no configuration file")
	flags.BoolVar(&f.noIgnore, "no-ignore", false, "scan what .gitignore and .kubehardenignore leave out")
	flags.BoolVar(&f.noRender, "no-render", false, "judge the files of charts and kustomizations as they are, not rendered")
	f.charts.register(flags)
	flags.BoolVar(&f.allowRemote, "allow-remote", false, "let kustomizations fetch remote bases")
	flags.IntVarP(&f.jobs, "jobs", "j", 0, "workers; 0 is one per processor")
}

// settings are what the flags and the configuration come to. Where both speak, the flag counts.
type settings struct {
	// live is the running cluster that is judged; nil if files are.
	live *live

	run    report.Run
	engine engine.Options
	config *config.Config
	// baseline is the path of the one that the configuration names.
	baseline string
	// failOn is nil if the configuration does not say.
	failOn     *control.Severity
	failOnNone bool
}

// settle reads the configuration and checks every flag, before the first manifest is read.
func (f *judging) settle(p *Process, paths []string) (*settings, error) {
	if f.jobs < 0 || f.jobs > maxJobs {
		return nil, fmt.Errorf("--jobs %d is not from 0 to %d", f.jobs, maxJobs)
	}
	known := knownNames()
	cfg, err := f.loadConfig(known, paths)
	if err != nil {
		return nil, err
	}
	s := &settings{config: cfg, failOn: cfg.FailOn, failOnNone: cfg.FailOnNone, baseline: cfg.Baseline}
	if s.engine.Controls, err = f.chosen(cfg); err != nil {
		return nil, err
	}
	if s.engine.Params, err = f.mergedParams(cfg); err != nil {
		return nil, err
	}
	if s.engine.Version, err = parseKubernetesVersion(f.kubernetes); err != nil {
		return nil, err
	}
	warnOfNewer(p, s.engine.Version)
	if cfg.KubernetesVersion != 0 && !f.flags.Changed("kubernetes-version") {
		s.engine.Version = cfg.KubernetesVersion
	}
	if s.engine.MinSeverity, err = parseSeverity("severity", f.severity); err != nil {
		return nil, err
	}
	if cfg.Severity != nil && !f.flags.Changed("severity") {
		s.engine.MinSeverity = *cfg.Severity
	}
	s.engine.Severities = map[string]control.Severity{}
	for id, c := range cfg.Controls {
		if c.Severity != nil {
			s.engine.Severities[id] = *c.Severity
		}
	}
	s.engine.NoFold, s.engine.Jobs = f.noFold, f.jobs
	now, err := clock(p)
	if err != nil {
		return nil, err
	}
	s.engine.Now = now
	if s.engine.Waivers, err = f.waivers(p, known, cfg, paths, now); err != nil {
		return nil, err
	}
	s.run = report.Run{
		Version: buildVersion(), Controls: s.engine.Controls, KubernetesVersion: s.engine.Version,
		Time: now.UTC().Format(time.RFC3339), Framework: f.framework,
	}
	return s, nil
}

// warnOfNewer says that a release is newer than the program: what has changed in it, nobody here knows.
func warnOfNewer(p *Process, minor control.Minor) {
	if minor > control.LatestMinor {
		p.say("warning: Kubernetes %s is newer than what this version knows (%s)", minor, control.LatestMinor)
	}
}

// clock returns the time of the run. SOURCE_DATE_EPOCH sets it, so that the same input can give the same bytes in formats that
// want a time: https://reproducible-builds.org/specs/source-date-epoch/
func clock(p *Process) (time.Time, error) {
	epoch := p.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		return p.Now(), nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH %q is not a number of seconds", epoch)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

func knownNames() *config.Known {
	return &config.Known{
		Known:    waiver.Known{Controls: controls.All(), Find: controls.Find, Nearest: nearest},
		Profiles: control.Profiles(), Frameworks: control.Frameworks(),
	}
}

// loadConfig returns the configuration for the first of the paths; an empty one if there is none.
func (f *judging) loadConfig(known *config.Known, paths []string) (*config.Config, error) {
	path := f.config
	if path != "" && f.noConfig {
		return nil, errors.New("--config and --no-config exclude each other")
	}
	if f.noConfig {
		return &config.Config{}, nil
	}
	if path == "" {
		found, ok, err := config.Find(targetFolder(paths))
		if err != nil {
			return nil, err
		}
		if !ok {
			return &config.Config{}, nil
		}
		path = found
	}
	return config.Load(path, known)
}

// targetFolder is where the search for files beside the manifests begins.
func targetFolder(paths []string) string {
	if paths[0] == "-" {
		return "."
	}
	if info, err := os.Stat(paths[0]); err == nil && !info.IsDir() {
		return filepath.Dir(paths[0])
	}
	return paths[0]
}

// chosen returns the controls of the run. A control that the configuration turns off stays on if a flag names it.
func (f *judging) chosen(cfg *config.Config) ([]*control.Control, error) {
	merged := f.selection
	merged.profiles = append(slices.Clone(f.profiles), cfg.Profiles...)
	if merged.framework == "" && len(cfg.Frameworks) > 0 {
		merged.framework, merged.more = cfg.Frameworks[0], cfg.Frameworks[1:]
	}
	merged.enabled = func(c *control.Control) *bool { return cfg.Controls[c.ID].Enabled }
	f.framework = merged.framework
	return merged.controls()
}

func (f *judging) mergedParams(cfg *config.Config) (map[string]map[string][]string, error) {
	params := cfg.Params()
	for id, settings := range params {
		for name, values := range settings {
			for _, c := range controls.Find(id) {
				if err := checkParam(c, name, values); err != nil {
					return nil, fmt.Errorf("%s: %w", cfg.Path, err)
				}
			}
		}
	}
	given, err := parseParams(f.params)
	if err != nil {
		return nil, err
	}
	for id, settings := range given {
		if params[id] == nil {
			params[id] = settings
			continue
		}
		maps.Copy(params[id], settings)
	}
	return params, nil
}

// maxJobs bounds what is kept ready for workers.
const maxJobs = 1024

// maxExceptions is the largest file of another tool's suppressions that is read.
const maxExceptions = 4 << 20

// waivers collects what accepts findings from outside of the manifests.
func (f *judging) waivers(p *Process, known *config.Known, cfg *config.Config, paths []string, now time.Time) (*waiver.Set, error) {
	all := slices.Clone(cfg.Waivers)
	strict := f.strict || cfg.Strict
	readers := []struct {
		name string
		read func(string, []byte, *waiver.Known) ([]*waiver.Waiver, error)
	}{{".trivyignore", waiver.TrivyIgnore}, {".trivyignore.yaml", waiver.TrivyIgnoreYAML}}
	for _, r := range readers {
		path := filepath.Join(targetFolder(paths), r.name)
		src, err := readSmall(path)
		switch {
		case errors.Is(err, os.ErrNotExist):
			continue
		case err != nil:
			return nil, fmt.Errorf("read %s: %w", path, err)
		case strict:
			p.say("warning: %s does not count: only the configuration can accept findings (strict)", path)
			continue
		}
		// As trivy does, what is wrong in its file is told and the rest counts.
		more, err := r.read(path, src, &known.Known)
		if err != nil {
			p.say("warning: %v", err)
		}
		all = append(all, more...)
	}
	for _, path := range f.exceptions {
		src, err := readSmall(path)
		if err != nil {
			return nil, fmt.Errorf("read exceptions: %w", err)
		}
		if strict {
			return nil, errors.New("--exceptions and --strict exclude each other")
		}
		more, err := waiver.KubescapeExceptions(path, src, &known.Known)
		if err != nil {
			p.say("warning: %v", err)
		}
		all = append(all, more...)
	}
	opts := waiver.Options{Known: known.Known, Now: now, Strict: strict}
	if cfg.Path != "" {
		opts.Rel = cfg.Rel
	}
	return waiver.NewSet(all, &opts), nil
}

func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxExceptions {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxExceptions)
	}
	return os.ReadFile(path)
}

// threshold decides from which severity on a run fails: the flag, else the configuration, else high.
func (s *settings) threshold(flag string, given bool) (err error) {
	switch {
	case !given && s.failOnNone, given && flag == "none":
		s.run.FailOnNone = true
		return nil
	case !given && s.failOn != nil:
		s.run.FailOn = *s.failOn
		return nil
	}
	s.run.FailOn, err = parseSeverity("fail-on", flag)
	return err
}
