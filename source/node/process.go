package node

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	facts "github.com/kubeharden/kubeharden/node"
)

// Limits of what is read of one machine.
const (
	maxProcesses = 100_000
	maxCmdline   = 1 << 20
	maxStatus    = 64 << 10
	maxEnviron   = 1 << 20
	maxMountInfo = 4 << 20
	maxNet       = 32 << 20
	maxFds       = 4096
	maxAllFds    = 2_000_000
)

// process is one that runs, with what is asked of it while facts are collected.
type process struct {
	facts.Process
	args []string // as they are, with their secrets
	// mounts are those of a process that does not have the host's, and ofHost says that it sees files of the host by them.
	mounts []mountPoint
	ofHost bool
}

// parseCmdline splits the bytes of /proc/PID/cmdline. A process may write there what it likes: k3s and sshd write one text with blanks.
func parseCmdline(src []byte) []string {
	src = bytes.TrimRight(src, "\x00 \n")
	if len(src) == 0 {
		return nil
	}
	var args []string
	for arg := range bytes.SplitSeq(src, []byte{0}) {
		args = append(args, strings.ToValidUTF8(string(arg), "\uFFFD"))
	}
	return args
}

// componentOf returns which program of interest a command line starts, and its arguments with the name of the program in front; "" if none.
func componentOf(args []string) (component string, own []string) {
	if len(args) == 0 {
		return "", nil
	}
	// A title instead of a command line.
	if len(args) == 1 && strings.Contains(args[0], " ") {
		args = strings.Fields(args[0])
		if len(args) == 0 {
			return "", nil
		}
	}
	name := path.Base(args[0])
	switch name {
	case "kubelet", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "etcd", "k3s", "rke2", "k0s", "kubelite",
		"containerd", "dockerd", "crio", "cri-o":
		if name == "cri-o" {
			name = "crio"
		}
		return name, args
	case "k3s-server", "k3s-agent":
		return "k3s", args
	case "hyperkube":
		if len(args) < 2 {
			return "", nil
		}
		sub := path.Base(args[1])
		if sub != "kubelet" && !strings.HasPrefix(sub, "kube-") {
			sub = "kube-" + sub
		}
		return componentOf(append([]string{sub}, args[2:]...))
	case "kubectl", "oc", "microk8s-kubectl.wrapper":
		if slices.Contains(args[1:], "proxy") && firstWord(args[1:]) == "proxy" {
			return "kubectl-proxy", args
		}
	case "sshd", "sshd:", "sshd.bin", "dropbear":
		return "sshd", args
	case "machined":
		return "machined", args
	}
	return "", nil
}

// firstWord is the first argument that is no flag. Flags of kubectl in front of its command are written with = or have a value behind them.
func firstWord(args []string) string {
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case !strings.HasPrefix(a, "-"):
			return a
		case strings.Contains(a, "="):
		case i+1 < len(args) && slices.Contains([]string{
			"--kubeconfig", "--context", "--cluster", "--user", "--namespace", "-n", "--server", "-s", "--token", "--v", "-v", "--as", "--request-timeout",
			"--certificate-authority", "--client-certificate", "--client-key", "--as-group", "--cache-dir", "--tls-server-name",
		}, a):
			i++
		}
	}
	return ""
}

// processes reads /proc.
func (c *collector) processes(ctx context.Context) error {
	names, all, err := readNames(c.proc, ".", maxProcesses)
	if err != nil {
		c.problem(c.procPath(""), err.Error(), facts.PartProcesses, facts.PartSockets)
		return nil
	}
	if !all {
		c.problem(c.procPath(""), "has too many processes", facts.PartProcesses)
	}
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	if len(pids) == 0 || pids[0] != 1 {
		c.problem(c.procPath("1"), "is not there: the processes of the host cannot be seen", facts.PartProcesses, facts.PartSockets)
	}
	for _, pid := range pids {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		c.process(pid)
	}
	return nil
}

func (c *collector) process(pid int) {
	dir := strconv.Itoa(pid)
	src, err := readProc(c.proc, dir+"/cmdline", maxCmdline)
	if err != nil {
		if !gone(err) {
			c.problem(c.procPath(dir+"/cmdline"), err.Error(), facts.PartProcesses)
		}
		return
	}
	component, args := componentOf(parseCmdline(src))
	if component == "" {
		return
	}
	p := &process{args: args}
	p.Component, p.PID, p.Arguments = component, pid, redactArguments(args)
	if status, err := readProc(c.proc, dir+"/status", maxStatus); err == nil {
		p.UID = parseUID(status)
		p.User = nameOf(c.users, p.UID)
	} else if gone(err) {
		return
	}
	exe, err := c.proc.Readlink(dir + "/exe")
	switch {
	case err == nil:
		p.Exe = strings.TrimSuffix(exe, " (deleted)")
	case gone(err):
	default:
		c.problem(c.procPath(dir+"/exe"), cause(err).Error(), facts.PartPrograms)
	}
	if component == "etcd" || component == "kubelet" {
		c.environment(p, dir)
	}
	c.root(p, dir)
	c.running = append(c.running, p)
}

// gone reports whether an error says that a process has ended meanwhile.
func gone(err error) bool { return missing(err) || strings.Contains(err.Error(), "no such process") }

// readProc reads a file of /proc, which has no size.
func readProc(root *os.Root, name string, limit int64) ([]byte, error) {
	return readRegular(root, name, limit)
}

// parseUID reads the effective user from /proc/PID/status.
func parseUID(status []byte) int {
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "Uid:"); ok {
			if fields := strings.Fields(rest); len(fields) > 1 {
				if uid, err := strconv.ParseUint(fields[1], 10, 32); err == nil {
					return int(uid)
				}
			}
		}
	}
	return -1
}

// environment reads the variables that configure a component: all of ETCD_, and the one that lets a kubelet before 1.30 have drop-ins.
func (c *collector) environment(p *process, dir string) {
	src, err := readProc(c.proc, dir+"/environ", maxEnviron)
	if err != nil {
		if !gone(err) {
			c.problem(c.procPath(dir+"/environ"), err.Error(), facts.PartEnvironment)
		}
		return
	}
	p.Environment = parseEnviron(src)
}

func parseEnviron(src []byte) []facts.Variable {
	var out []facts.Variable
	for entry := range bytes.SplitSeq(src, []byte{0}) {
		name, value, ok := strings.Cut(strings.ToValidUTF8(string(entry), "\uFFFD"), "=")
		if !ok || !strings.HasPrefix(name, "ETCD_") && name != "KUBELET_CONFIG_DROPIN_DIR_ALPHA" {
			continue
		}
		if _, value, ok = strings.Cut(redactArgument(name+"="+value), "="); ok {
			out = append(out, facts.Variable{Name: name, Value: value})
		}
	}
	return out
}

// mountPoint is a line of /proc/PID/mountinfo.
type mountPoint struct {
	device string // major:minor
	root   string // of the mount within its file system
	at     string
}

// parseMountInfo reads /proc/PID/mountinfo.
// https://www.kernel.org/doc/Documentation/filesystems/proc.txt (3.5)
func parseMountInfo(src []byte) []mountPoint {
	var out []mountPoint
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	for line := range strings.Lines(string(src)) {
		fields := strings.Fields(line)
		if len(fields) < 6 {
			continue
		}
		out = append(out, mountPoint{fields[2], unescape.Replace(fields[3]), path.Clean("/" + unescape.Replace(fields[4]))})
	}
	return out
}

// root finds out whether a process has a file system of its own, and what of the host it sees there.
func (c *collector) root(p *process, dir string) {
	theirs, err := c.proc.Readlink(dir + "/ns/mnt")
	if err != nil || c.hostMounts == "" || theirs == c.hostMounts {
		if err != nil && !gone(err) {
			c.problem(c.procPath(dir+"/ns/mnt"), cause(err).Error(), facts.PartProcesses)
		}
		return
	}
	src, err := readProc(c.proc, dir+"/mountinfo", maxMountInfo)
	if err != nil {
		if !gone(err) {
			c.problem(c.procPath(dir+"/mountinfo"), err.Error(), facts.PartProcesses)
		}
		return
	}
	p.mounts = parseMountInfo(src)
	root, ok := hostPath("/", p.mounts, c.mounts)
	p.Contained = !ok || root != "/"
}

// hostPath returns where the host has the file that a process with mounts of its own knows by a path; ok is false if it is no file of the host's.
// systemd gives services such mounts too (PrivateTmp=), most of which are the host's.
func hostPath(file string, theirs, ours []mountPoint) (host string, ok bool) {
	inner, ok := longest(theirs, func(m mountPoint) (string, bool) { return below(file, m.at) })
	if !ok {
		return "", false
	}
	rest, _ := below(file, inner.at)
	within := path.Join(inner.root, rest)
	// Where the host has the same there, that is the name to use: others may be covered by further mounts.
	if outer, ok := longest(ours, func(m mountPoint) (string, bool) { return below(file, m.at) }); ok && outer.device == inner.device {
		if rest, _ := below(file, outer.at); path.Join(outer.root, rest) == within {
			return file, true
		}
	}
	outer, ok := longest(ours, func(m mountPoint) (string, bool) {
		if m.device != inner.device {
			return "", false
		}
		return below(within, m.root)
	})
	if !ok {
		return "", false
	}
	rest, _ = below(within, outer.root)
	host = path.Join(outer.at, rest)
	if top, _ := longest(ours, func(m mountPoint) (string, bool) { return below(host, m.at) }); top != outer {
		return "", false // something else is mounted over it
	}
	return host, true
}

// longest finds the mount that says most about a path: the one that leaves the shortest rest, the last of equals.
func longest(mounts []mountPoint, rest func(mountPoint) (string, bool)) (best mountPoint, ok bool) {
	left := -1
	for _, m := range mounts {
		if r, fits := rest(m); fits && (left < 0 || len(r) <= left) {
			best, left, ok = m, len(r), true
		}
	}
	return best, ok
}

// below returns what of a path is below a folder.
func below(file, dir string) (rest string, ok bool) {
	if dir == "/" {
		return strings.TrimPrefix(file, "/"), true
	}
	rest, ok = strings.CutPrefix(file, dir)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// listening is a socket of /proc/net.
type listening struct {
	facts.Socket
	inode string
}

// parseNet reads the sockets that wait for others from /proc/net/tcp, tcp6, udp or udp6.
// https://www.kernel.org/doc/Documentation/networking/proc_net_tcp.txt
func parseNet(src []byte, protocol string) []listening {
	state := map[string]string{"tcp": "0A", "udp": "07"}[protocol]
	var out []listening
	first := true
	for line := range strings.Lines(string(src)) {
		if first {
			first = false // the heads of the columns
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 10 || fields[3] != state {
			continue
		}
		address, port, ok := parseAddress(fields[1])
		if !ok || port == 0 {
			continue
		}
		out = append(out, listening{facts.Socket{Protocol: protocol, Address: address, Port: port}, fields[9]})
	}
	return out
}

// parseAddress reads 0100007F:1F90: the words of the address in the byte order of the machine, which is little-endian on all that Kubernetes
// runs on but s390x.
func parseAddress(text string) (address string, port int, ok bool) {
	host, hexPort, ok := strings.Cut(text, ":")
	number, err := strconv.ParseUint(hexPort, 16, 16)
	if !ok || err != nil || len(host) != 8 && len(host) != 32 {
		return "", 0, false
	}
	raw := make([]byte, len(host)/2)
	for i := range raw {
		b, err := strconv.ParseUint(host[2*i:2*i+2], 16, 8)
		if err != nil {
			return "", 0, false
		}
		word := i / 4 * 4
		raw[word+3-i%4] = byte(b)
	}
	a, ok := netip.AddrFromSlice(raw)
	return a.Unmap().String(), int(number), ok
}

// sockets reads who listens.
func (c *collector) sockets(ctx context.Context) error {
	var found []listening
	for _, file := range []string{"tcp", "tcp6", "udp", "udp6"} {
		name := "1/net/" + file
		src, err := readProc(c.proc, name, maxNet)
		if err != nil {
			// Without IPv6 there is no tcp6.
			if !missing(err) || !strings.HasSuffix(file, "6") {
				c.problem(c.procPath(name), err.Error(), facts.PartSockets)
			}
			continue
		}
		found = append(found, parseNet(src, file[:3])...)
	}
	if len(found) == 0 {
		return nil
	}
	owners, err := c.socketOwners(ctx, found)
	if err != nil {
		return err
	}
	for _, s := range found {
		if o, ok := owners[s.inode]; ok {
			s.Program, s.PID = o.Component, o.PID
		}
		c.facts.Spec.Sockets = append(c.facts.Spec.Sockets, s.Socket)
	}
	return nil
}

// socketOwners finds the processes that have sockets open. Of several that have one, as workers do, the one with the lowest number is told.
func (c *collector) socketOwners(ctx context.Context, found []listening) (map[string]facts.Process, error) {
	wanted := map[string]bool{}
	for _, s := range found {
		wanted["socket:["+s.inode+"]"] = true
	}
	names, _, err := readNames(c.proc, ".", maxProcesses)
	if err != nil {
		return nil, nil //nolint:nilerr // it was told when processes were read
	}
	pids := make([]int, 0, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	owners := map[string]facts.Process{}
	refused, looked := 0, 0
	for _, pid := range pids {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if len(owners) == len(wanted) || looked > maxAllFds {
			break
		}
		dir := strconv.Itoa(pid) + "/fd"
		fds, _, err := readNames(c.proc, dir, maxFds)
		if err != nil {
			if !gone(err) {
				refused++
			}
			continue
		}
		for _, fd := range fds {
			looked++
			target, err := c.proc.Readlink(dir + "/" + fd)
			if err != nil {
				if !gone(cause(err)) {
					refused++
				}
				continue
			}
			if !wanted[target] {
				continue
			}
			inode := strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")
			if _, ok := owners[inode]; !ok {
				owners[inode] = facts.Process{Component: c.programOf(pid), PID: pid}
			}
		}
	}
	if refused > 0 && len(owners) < len(wanted) {
		c.problem(c.procPath("*/fd"), "some are not readable: whose sockets these are is not known in full", facts.PartSockets)
	}
	return owners, nil
}

// programOf is what a process calls itself.
func (c *collector) programOf(pid int) string {
	comm, err := readProc(c.proc, strconv.Itoa(pid)+"/comm", 64)
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(strings.TrimSpace(string(comm)), "\uFFFD")
}
