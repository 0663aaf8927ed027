package control

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// NodeFiles is a requirement on the files of a node that have a role: how far their mode may go, and who owns them. What could not be looked at
// is unknown. It judges NodeFacts.
type NodeFiles struct {
	Roles []string
	// Component is whose files are meant, "" for all.
	Component string
	// Types are those that are meant: file, directory, socket; none for all.
	Types []string
	// Mode is the most that the permissions may be; 0 asks nothing.
	Mode uint32
	// Root asks for root:root. The account of a component that runs as somebody else may own what it reads.
	Root bool
}

// meant reports whether a file is one of those.
func (r *NodeFiles) meant(file tree.Node) bool {
	if r.Component != "" && !file.Get("component").StrIs(r.Component) || len(r.Types) > 0 && !slices.Contains(r.Types, file.Get("type").Text()) {
		return false
	}
	for _, role := range file.Get("roles").Items() {
		if slices.Contains(r.Roles, role.Text()) {
			return true
		}
	}
	return false
}

// hidden calls fail for what keeps the files from being known.
func (r *NodeFiles) hidden(at tree.Node, fail FailFunc) bool {
	spec := at.Get("spec")
	if spec.Get("files").Kind() != tree.Sequence {
		return fail(Violation{At: spec, Missing: []string{"files"}, Problem: "is missing, so nothing is known of files", Unknown: true})
	}
	return NodeUnknown(at, r.Roles, fail)
}

func (r *NodeFiles) check(at tree.Node, fail FailFunc) {
	for _, file := range at.Get("spec").Get("files").Items() {
		if !r.meant(file) {
			continue
		}
		if v, bad := r.mode(file); bad && !fail(v) {
			return
		}
		if v, bad := r.owner(at, file); bad && !fail(v) {
			return
		}
	}
	r.hidden(at, fail)
}

func (r *NodeFiles) mode(file tree.Node) (Violation, bool) {
	if r.Mode == 0 {
		return Violation{}, false
	}
	name := file.Get("path").Text()
	mode, err := strconv.ParseUint(file.Get("mode").Text(), 8, 16)
	if err != nil {
		v := Violation{At: file, Missing: []string{"mode"}, Problem: "of " + name + " is not known", Unknown: true}
		if m := file.Get("mode"); m.Exists() {
			v.At, v.Missing = m, nil
		}
		return v, true
	}
	more := uint32(mode) &^ r.Mode & 0o777
	if more == 0 {
		return Violation{}, false
	}
	problem := fmt.Sprintf("is %04o, so %s may %s %s: chmod %o %s", mode, whoMay(more), whatMay(more), name, uint32(mode)&r.Mode, quoteArgument(name))
	return Violation{At: file.Get("mode"), Problem: problem}, true
}

// whoMay names those who have permissions.
func whoMay(bits uint32) string {
	switch {
	case bits&0o007 != 0:
		return "everybody on the node"
	case bits&0o070 != 0:
		return "its group"
	default:
		return "its owner"
	}
}

func whatMay(bits uint32) string {
	if all := bits | bits>>3 | bits>>6; all&0o2 != 0 {
		return "write"
	} else if all&0o4 != 0 {
		return "read"
	}
	return "execute or enter"
}

// quoteArgument writes a path as an argument for a shell.
func quoteArgument(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%=") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func (r *NodeFiles) owner(at, file tree.Node) (Violation, bool) {
	if !r.Root {
		return Violation{}, false
	}
	uid, known := file.Get("uid").Int()
	gid, knownGroup := file.Get("gid").Int()
	name := file.Get("path").Text()
	if !known || !knownGroup {
		return Violation{At: file, Missing: []string{"uid"}, Problem: "or gid of " + name + " is not known", Unknown: true}, true
	}
	owner, group := file.Get("owner").Text(), file.Get("group").Text()
	account := uid != 0 && runsAs(at, uid)
	if (uid == 0 || account) && (gid == 0 || account && group == owner) {
		return Violation{}, false
	}
	where, who := file.Get("owner"), owner
	if uid == 0 || account {
		where, who = file.Get("group"), group
	}
	problem := fmt.Sprintf("is %s, so %s belongs to %s:%s and not to root: chown root:root %s", who, name, owner, group, quoteArgument(name))
	return Violation{At: where, Problem: problem}, true
}

// runsAs reports whether a component of the control plane runs as a user.
func runsAs(at tree.Node, uid int64) bool {
	for _, p := range at.Get("spec").Get("processes").Items() {
		switch p.Get("component").Text() {
		case "kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd":
			if id, ok := p.Get("uid").Int(); ok && id == uid {
				return true
			}
		}
	}
	return false
}

// Holds implements Rule.
func (r *NodeFiles) Holds(_ *Subject, at tree.Node) bool {
	holds := true
	r.check(at, func(Violation) bool {
		holds = false
		return false
	})
	return holds
}

// Explain implements Rule.
func (r *NodeFiles) Explain(_ *Subject, at tree.Node, out []Violation) []Violation {
	r.check(at, func(v Violation) bool {
		out = append(out, v)
		return true
	})
	return out
}

// Edits implements Rule: facts are no configuration.
func (r *NodeFiles) Edits(_ *Subject, _ tree.Node, out []Edit) []Edit {
	return out
}

// CEL implements Rule.
func (r *NodeFiles) CEL(CEL) string { return "" }

// Describe implements Rule.
func (r *NodeFiles) Describe() string {
	var parts []string
	if r.Mode != 0 {
		parts = append(parts, fmt.Sprintf("mode %04o or less", r.Mode))
	}
	if r.Root {
		parts = append(parts, "root as owner and group")
	}
	text := strings.Join(r.Roles, ", ")
	if r.Component != "" {
		text += " of " + r.Component
	}
	return "files of a node that are " + text + " must have " + strings.Join(parts, ", and ")
}

// Breaks implements Rule.
func (r *NodeFiles) Breaks(out []Change) []Change {
	broken := func(name string, change map[string]any) {
		file := map[string]any{
			"path": "/example", "roles": []any{r.Roles[0]}, "component": r.Component, "type": "file",
			"owner": "root", "group": "root", "uid": 0, "gid": 0, "mode": fmt.Sprintf("%04o", max(r.Mode, 0o600)),
		}
		if len(r.Types) > 0 {
			file["type"] = r.Types[0]
		}
		maps.Copy(file, change)
		out = append(out, Change{Path: "spec.files", Name: name, Value: []any{file}})
	}
	if r.Mode != 0 {
		broken("everybody may write", map[string]any{"mode": "0777"})
		broken("everybody may read", map[string]any{"mode": fmt.Sprintf("%04o", r.Mode|0o006)})
		if r.Mode&0o020 == 0 {
			broken("the group may write", map[string]any{"mode": fmt.Sprintf("%04o", r.Mode|0o020)})
		}
	}
	if r.Root {
		broken("another owner", map[string]any{"owner": "kube", "uid": 1000})
		broken("another group", map[string]any{"group": "docker", "gid": 998})
	}
	return out
}

// NodeLacks is for Unless: it holds for a node that has no files of some roles, and of a component if that is not "", if all could be looked at.
func NodeLacks(component string, roles ...string) Rule {
	r := &NodeFiles{Roles: roles, Component: component}
	return &Func{
		Text: "the node has no such file",
		Check: func(_ *Subject, at tree.Node, fail FailFunc) {
			for _, file := range at.Get("spec").Get("files").Items() {
				if r.meant(file) {
					fail(Violation{At: file, Problem: "is such a file"})
					return
				}
			}
			r.hidden(at, fail)
		},
	}
}

// NodeUnknown calls fail for the problems of the facts of a node that affect one of some parts, and reports whether to go on. What they leave
// unknown is neither right nor wrong.
func NodeUnknown(at tree.Node, parts []string, fail FailFunc) bool {
	for _, p := range at.Get("spec").Get("problems").Items() {
		for _, part := range p.Get("affects").Items() {
			if !slices.Contains(parts, part.Text()) {
				continue
			}
			problem := fmt.Sprintf("could not be looked at: %s: %s", p.Get("path").Text(), p.Get("reason").Text())
			if !fail(Violation{At: p, Problem: problem, Unknown: true}) {
				return false
			}
			break
		}
	}
	return true
}
