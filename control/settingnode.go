package control

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/component"
)

// OnFields is OnComponents on fields of configuration files that no flag sets, so that all of its examples are written by hand.
type OnFields struct{ OnComponents }

// Examples gives none: a command line cannot say what the settings ask for.
func (*OnFields) Examples() []Example { return nil }

// FieldIs requires a switch in the configuration file that no flag sets.
func FieldIs(path string, on bool) Setting {
	return Setting{
		Name: path, Wanted: "must be " + strconv.FormatBool(on),
		Value: func(i *component.Instance) component.Value { return i.Field(path) },
		Problem: func(v *component.Value, _ *component.Instance) string {
			if got, ok := v.Bool(); !ok || got != on {
				return "is " + shown(v)
			}
			return ""
		},
		Edits: func(i *component.Instance) []component.Edit { return edit(i.EditOfField(path, on)) },
	}
}

// FlagCleared is FlagNotGiven with the fix that takes the value away and leaves the flag or field empty, which is the same as not given.
func FlagCleared(flag, example string) Setting {
	s := FlagNotGiven(flag, example)
	s.Problem = func(v *component.Value, _ *component.Instance) string {
		if !v.Empty() {
			return "is " + shown(v)
		}
		return ""
	}
	s.Edits = func(i *component.Instance) []component.Edit {
		e, ok := i.EditOf(flag, "")
		if items, list := e.Value.([]string); list && len(items) == 0 {
			e.Value = []string{}
		}
		return edit(e, ok)
	}
	return s
}

// FlagNumber requires a number that problem finds nothing wrong with.
func FlagNumber(flag, wanted string, fix int64, problem func(n int64) bool, bad, good []string) Setting {
	s := FlagTold(flag, wanted, func(v *component.Value, _ *component.Instance) string {
		if n, ok := v.Int(); !ok || problem(n) {
			return "is " + shown(v)
		}
		return ""
	}, bad, good)
	s.Edits = setFlag(flag, strconv.FormatInt(fix, 10))
	return s
}

// FlagTLSMin requires the oldest version of TLS to be one of some, or left to the component, whose choice is TLS 1.2 in all releases.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/component-base/cli/flag/ciphersuites_flag.go (DefaultTLSVersion)
// https://github.com/etcd-io/etcd/blob/v3.6.0/client/pkg/transport/listener.go (baseConfig)
func FlagTLSMin(flag, bad string, values ...string) Setting {
	s := FlagOneOf(flag, bad, values...)
	s.Problem = func(v *component.Value, _ *component.Instance) string {
		if v.Text != "" && !slices.Contains(values, v.Text) {
			return "is " + shown(v)
		}
		return ""
	}
	s.Value = func(i *component.Instance) component.Value {
		v := i.Flag(flag)
		if defaultsDiffer(&v) {
			return component.Value{Known: true, Type: v.Type, Place: v.Place}
		}
		return v
	}
	s.Good = append(s.Good, []string{})
	return s
}

// defaultsDiffer reports whether a setting is unknown only because nobody makes it and releases have different defaults.
func defaultsDiffer(v *component.Value) bool { return !v.Known && !v.Set && !v.Absent && v.Type != "" }

// FlagCiphers requires a list of cipher suites to have none that Kubernetes calls insecure. Without a list the choice is that of crypto/tls.
func FlagCiphers(flag string) Setting {
	const good = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
	s := FlagLacks(flag, good, insecureCiphers()...)
	s.Wanted = "must name no cipher suite that Kubernetes calls insecure: RC4, 3DES, CBC with SHA256, or RSA without forward secrecy"
	s.Edits = func(i *component.Instance) []component.Edit {
		v := i.Flag(flag)
		items, _ := v.List()
		items = slices.DeleteFunc(slices.Clone(items), func(item string) bool { return slices.Contains(insecureCiphers(), item) })
		switch {
		case len(items) == 0:
			return nil
		case i.Kind == component.Etcd && v.Source == component.FromFile:
			// The flag is one text, the field is a list.
			return edit(i.EditOfField(flag, items))
		default:
			return edit(i.EditOf(flag, strings.Join(items, ",")))
		}
	}
	s.Bad = s.Bad[:2]
	s.Good = append(s.Good, []string{})
	return s
}

// insecureCiphers are those of k8s.io/component-base/cli/flag.InsecureTLSCipherNames of Kubernetes 1.37, which are
// crypto/tls.InsecureCipherSuites.
func insecureCiphers() []string {
	return []string{
		"TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_RC4_128_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA",
		"TLS_RSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
		"TLS_ECDHE_RSA_WITH_RC4_128_SHA", "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
		"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
	}
}

// FlagLoopback requires an address, with or without a port, to be one of the host itself.
func FlagLoopback(flag, fix, bad string) Setting {
	s := FlagTold(flag, "must be an address of the host itself, such as "+fix, func(v *component.Value, _ *component.Instance) string {
		if host, _, err := net.SplitHostPort(v.Text); err == nil && isLoopback(host) || isLoopback(v.Text) {
			return ""
		}
		return "is " + shown(v)
	}, []string{bad}, []string{fix})
	s.Edits = setFlag(flag, fix)
	return s
}

// isLoopback reports whether a host is this one.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.IsLoopback()
}

// EtcdURLs requires the addresses of a flag of etcd to be encrypted. Where etcd listens on its own choice within a distribution, the
// distribution chooses, and all of them choose https. With loopback, http is right on addresses of the host itself.
func EtcdURLs(flag, certificate string, loopback bool) Setting {
	plain := func(text string) bool {
		u, err := url.Parse(strings.TrimSpace(text))
		if err != nil {
			return strings.HasPrefix(strings.TrimSpace(text), "http://")
		}
		return u.Scheme == "http" && (!loopback || !isLoopback(u.Hostname()))
	}
	s := FlagTold(flag, "must name no http:// address", func(v *component.Value, _ *component.Instance) string {
		list, _ := v.List()
		if n := slices.IndexFunc(list, plain); n >= 0 {
			return "names " + shown(&component.Value{Text: strings.TrimSpace(list[n])})
		}
		return ""
	}, []string{"http://10.0.0.4:2379", "https://10.0.0.4:2379,http://10.0.0.5:2379"}, []string{"https://10.0.0.4:2379", "unix://etcd.sock"})
	for n := range s.Bad {
		s.Bad[n] = append(s.Bad[n], "--"+certificate+"=/etc/kubernetes/pki/etcd/server.crt")
	}
	if loopback {
		s.Wanted += " of other hosts"
		s.Good = append(s.Good, given(flag, "http://127.0.0.1:2380")...)
	}
	advertised := strings.Contains(flag, "advertise")
	s.Value = func(i *component.Instance) component.Value {
		v := i.Flag(flag)
		// What etcd advertises by itself follows from where it listens, and it has no address of its own for HTTP only.
		if v.Known && !v.Set && (advertised || i.Distribution != "") || defaultsDiffer(&v) {
			return component.Value{Absent: true}
		}
		return v
	}
	s.Edits = func(i *component.Instance) []component.Edit {
		v := i.Flag(flag)
		list, _ := v.List()
		if c := i.Flag(certificate); !v.Set || c.Empty() || !c.Known {
			return nil
		}
		secure := make([]string, 0, len(list))
		for _, text := range list {
			if plain(text) {
				text = "https://" + strings.TrimPrefix(strings.TrimSpace(text), "http://")
			}
			secure = append(secure, text)
		}
		return edit(i.EditOf(flag, strings.Join(secure, ",")))
	}
	return s
}

// EtcdMetrics requires the addresses that serve metrics only to be of the host itself, or to ask for client certificates as those for
// clients do. https://github.com/etcd-io/etcd/blob/v3.6.0/server/embed/etcd.go (createMetricsListener)
func EtcdMetrics(fix string) Setting {
	const flag = "listen-metrics-urls"
	s := FlagTold(flag, "must name addresses of the host itself only, or https:// addresses that ask for client certificates", func(v *component.Value, i *component.Instance) string {
		list, _ := v.List()
		for _, text := range list {
			u, err := url.Parse(strings.TrimSpace(text))
			switch {
			case err == nil && (isLoopback(u.Hostname()) || strings.HasPrefix(u.Scheme, "unix")):
			case err == nil && u.Scheme == "https" && i.Flag("client-cert-auth").IsTrue():
			default:
				return "names " + shown(&component.Value{Text: strings.TrimSpace(text)})
			}
		}
		return ""
	}, []string{"http://0.0.0.0:2381", "http://127.0.0.1:2381,http://10.0.0.4:2381", "https://10.0.0.4:2381"}, []string{fix, "http://localhost:2381", "http://[::1]:2381"})
	s.Good = append(s.Good, []string{}, []string{"--" + flag + "=https://10.0.0.4:2381", "--client-cert-auth=true"})
	s.Edits = setFlag(flag, fix)
	return s
}

// GateKept is Gate with the fix that turns the gate the right way where it is set.
func GateKept(name string, on bool) Setting {
	s := Gate(name, on)
	s.Edits = func(i *component.Instance) []component.Edit {
		v := i.FeatureGate(name)
		switch v.Source {
		case component.FromFile, component.FromDropIn:
			return edit(i.EditOfField("featureGates."+name, on))
		case component.FromFlag:
			return gateFlag(i, name, on)
		case component.FromVersion, component.FromDistribution, component.FromEnvironment:
		}
		return nil
	}
	return s
}

// gateFlag turns a gate where the flag names it, and leaves the others.
func gateFlag(i *component.Instance, name string, on bool) []component.Edit {
	items, _ := i.Flag("feature-gates").List()
	items = slices.Clone(items)
	for n, item := range items {
		if gate, _, _ := strings.Cut(item, "="); gate[strings.IndexByte(gate, ':')+1:] == name {
			items[n] = gate + "=" + strconv.FormatBool(on)
		}
	}
	return edit(i.EditOf("feature-gates", strings.Join(items, ",")))
}

// OnlyLoopback reports whether a known list of URLs of etcd names addresses of the host itself only.
func OnlyLoopback(v *component.Value) bool {
	list, ok := v.List()
	for _, text := range list {
		u, err := url.Parse(strings.TrimSpace(text))
		if err != nil || !isLoopback(u.Hostname()) && !strings.HasPrefix(u.Scheme, "unix") {
			return false
		}
	}
	return ok && len(list) > 0
}
