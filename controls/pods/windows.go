package pods

import "github.com/kubeharden/kubeharden/control"

// podSecurityStandards is the page that decides what the levels baseline and restricted ask for.
const podSecurityStandards = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"

// windows are pods for Windows nodes. Fields of Linux may not be set there, and since 1.25 the Pod Security Standards do
// not ask for them.
var windows = control.Since(25, control.OnPod(control.Is("os.name", "windows")))

// userNamespace are pods whose users, root included, are nobody on the node. Since 1.35 the Pod Security Standards let
// them run as root and, at the level baseline, see an unmasked /proc.
var userNamespace = control.Since(35, control.OnPod(control.Is("hostUsers", false)))
