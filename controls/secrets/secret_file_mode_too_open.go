package secrets

import (
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// SecretFileModeTooOpen: a mounted Secret is for one user, or for one group.
var SecretFileModeTooOpen = control.Control{
	ID: "secret-file-mode-too-open", Section: "env-vars", Layer: control.Secrets, Severity: control.Low, Since: "0.1",
	Title:  "Mount Secret files 0400/0440, read-only",
	Scope:  control.PodSpecs,
	Unless: onWindows,
	Require: control.Each("volumes", map[string]any{"name": "tmp", "emptyDir": map[string]any{}}, &control.Func{
		Check: checkModes, Expr: modesCEL, Fix: fixModes,
		Text: "files of a Secret must have a mode of 0440 or stricter",
	}),
	Fix:    control.Auto,
	Risk:   "A program that runs as another user than the owner reads the files only through the group in securityContext.fsGroup.",
	Remedy: "Set defaultMode: 0440 and securityContext.fsGroup to the group of the program, or 0400 if it runs as root.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.007", "T1552"},
		Source: []string{secretDocs, "https://kubernetes.io/docs/tasks/inject-data-application/distribute-credentials-secure/"},
	},
	Why: `Without a mode the files of a Secret are readable for every user in the container (0644), also for one that a break-in into a side process gave to somebody. Tools
such as ssh refuse keys like that. With fsGroup the kubelet gives the files to the group, so 0440 works for programs that are not root.`,
	Bad: []control.Change{
		{Path: "volumes", Name: "default", Value: []any{map[string]any{"name": "s", "secret": map[string]any{"secretName": "s"}}}},
		{Path: "volumes", Name: "0644", Value: []any{map[string]any{"name": "s", "secret": map[string]any{"secretName": "s", "defaultMode": 0o644}}}},
		{Path: "volumes", Name: "of an item", Value: []any{map[string]any{"name": "s", "secret": map[string]any{"secretName": "s", "defaultMode": 0o400, "items": []any{map[string]any{"key": "k", "path": "k", "mode": 0o444}}}}}},
		{Path: "volumes", Name: "projected", Value: []any{map[string]any{"name": "s", "projected": map[string]any{"sources": []any{map[string]any{"secret": map[string]any{"name": "s"}}}}}}},
	},
	Good: []control.Change{
		{Path: "volumes", Name: "0440", Value: []any{map[string]any{"name": "s", "secret": map[string]any{"secretName": "s", "defaultMode": 0o440}}}},
		{Path: "volumes", Name: "every item has its own", Value: []any{map[string]any{"name": "s", "secret": map[string]any{"secretName": "s", "items": []any{map[string]any{"key": "k", "path": "k", "mode": 0o400}}}}}},
		{Path: "volumes", Name: "projected token", Value: []any{map[string]any{"name": "s", "projected": map[string]any{"sources": []any{map[string]any{"serviceAccountToken": map[string]any{"path": "t"}}}}}}},
	},
}

var (
	secretVolume  = control.NewField("secret")
	projected     = control.NewField("projected")
	defaultMode   = control.NewField("defaultMode")
	itemMode      = control.NewField("mode")
	fsGroup       = control.NewField("securityContext.fsGroup")
	onWindows     = control.OnPod(control.Is("os.name", "windows"))
	strictestMode = int64(0o440)
)

// tooOpen reports whether others may read a file, or the group do more than that.
func tooOpen(mode int64) bool { return mode&0o037 != 0 }

// openModes calls found with every mode of a Secret's files that is too open: the field's place below a node, and whether it is there.
func openModes(volume tree.Node, found func(at tree.Node, field *control.Field, given bool) bool) {
	judge := func(source, items tree.Node) bool {
		own := items.Len() > 0
		for _, item := range items.Items() {
			mode, given := itemMode.Find(item).Int()
			own = own && given
			if given && tooOpen(mode) && !found(item, &itemMode, true) {
				return false
			}
		}
		mode, given := defaultMode.Find(source).Int()
		return own || given && !tooOpen(mode) || found(source, &defaultMode, given)
	}
	if source := secretVolume.Find(volume); source.Exists() {
		judge(source, source.Get("items"))
	}
	if source := projected.Find(volume); source.Exists() {
		for _, part := range source.Get("sources").Items() {
			if s := secretVolume.Find(part); s.Exists() && !judge(source, s.Get("items")) {
				return
			}
		}
	}
}

func checkModes(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	openModes(at, func(at tree.Node, field *control.Field, given bool) bool {
		if n := field.Find(at); n.Type() == tree.String {
			return fail(control.Violation{At: n, Problem: "is the text " + strconv.Quote(control.Show(n)) + ", not a number"})
		}
		if !given {
			return fail(field.Violation(at, "is missing, which means 0644"))
		}
		mode, _ := field.Find(at).Int()
		return fail(field.Violation(at, "is 0"+strconv.FormatInt(mode, 8)+", which lets others read"))
	})
}

// fixModes needs a group that the kubelet can give the files to; without one a program that is not root could not read them any more.
func fixModes(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	if !fsGroup.Find(s.Pod.Spec).Exists() {
		return out
	}
	openModes(at, func(at tree.Node, field *control.Field, _ bool) bool {
		out = append(out, field.Set(at, strictestMode))
		return true
	})
	return out
}

func modesCEL(c control.CEL) string {
	open := func(mode string) string { return mode + " % 32 != 0" }
	judged := func(source, items string) string {
		return "(" + items + ".exists(i, i.?mode.hasValue() && " + open("i.mode") + ") || " +
			"!(" + items + ".size() > 0 && " + items + ".all(i, i.?mode.hasValue())) && " + open(source+".?defaultMode.orValue(420)") + ")"
	}
	return "!(" + c.At + ".?secret.hasValue() && " + judged(c.At+".?secret", c.At+".?secret.?items.orValue([])") + " || " +
		c.At + ".?projected.?sources.orValue([]).exists(p, p.?secret.hasValue() && " + judged(c.At+".?projected", "p.?secret.?items.orValue([])") + "))"
}
