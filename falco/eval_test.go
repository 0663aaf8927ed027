package falco

import (
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/tree"
)

// fields is an event that has some fields; what is not there is unknown, what is empty has no value.
type fields map[string][]string

func (fields) Source() string { return SyscallSource }

func (f fields) Values(field *Field) ([]string, bool) {
	name := field.Name
	if field.HasArg {
		name += "[" + field.Arg + "]"
	}
	values, ok := f[name]
	return values, ok
}

func TestEval(t *testing.T) {
	event := fields{
		"proc.name": {"Bash"}, "proc.pname": {"Bash"}, "proc.aname[2]": {"sshd"}, "fd.name": {"/etc/ssh/keys/id_rsa"}, "proc.pid": {"42"},
		"fd.types": {"ipv4", "file"}, "proc.args": {}, "evt.buffer": {"\x7fELF"}, "proc.cmdline": {"YmFzaA=="}, "proc.tty": {"0"}, "evt.failed": {"true"},
		"proc.exepath": {"/usr/bin/Bash"},
	}
	v := NewEvaluator()
	for condition, want := range map[string]Truth{
		"proc.name = Bash": True, "proc.name = bash": False, "proc.name != bash": True, "proc.name exists": True,
		"proc.args exists": False, "proc.args = x": False, "proc.args != x": False, "not proc.args = x": True,
		"proc.name contains as": True, "proc.name icontains BA": True, "proc.name startswith B": True, "proc.name endswith sh": True,
		"proc.name glob B*": True, "proc.name glob b*": False, "proc.name iglob b?sh": True, "proc.name glob [A-C]ash": True, "proc.name glob [!A-C]ash": False,
		"fd.name glob /etc/*": True, "fd.name regex \"/etc/.*\"": True, "fd.name regex etc": False, "fd.name regex \"(\"": Unknown,
		"fd.name pmatch (/var, /etc/ssh)": True, "fd.name pmatch (/etc/ss)": False, "fd.name pmatch (/etc/ssh/keys/id_rsa/more)": False, "fd.name pmatch (/etc/*/keys)": True, "fd.name pmatch ()": False,
		"proc.name in (sh, Bash)": True, "proc.name in (sh)": False, "proc.name in ()": False,
		"proc.pid = 42": True, "proc.pid > 9": True, "proc.pid <= 41": False, "proc.pid in (41, 42)": True, "proc.tty != 0": False,
		"fd.types in (ipv4, file, x)": True, "fd.types in (ipv4)": False, "fd.types intersects (ipv6, file)": True, "fd.types intersects (ipv6)": False,
		"evt.buffer bstartswith 7f45": True, "evt.buffer bcontains 4546": False, "evt.failed = true": True,
		"proc.name = val(proc.pname)": True, "tolower(proc.name) = bash": True, "toupper(proc.name) = BASH": True, "b64(proc.cmdline) = bash": True,
		"b64(proc.name) = x": False, "basename(proc.exepath) = val(proc.name)": True, "len(proc.name) = 4": True, "len(fd.types) >= 3": False,
		"proc.name startswith anyof (x, B)": True, "proc.name startswith oneof (B, Ba)": False, "proc.name contains allof (a, sh)": True,
		"proc.name != allof (a, b)": True, "proc.name = anyof ()": False, "proc.name = allof ()": False,
		"proc.aname[2] = sshd": True, "proc.aname[3] = sshd": Unknown, "not proc.aname[3] = sshd": Unknown,
		"proc.aname[3] = sshd or proc.name = Bash": True, "proc.aname[3] = sshd and proc.name = x": False, "proc.aname[3] = sshd and proc.name = Bash": Unknown,
		"nobody": Unknown, "proc.nobody = x": Unknown, "join(\"-\", (proc.name)) = x": Unknown,
	} {
		e, err := ParseCondition(condition)
		if err != nil {
			t.Errorf("%s: %v", condition, err)
			continue
		}
		if got := v.Eval(e, event); got != want {
			t.Errorf("%s is %d, want %d", condition, got, want)
		}
	}
}

const auditEvent = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a-1","stage":"ResponseComplete","verb":"create",
"requestURI":"/api/v1/namespaces/shop/pods/web/exec?command=sh&container=c","user":{"username":"eve","groups":["dev","system:authenticated"]},
"sourceIPs":["10.0.0.1"],"userAgent":"kubectl","annotations":{"authorization.k8s.io/decision":"allow"},
"objectRef":{"resource":"pods","namespace":"shop","name":"web","subresource":"exec"},"responseStatus":{"code":201},
"requestObject":{"rules":[{"verbs":["*"],"resources":["pods","secrets"]}],"spec":{"hostNetwork":true,
"containers":[{"image":"reg/app:1","securityContext":{"privileged":true},"ports":[{"containerPort":80,"hostPort":8080},{"containerPort":443}]},{"image":"b@sha256:0"}],
"volumes":[{"name":"v","hostPath":{"path":"/var/run/docker.sock"}}]}}}`

func TestEvalAuditEvent(t *testing.T) {
	p := tree.NewParser()
	parsed, err := p.Parse([]byte(auditEvent), tree.Document{End: len(auditEvent)})
	if err != nil {
		t.Fatal(err)
	}
	event := NewAuditEvent(parsed.Root())
	v := NewEvaluator()
	for condition, want := range map[string]Truth{
		"ka.verb in (create, update) and ka.target.resource = pods and ka.target.subresource in (exec, attach)": True,
		"ka.user.name = eve": True, "ka.user.groups intersects (dev)": True, "ka.user.groups in (dev)": False, "ka.uri.param[command] = sh": True,
		"ka.uri.param[tty] exists": False, "ka.response.code = 201": True, "ka.response.code startswith 2": True, "ka.auth.decision = allow": True,
		"ka.impuser.name exists": False, "ka.impuser.name != eve": False, "ka.req.pod.host_network intersects (true)": True,
		"ka.req.pod.containers.image intersects (\"reg/app:1\")": True, "ka.req.pod.containers.image[1] in (\"b@sha256:0\")": True,
		"ka.req.pod.containers.image[2] exists": False, "ka.req.pod.containers.image.repository in (reg/app, b)": True, "ka.req.container.image = \"reg/app:1\"": True,
		"ka.req.pod.containers.privileged intersects (true)": True, "ka.req.container.privileged = true": True,
		"ka.req.pod.containers.allow_privilege_escalation intersects (true)": False, "ka.req.pod.containers.host_port exists": False,
		"ka.req.pod.containers.host_port[0] in (8080, 443)": True, "ka.req.pod.containers.eff_run_as_user intersects (0)": True,
		"ka.req.volume.hostpath[/var/run/docker.sock] = true": True, "ka.req.volume.hostpath[/var*] = true": True, "ka.req.volume.hostpath[/etc] = true": False,
		"ka.req.pod.volumes.hostpath intersects (/var/run/docker.sock)": True, "ka.req.pod.volumes.volume_type intersects (hostPath)": True,
		"ka.req.role.rules.verbs intersects (\"*\")": True, "ka.req.role.rules.resources in (pods)": False, "ka.sourceips intersects (\"10.0.0.1\")": True,
		"jevt.value[/objectRef/name] = web": True, "json.value[/user/groups/0] = dev": True, "jevt.value[/nothing] exists": False,
		"evt.source = k8s_audit": True, "evt.time exists": Unknown, "ka.req.configmap.obj contains x": False,
	} {
		e, err := ParseCondition(condition)
		if err != nil {
			t.Errorf("%s: %v", condition, err)
			continue
		}
		if got := v.Eval(e, event); got != want {
			t.Errorf("%s is %d, want %d", condition, got, want)
		}
	}
}

// TestEvalMacros checks that macros are decided once, however often they are named.
func TestEvalMacros(t *testing.T) {
	var s strings.Builder
	s.WriteString("- macro: m0\n  condition: evt.type = open and proc.name = sh\n")
	last := "m0"
	for i := range 200 {
		name := "m" + itoa(i+1)
		s.WriteString("- macro: " + name + "\n  condition: " + last + " or " + last + "\n")
		last = name
	}
	s.WriteString("- rule: r\n  condition: " + last + ruleTail)
	r := Load([]File{{"r", []byte(s.String())}}, Options{})
	if !r.OK() {
		t.Fatal(problemLines(r))
	}
	v := NewEvaluator()
	for name, want := range map[string]Truth{"sh": True, "bash": False} {
		if got := v.Eval(r.Rules[0].Expr, fields{"evt.type": {"open"}, "proc.name": {name}}); got != want {
			t.Errorf("%s: %d", name, got)
		}
	}
}
