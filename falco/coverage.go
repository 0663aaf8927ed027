package falco

import (
	"slices"
	"strings"
)

// Status is how well a technique is covered.
type Status string

// The statuses.
const (
	Covered Status = "covered" // the condition of an enabled rule looks for it
	Claimed Status = "claimed" // only the name or the tags of an enabled rule say so
	Missing Status = "missing" // no enabled rule does
)

// technique is something that attackers do and that rules should see.
type technique struct {
	ID    string // runtime-rules-shell-execution, the control that asks for it
	Title string
	names []string // of rules of github.com/falcosecurity/rules that are about it
	tags  []string // of techniques and tactics of MITRE ATT&CK
	// looks returns why a condition looks for it, "" if it does not.
	looks func(s *sought, has func(events ...string) string) string
}

// TechniqueCoverage is what the enabled rules do about a technique.
type TechniqueCoverage struct {
	ID     string     `json:"id"`
	Title  string     `json:"title"`
	Status Status     `json:"status"`
	Rules  []Evidence `json:"rules"` // the best reasons first
	// Disabled are rules that would look for it if they were enabled.
	Disabled []string `json:"disabled,omitempty"`
}

// Evidence is a rule and why it is taken to look for a technique.
type Evidence struct {
	Rule string `json:"rule"`
	// Kind is what says so: condition, name or tag.
	Kind  string `json:"kind"`
	Why   string `json:"why"`
	Place Place  `json:"place"`
}

var evidenceOrder = []string{"condition", "name", "tag"}

// all joins reasons that only count together, "" if one is missing.
func all(parts ...string) string {
	if slices.Contains(parts, "") {
		return ""
	}
	return strings.Join(parts, ", ")
}

// first is the first reason that there is.
func first(parts ...string) string {
	for _, p := range parts {
		if p != "" {
			return p
		}
	}
	return ""
}

var techniques = []technique{
	{
		ID: "runtime-rules-shell-execution", Title: "shells and interactive sessions in containers",
		names: []string{"Terminal shell in container", "Run shell untrusted", "Attach/Exec Pod", "System user interactive"}, tags: []string{"T1059"},
		looks: func(s *sought, has func(...string) string) string {
			return first(all(has("execve", "execveat"), s[shellProcess]), s[execIntoPod])
		},
	},
	{
		ID: "runtime-rules-reverse-shell", Title: "reverse shells and remote code tools",
		names: []string{
			"Redirect STDOUT/STDIN to Network Connection in Container", "Netcat Remote Code Execution in Container",
			"Reverse shell", "Launch Suspicious Network Tool in Container", "Launch Suspicious Network Tool on Host",
		},
		looks: func(s *sought, has func(...string) string) string {
			return first(all(has("dup", "dup2", "dup3"), s[standardStream]), all(has("execve", "execveat"), first(s[remoteShellTool], s[remoteShellArgs])))
		},
	},
	{
		ID: "runtime-rules-credential-access", Title: "reads of sensitive files, keys, tokens and cloud credentials",
		names: []string{
			"Read sensitive file untrusted", "Read sensitive file trusted after startup", "Search Private Keys or Passwords", "Find AWS Credentials",
			"Read ssh information", "Read environment variable from /proc files", "Directory traversal monitored file read", "Find GCP Credentials",
			"Find Azure Credentials",
		},
		tags: []string{"mitre_credential_access", "T1552", "T1555", "T1003"},
		looks: func(s *sought, has func(...string) string) string {
			return all(has("open", "openat", "openat2", "open_by_handle_at", "execve", "execveat"), s[credentialFile])
		},
	},
	{
		ID: "runtime-rules-api-access", Title: "API-server access and kubectl use from containers",
		names: []string{"Contact K8S API Server From Container", "The docker client is executed in a container", "Kubernetes Client Tool Launched in Container"},
		looks: func(s *sought, has func(...string) string) string {
			return first(all(has("connect", "sendto", "sendmsg"), s[apiServer]), all(has("execve", "execveat"), s[kubeClient]))
		},
	},
	{
		ID: "runtime-rules-container-escape", Title: "escapes: release_agent, debugfs, mount, nsenter, modules, BPF, userfaultfd",
		names: []string{
			"Detect release_agent File Container Escapes", "Debugfs Launched in Privileged Container", "Mount Launched in Privileged Container",
			"Change thread namespace", "Linux Kernel Module Injection Detected", "BPF Program Not Profiled", "Unprivileged Delegation of Page Faults Handling to a Userspace Process",
			"PTRACE attached to process", "Change namespace privileges via unshare", "Modify Container Entrypoint",
		},
		tags: []string{"T1611"},
		looks: func(s *sought, has func(...string) string) string {
			return first(
				has("init_module", "finit_module", "bpf", "userfaultfd", "setns", "unshare", "mount", "pivot_root", "open_by_handle_at"),
				all(has("open", "openat", "openat2", "rename", "renameat", "renameat2", "execve", "execveat", "symlink", "symlinkat"), s[escapeFile]),
				all(has("execve", "execveat"), s[escapeTool]))
		},
	},
	{
		ID: "runtime-rules-drift", Title: "new or changed binaries in running containers",
		names: []string{
			"Drop and execute new binary in container", "Container Drift Detected (chmod)", "Container Drift Detected (open+create)",
			"Fileless execution via memfd_create", "Write below binary dir", "Modify binary dirs",
		},
		looks: func(s *sought, has func(...string) string) string {
			return first(s[upperLayerExe], s[memoryExe], s[executableCreated],
				all(has("chmod", "fchmod", "fchmodat"), s[executableBit]),
				all(has("open", "openat", "openat2", "rename", "renameat", "renameat2"), s[openedForWriting], s[binaryDirectory]))
		},
	},
	{
		ID: "runtime-rules-persistence", Title: "persistence and privilege abuse on hosts and in containers",
		names: []string{
			"Schedule Cron Jobs", "Modify Shell Configuration File", "Adding ssh keys to authorized_keys", "Sudo Potential Privilege Escalation",
			"Non sudo setuid", "Set Setuid or Setgid bit", "Write below etc", "Write below root", "User mgmt binaries", "Update Package Repository",
			"Potential Local Privilege Escalation via Environment Variables Misuse", "Backdoored library loaded into SSHD (CVE-2024-3094)",
			"Polkit Local Privilege Escalation Vulnerability (CVE-2021-4034)",
		},
		tags: []string{"mitre_persistence", "mitre_privilege_escalation", "T1053", "T1098", "T1543", "T1548"},
		looks: func(s *sought, has func(...string) string) string {
			return first(
				all(has("open", "openat", "openat2", "rename", "renameat", "renameat2", "creat"), s[openedForWriting], s[persistenceFile]),
				all(has("chmod", "fchmod", "fchmodat"), s[setuidBit]), has("setuid"),
				all(has("execve", "execveat"), s[persistenceTool]))
		},
	},
	{
		ID: "runtime-rules-defense-evasion", Title: "log and history tampering and mass deletion",
		names: []string{"Clear Log Activities", "Remove Bulk Data from Disk", "Delete or rename shell history", "Delete Bash History"},
		tags:  []string{"T1070", "T1485"},
		looks: func(s *sought, has func(...string) string) string {
			lost := first(s[truncated], has("unlink", "unlinkat", "rename", "renameat", "renameat2", "truncate", "ftruncate"))
			return first(all(lost, first(s[logFile], s[historyFile])), all(has("execve", "execveat"), s[wipeTool]))
		},
	},
	{
		ID: "runtime-rules-network-anomaly", Title: "unexpected network use, packet sockets, exfiltration",
		names: []string{
			"Packet socket created in container", "Unexpected outbound connection destination", "Unexpected inbound connection source",
			"Outbound Connection to C2 Servers", "System procs network activity", "Network Connection outside Local Subnet", "Unexpected UDP Traffic",
			"Program run with disallowed http proxy env", "Launch Remote File Copy Tools in Container", "Disallowed SSH Connection",
			"Disallowed SSH Connection Non Standard Port", "Contact cloud metadata service from container", "Contact EC2 Instance Metadata Service From Container",
			"Launch Ingress Remote File Copy Tools in Container", "Network connection outside local subnet", "Exfiltrating Artifacts via Kernel",
		},
		tags: []string{"mitre_command_and_control", "mitre_exfiltration", "mitre_lateral_movement", "T1041", "T1048", "T1071", "T1571"},
		looks: func(s *sought, has func(...string) string) string {
			if s[apiServer] != "" || s[minerName] != "" {
				return ""
			}
			return first(s[packetSocket],
				all(has("connect", "sendto", "sendmsg", "accept", "accept4", "recvfrom", "recvmsg", "bind", "listen"), s[networkAddress]),
				all(has("execve", "execveat"), s[copyTool]))
		},
	},
	{
		ID: "runtime-rules-cryptomining", Title: "crypto miners",
		names: []string{"Detect crypto miners using the Stratum protocol", "Detect outbound connections to common miner pool ports"}, tags: []string{"T1496"},
		looks: func(s *sought, _ func(...string) string) string { return s[minerName] },
	},
}

// Coverage says of each technique whether an enabled rule looks for it, which one, and why.
func (r *Result) Coverage() []TechniqueCoverage {
	k := &seeker{known: map[soughtKey]*sought{}}
	w := &eventWalk{known: map[eventKey]EventTypes{}}
	for _, m := range r.Macros {
		k.macro(m, false, &sought{})
		k.macro(m, true, &sought{})
		w.macro(m, false)
		w.macro(m, true)
	}
	answer := make([]TechniqueCoverage, len(techniques))
	for i := range techniques {
		answer[i] = TechniqueCoverage{ID: techniques[i].ID, Title: techniques[i].Title, Rules: []Evidence{}}
	}
	for _, rule := range r.Rules {
		if !rule.Loaded {
			continue
		}
		types := EventTypes{AllBut: true}
		if rule.Source == SyscallSource {
			types = w.expr(rule.Expr, false)
		}
		if !types.AllBut && len(types.Names) == 0 {
			continue // it can never be true
		}
		has := func(events ...string) string {
			if types.AllBut {
				return ""
			}
			for _, e := range events {
				if types.Has(e) {
					return "evt.type " + e
				}
			}
			return ""
		}
		var s sought
		k.expr(rule.Expr, false, &s)
		for i := range techniques {
			e, ok := techniques[i].evidence(rule, &s, has)
			switch {
			case ok && rule.Enabled:
				answer[i].Rules = append(answer[i].Rules, e)
			case ok && e.Kind != "tag":
				answer[i].Disabled = append(answer[i].Disabled, rule.Name)
			}
		}
	}
	for i := range answer {
		a := &answer[i]
		slices.SortStableFunc(a.Rules, func(x, y Evidence) int {
			return slices.Index(evidenceOrder, x.Kind) - slices.Index(evidenceOrder, y.Kind)
		})
		switch {
		case len(a.Rules) == 0:
			a.Status = Missing
		case a.Rules[0].Kind == "condition":
			a.Status = Covered
		default:
			a.Status = Claimed
		}
	}
	return answer
}

// evidence says why a rule looks for a technique.
func (t *technique) evidence(r *Rule, s *sought, has func(...string) string) (Evidence, bool) {
	e := Evidence{Rule: r.Name, Place: r.Place}
	if e.Why = t.looks(s, has); e.Why != "" {
		e.Kind = "condition"
		return e, true
	}
	for _, name := range t.names {
		if strings.EqualFold(name, r.Name) {
			e.Kind, e.Why = "name", "Falco's own rule of this name is about it"
			return e, true
		}
	}
	for _, tag := range t.tags {
		for _, have := range r.Tags {
			if have == tag || strings.HasPrefix(have, tag+".") {
				e.Kind, e.Why = "tag", "tag "+have
				return e, true
			}
		}
	}
	return Evidence{}, false
}
