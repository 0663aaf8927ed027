package falco

import (
	"strings"
	"sync"
)

// signal is something that a condition looks for.
type signal uint8

const (
	shellProcess signal = iota
	execIntoPod
	standardStream
	remoteShellTool
	remoteShellArgs
	credentialFile
	apiServer
	kubeClient
	escapeFile
	escapeTool
	upperLayerExe
	memoryExe
	executableCreated
	executableBit
	binaryDirectory
	persistenceFile
	persistenceTool
	setuidBit
	logFile
	historyFile
	wipeTool
	networkAddress
	packetSocket
	copyTool
	minerName
	openedForWriting
	truncated
	signals // how many there are
)

// pattern says which values of which fields are a signal.
type pattern struct {
	signal signal
	fields string   // with blanks around each
	exact  []string // the last part of a path will do
	parts  []string
}

const (
	processFields = " proc.name proc.exe proc.exepath "
	argumentField = " proc.args proc.cmdline proc.pcmdline "
	fileFields    = " fd.name fd.nameraw fd.filename fd.directory fs.path.name fs.path.target fs.path.source evt.arg.path evt.arg.name evt.arg.filename evt.arg.newpath evt.arg.oldpath evt.abspath "
	truthFields   = "true"
)

var patterns = []pattern{
	{shellProcess, processFields, []string{"ash", "bash", "csh", "ksh", "sh", "tcsh", "zsh", "dash", "fish", "pwsh"}, nil},
	{execIntoPod, " ka.target.subresource ", []string{"exec", "attach"}, nil},
	{standardStream, " fd.num evt.arg.fd evt.rawres ", []string{"0", "1", "2"}, nil},
	{remoteShellTool, processFields, []string{"nc", "ncat", "netcat", "nc.openbsd", "nc.traditional", "socat"}, nil},
	{remoteShellArgs, argumentField, nil, []string{"/dev/tcp/", "/dev/udp/", "--sh-exec", "--exec ", "-e /bin"}},
	{credentialFile, fileFields + argumentField, nil, []string{
		"/etc/shadow", "/etc/sudoers", "/etc/pam", ".ssh", "id_rsa", "id_dsa", "id_ed25519", "id_ecdsa", "aws/credentials", ".aws", ".kube/config",
		"serviceaccount", "begin rsa private", "begin private", "begin openssh", "begin dsa private", "private key", "/environ", "credentials",
	}},
	{apiServer, " fd.sip.name fd.rip.name fd.cip.name fd.lip.name fd.name ", nil, []string{"kubernetes.default", "kube-apiserver"}},
	{kubeClient, processFields, []string{"kubectl", "kubeadm", "crictl", "helm", "oc"}, nil},
	{escapeFile, fileFields + argumentField, nil, []string{
		"release_agent", "notify_on_release", "docker.sock", "containerd.sock", "crio.sock", "core_pattern", "uevent_helper", "binfmt_misc", "/debugfs",
	}},
	{escapeTool, processFields, []string{"nsenter", "debugfs", "insmod", "modprobe", "mount", "unshare", "capsh"}, nil},
	{upperLayerExe, " proc.is_exe_upper_layer ", []string{truthFields}, nil},
	{memoryExe, " proc.is_exe_from_memfd ", []string{truthFields}, nil},
	{executableCreated, " evt.is_open_exec ", []string{truthFields}, nil},
	{executableBit, " evt.arg.mode evt.arg.flags ", nil, []string{"s_ixusr", "s_ixgrp", "s_ixoth"}},
	{binaryDirectory, fileFields, []string{"/bin", "/sbin", "/usr/bin", "/usr/sbin"}, []string{"/usr/local/bin", "/usr/local/sbin"}},
	{persistenceFile, fileFields, nil, []string{
		"/cron", "crontab", "/etc/cron", "authorized_keys", ".bashrc", ".bash_profile", ".profile", ".zshrc", ".zprofile", "ld.so.preload", "/etc/systemd", "/lib/systemd",
		"/etc/init.d", "rc.local", "/etc/passwd", "/etc/sudoers", "/root/.ssh",
	}},
	{persistenceTool, processFields, []string{"crontab", "useradd", "adduser", "usermod", "groupadd", "gpasswd", "chpasswd"}, nil},
	{setuidBit, " evt.arg.mode ", nil, []string{"s_isuid", "s_isgid"}},
	{
		logFile, fileFields,
		[]string{"syslog", "auth.log", "secure", "kern.log", "user.log", "dpkg.log", "last.log", "yum.log", "access_log", "mysql.log", "mysqld.log"},
		[]string{"/var/log", "/dev/log", "wtmp", "btmp", "lastlog"},
	},
	{historyFile, fileFields + argumentField, nil, []string{"bash_history", "zsh_history", "fish_read_history", "fish_history", "_history"}},
	{wipeTool, processFields, []string{"shred", "mkfs", "mke2fs", "wipe", "srm"}, nil},
	{packetSocket, " evt.arg.domain evt.arg.family evt.arg ", nil, []string{"af_packet", "pf_packet"}},
	{copyTool, processFields, []string{"rsync", "scp", "sftp", "dcp"}, nil},
	{minerName, processFields + argumentField + " fd.sip.name fd.rip.name fd.name ", nil, []string{
		"stratum", "xmrig", "minerd", "minexmr", "nanopool", "supportxmr", "minergate", "monero", "cryptonight", "xmr.", "ethermine", "moneropool",
		"nicehash", "ethpool",
	}},
	{openedForWriting, " evt.is_open_write ", []string{truthFields}, nil},
	{truncated, " evt.arg.flags ", nil, []string{"o_trunc"}},
}

// patternsOf finds patterns by the fields that they are about.
var patternsOf = sync.OnceValue(func() map[string][]*pattern {
	byField := map[string][]*pattern{}
	for i := range patterns {
		for name := range strings.FieldsSeq(patterns[i].fields) {
			byField[name] = append(byField[name], &patterns[i])
		}
	}
	return byField
})

// networkFields are the fields that only rules about connections look at.
const networkFields = " fd.ip fd.cip fd.sip fd.lip fd.rip fd.net fd.cnet fd.snet fd.lnet fd.rnet fd.port fd.sport fd.cport fd.rport fd.lport fd.l4proto " +
	"fd.sip.name fd.cip.name fd.rip.name fd.lip.name fd.connected fd.is_server "

// sought is what a condition looks for: of each signal an example, "" if it does not.
type sought [signals]string

func (s *sought) add(other *sought) {
	for i := range s {
		if s[i] == "" {
			s[i] = other[i]
		}
	}
}

// soughtKey is one question about a macro.
type soughtKey struct {
	macro   *Macro
	negated bool
}

// seeker finds out what conditions look for. What it finds in macros is kept.
type seeker struct {
	known map[soughtKey]*sought
	depth int
}

func (k *seeker) expr(e Expr, negated bool, to *sought) {
	switch e := e.(type) {
	case *And:
		for _, t := range e.Terms {
			k.expr(t, negated, to)
		}
	case *Or:
		for _, t := range e.Terms {
			k.expr(t, negated, to)
		}
	case *Not:
		k.expr(e.Term, !negated, to)
	case *Ref:
		k.macro(e.Macro, negated, to)
	case *Check:
		k.check(e, negated, to)
	}
}

func (k *seeker) macro(m *Macro, negated bool, to *sought) {
	if m == nil || m.Expr == nil || k.depth > maxDepth {
		return
	}
	key := soughtKey{m, negated}
	found := k.known[key]
	if found == nil {
		found = &sought{}
		k.known[key] = found
		k.depth++
		k.expr(m.Expr, negated, found)
		k.depth--
	}
	to.add(found)
}

func (k *seeker) check(c *Check, negated bool, to *sought) {
	f := fieldOf(c.Left)
	if f == nil {
		return
	}
	field := " " + f.Name + " "
	if strings.Contains(networkFields, field) && to[networkAddress] == "" {
		to[networkAddress] = f.Name
	}
	if c.Op == "!=" {
		negated = !negated
	}
	if negated || c.Op == "exists" {
		return
	}
	for _, v := range constants(c.Right) {
		text := strings.ToLower(v.Text)
		for _, p := range patternsOf()[f.Name] {
			if to[p.signal] == "" && p.matches(text) {
				to[p.signal] = f.Name + " " + c.Op + " " + escape(v.Text)
			}
		}
	}
}

func (p *pattern) matches(text string) bool {
	base := text
	if i := strings.LastIndexByte(text, '/'); i >= 0 {
		base = text[i+1:]
	}
	for _, e := range p.exact {
		if text == e || base == e {
			return true
		}
	}
	for _, part := range p.parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
