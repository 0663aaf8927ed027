package component

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/kubeharden/kubeharden/tree"
)

// validateKubelet finds what makes the kubelet refuse its configuration, as far as files tell.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubelet/apis/config/validation/validation.go
func (i *Instance) validateKubelet() {
	if i.config.fields == nil {
		return
	}
	c := kubeletCheck{i}
	for _, r := range ranges {
		c.within(r.field, r.least, r.most, r.text)
	}
	c.gated()
	c.images()
	c.shutdown()
	c.enforcement()
	c.choices()
	c.sysctls()
	c.logs()
	c.others()
}

type kubeletCheck struct{ i *Instance }

// bounds are the numbers that a field may have.
type bounds struct {
	field       string
	least, most int64
	text        string
}

const unlimited = 1 << 62

var ranges = []bounds{
	{"nodeLeaseDurationSeconds", 1, unlimited, "must be greater than 0"},
	{"eventBurst", 0, unlimited, "must not be negative"},
	{"eventRecordQPS", 0, unlimited, "must not be negative"},
	{"healthzPort", 0, 65535, "must be a port, or 0"},
	{"imageGCHighThresholdPercent", 0, 100, "must be between 0 and 100"},
	{"imageGCLowThresholdPercent", 0, 100, "must be between 0 and 100"},
	{"iptablesDropBit", 0, 31, "must be between 0 and 31"},
	{"iptablesMasqueradeBit", 0, 31, "must be between 0 and 31"},
	{"kubeAPIBurst", 0, unlimited, "must not be negative"},
	{"kubeAPIQPS", 0, unlimited, "must not be negative"},
	{"nodeStatusMaxImages", -1, unlimited, "must be -1 or greater"},
	{"maxOpenFiles", 0, unlimited, "must not be negative"},
	{"maxPods", 0, unlimited, "must not be negative"},
	{"oomScoreAdj", -1000, 1000, "must be between -1000 and 1000"},
	{"podsPerCore", 0, unlimited, "must not be negative"},
	{"port", 1, 65535, "must be a port"},
	{"readOnlyPort", 0, 65535, "must be a port, or 0"},
	{"registryBurst", 0, unlimited, "must not be negative"},
	{"registryPullQPS", 0, unlimited, "must not be negative"},
	{"maxParallelImagePulls", 1, unlimited, "must be greater than 0"},
	{"containerLogMaxWorkers", 1, unlimited, "must be greater than 0"},
	{"containerLogMaxFiles", 2, unlimited, "must be greater than 1"},
}

// value returns what is in effect; what nobody set is not judged, as the component's own defaults are valid.
func (c kubeletCheck) value(field string) (Value, bool) {
	v := c.i.Field(field)
	return v, v.Known && v.Set && v.Source != FromDistribution
}

// effective returns what is in effect, defaults included.
func (c kubeletCheck) effective(field string) string { return c.i.Field(field).Text }

// refuse keeps what keeps the kubelet from starting.
func (c kubeletCheck) refuse(at Place, format string, args ...any) {
	c.i.refuse(at, fmt.Sprintf(format, args...)+": the kubelet does not start")
}

func (c kubeletCheck) within(field string, least, most int64, text string) {
	v, ok := c.value(field)
	if n, isInt := v.Int(); ok && isInt && (n < least || n > most) {
		c.refuse(v.Place, "%s is %d and %s", field, n, text)
	}
}

// gate reports whether a feature gate is on, and whether that is known.
func (c kubeletCheck) gate(name string) (on, known bool) { return c.i.FeatureGate(name).Bool() }

// needs makes a flaw of a field that is set while its gate is off.
func (c kubeletCheck) needs(field, gate string) {
	v, ok := c.value(field)
	on, known := c.gate(gate)
	if ok && known && !on {
		c.refuse(v.Place, "%s needs the feature gate %s, which is off", field, gate)
	}
}

func (c kubeletCheck) gated() {
	gates := c.i.config.fields.get("featureGates")
	if gates != nil {
		for n, name := range gates.keys {
			if len(c.i.Flaws) >= maxFlaws {
				break
			}
			on := boolText(gates.items[n].text)
			if why := c.i.badGate(name, on == "true"); why != "" {
				c.i.refuse(gates.items[n].place, why)
			}
		}
	}
	if v, ok := c.value("serverTLSBootstrap"); ok && v.IsTrue() {
		c.needs("serverTLSBootstrap", "RotateKubeletServerCertificate")
	}
	if v, ok := c.value("cpuCFSQuotaPeriod"); ok && v.Text != "100ms" {
		c.needs("cpuCFSQuotaPeriod", "CustomCPUCFSQuotaPeriod")
		c.duration("cpuCFSQuotaPeriod", time.Millisecond, time.Second, "must be between 1ms and 1s")
	}
	if v, ok := c.value("shutdownGracePeriodByPodPriority"); ok && len(v.Items) > 0 {
		c.needs("shutdownGracePeriodByPodPriority", "GracefulNodeShutdownBasedOnPodPriority")
	}
	if v, ok := c.value("memoryThrottlingFactor"); ok {
		// 0.8 was the default that kubeadm and others wrote into files once.
		if v.Text != "0.8" && v.Text != "0.9" {
			c.needs("memoryThrottlingFactor", "MemoryQoS")
		}
		f, err := strconv.ParseFloat(v.Text, 64)
		if err != nil || f <= 0 || f > 1 {
			c.refuse(v.Place, "memoryThrottlingFactor is %s and must be greater than 0 and at most 1", v.Text)
		}
	}
	if v, ok := c.value("memoryReservationPolicy"); ok && v.Text == "TieredReservation" {
		c.needs("memoryReservationPolicy", "MemoryQoS")
	}
	if _, ok := c.value("crashLoopBackOff.maxContainerRestartPeriod"); ok {
		c.needs("crashLoopBackOff.maxContainerRestartPeriod", "KubeletCrashLoopBackOffMax")
		c.duration("crashLoopBackOff.maxContainerRestartPeriod", time.Second, 300*time.Second, "must be between 1s and 300s")
	}
	if v, ok := c.value("enableSystemLogQuery"); ok && v.IsTrue() {
		c.needs("enableSystemLogQuery", "NodeLogQuery")
		if c.effective("enableSystemLogHandler") == "false" {
			c.refuse(v.Place, "enableSystemLogQuery needs enableSystemLogHandler")
		}
	}
}

func (c kubeletCheck) duration(field string, least, most time.Duration, text string) {
	v, ok := c.value(field)
	if d, is := v.Duration(); ok && is && (d < least || d > most) {
		c.refuse(v.Place, "%s is %s and %s", field, v.Text, text)
	}
}

func (c kubeletCheck) images() {
	high, low := c.i.Field("imageGCHighThresholdPercent"), c.i.Field("imageGCLowThresholdPercent")
	h, ok := high.Int()
	l, ok2 := low.Int()
	if at := firstSet(low, high); ok && ok2 && l >= h && at.Exists() {
		c.refuse(at, "imageGCLowThresholdPercent (%d) must be less than imageGCHighThresholdPercent (%d)", l, h)
	}
	least, most := c.i.Field("imageMinimumGCAge"), c.i.Field("imageMaximumGCAge")
	c.duration("imageMinimumGCAge", 0, unlimited, "must not be negative")
	c.duration("imageMaximumGCAge", 0, unlimited, "must not be negative")
	a, ok := least.Duration()
	b, ok2 := most.Duration()
	if ok && ok2 && b > 0 && b <= a {
		c.refuse(most.Place, "imageMaximumGCAge (%s) must be greater than imageMinimumGCAge (%s)", most.Text, least.Text)
	}
	serial := c.i.Field("serializeImagePulls")
	if v, ok := c.value("maxParallelImagePulls"); ok {
		if n, _ := v.Int(); n > 1 && serial.IsTrue() {
			c.refuse(v.Place, "maxParallelImagePulls above 1 needs serializeImagePulls: false")
		}
	}
	policy, ok := c.value("imagePullCredentialsVerificationPolicy")
	allowed := c.i.config.fields.get("preloadedImagesVerificationAllowlist")
	if ok {
		c.needs("imagePullCredentialsVerificationPolicy", "KubeletEnsureSecretPulledImages")
	}
	if allowed != nil && len(allowed.items) > 0 {
		c.needs("preloadedImagesVerificationAllowlist", "KubeletEnsureSecretPulledImages")
		if policy.Text != "NeverVerifyAllowlistedImages" {
			c.refuse(allowed.place, "preloadedImagesVerificationAllowlist needs imagePullCredentialsVerificationPolicy: NeverVerifyAllowlistedImages")
		}
	}
}

func firstSet(values ...Value) Place {
	for _, v := range values {
		if v.Set && v.Place.Exists() {
			return v.Place
		}
	}
	return nowhere()
}

func (c kubeletCheck) shutdown() {
	period, critical := c.i.Field("shutdownGracePeriod"), c.i.Field("shutdownGracePeriodCriticalPods")
	p, ok := period.Duration()
	q, ok2 := critical.Duration()
	at := firstSet(critical, period)
	if !ok || !ok2 || !at.Exists() {
		return
	}
	if on, known := c.gate("GracefulNodeShutdown"); known && !on && (p > 0 || q > 0) {
		c.refuse(at, "shutdownGracePeriod needs the feature gate GracefulNodeShutdown, which is off")
		return
	}
	if q > p {
		c.refuse(at, "shutdownGracePeriodCriticalPods (%s) must not be longer than shutdownGracePeriod (%s)", critical.Text, period.Text)
	}
	for _, v := range []Value{period, critical} {
		if d, _ := v.Duration(); d < 0 || d > 0 && d < time.Second {
			c.refuse(at, "a grace period of %s must be 0 or at least a second", v.Text)
		}
	}
	by := c.i.config.fields.get("shutdownGracePeriodByPodPriority")
	if on, _ := c.gate("GracefulNodeShutdownBasedOnPodPriority"); on && by != nil && len(by.items) > 0 && (p > 0 || q > 0) {
		c.refuse(by.place, "shutdownGracePeriodByPodPriority and shutdownGracePeriod exclude each other")
	}
}

// choices are fields with a few valid values.
func (c kubeletCheck) choices() {
	for _, x := range []struct {
		field string
		valid []string
	}{
		{"topologyManagerPolicy", []string{"none", "best-effort", "restricted", "single-numa-node"}},
		{"topologyManagerScope", []string{"container", "pod"}},
		{"hairpinMode", []string{"none", "hairpin-veth", "promiscuous-bridge"}},
		{"memorySwap.swapBehavior", []string{"", "NoSwap", "LimitedSwap"}},
		{"memoryReservationPolicy", []string{"None", "TieredReservation"}},
		{
			"imagePullCredentialsVerificationPolicy",
			[]string{"NeverVerify", "NeverVerifyPreloadedImages", "NeverVerifyAllowlistedImages", "AlwaysVerify"},
		},
		{"logging.format", []string{"text", "json"}},
		{"authorization.mode", []string{"AlwaysAllow", "Webhook"}},
		{"tlsMinVersion", []string{"", "VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"}},
	} {
		if v, ok := c.value(x.field); ok && !slices.Contains(x.valid, v.Text) {
			c.refuse(v.Place, "%s is %q, valid are %s", x.field, short(v.Text), strings.Join(x.valid, ", "))
		}
	}
}

var (
	sysctlName = regexp.MustCompile(`^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`)
	// namespaced are the sysctls that every pod has its own of.
	// https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/component-helpers/node/util/sysctl/namespace.go
	namespaced = regexp.MustCompile(`^(net\.|fs\.mqueue\.|user\.|kernel\.(shm|shmall|shmmax|shmmni|shm_rmid_forced|msg|msgmax|msgmnb|msgmni|sem|domainname)$)`)
)

func (c kubeletCheck) sysctls() {
	f := c.i.config.fields.get("defaultPodSysctls")
	if f == nil || len(f.keys) == 0 {
		return
	}
	c.needs("defaultPodSysctls", "DefaultPodSysctls")
	seen := map[string]bool{}
	for n, key := range f.keys {
		name := key
		if first := strings.IndexAny(key, "./"); first >= 0 && key[first] == '/' {
			name = strings.NewReplacer("/", ".", ".", "/").Replace(key)
		}
		switch {
		case len(c.i.Flaws) >= maxFlaws:
			return
		case len(key) > 253 || !sysctlName.MatchString(key):
			c.refuse(f.items[n].place, "%q is no name of a sysctl", short(key))
		case !namespaced.MatchString(name):
			c.refuse(f.items[n].place, "the sysctl %s is not known to be one of a pod's own", short(name))
		case seen[name]:
			c.refuse(f.items[n].place, "the sysctl %s is there twice", short(name))
		}
		seen[name] = true
	}
}

func (c kubeletCheck) logs() {
	if v, ok := c.value("containerLogMonitorInterval"); ok {
		if d, is := v.Duration(); is && d < 3*time.Second {
			c.refuse(v.Place, "containerLogMonitorInterval is %s and must be at least 3s", v.Text)
		}
	}
	v, ok := c.value("podLogsDir")
	switch {
	case !ok:
	case !strings.HasPrefix(v.Text, "/"):
		c.refuse(v.Place, "podLogsDir must be an absolute path")
	case cleanPath(v.Text) != v.Text:
		c.refuse(v.Place, "podLogsDir must be written without . and .. and a slash at the end")
	case strings.ContainsFunc(v.Text, func(r rune) bool { return r > unicode.MaxASCII }):
		c.refuse(v.Place, "podLogsDir must be ASCII")
	}
	if v, ok := c.value("tracing.samplingRatePerMillion"); ok {
		if n, is := v.Int(); is && (n < 0 || n > 1_000_000) {
			c.refuse(v.Place, "tracing.samplingRatePerMillion must be between 0 and 1000000")
		}
	}
	if v, ok := c.value("tracing.endpoint"); ok && !validEndpoint(v.Text) {
		c.refuse(v.Place, "tracing.endpoint is no URL or address: %q", short(v.Text))
	}
}

func (c kubeletCheck) others() {
	if v, ok := c.value("systemCgroups"); ok && v.Text != "" && c.effective("cgroupRoot") == "" {
		c.refuse(v.Place, "systemCgroups needs cgroupRoot")
	}
	taints := c.i.config.fields.get("registerWithTaints")
	if taints == nil {
		return
	}
	for _, t := range taints.items[:min(len(taints.items), maxFlaws)] {
		if at := t.get("timeAdded"); t.kind == tree.Mapping && !at.null() {
			c.refuse(at.place, "a taint to register with has no timeAdded")
		}
	}
}

// validEndpoint reports whether a text can be parsed as the URL of a collector.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/component-base/tracing/api/v1/config.go
func validEndpoint(s string) bool {
	if !strings.Contains(s, "//") {
		s = "dns://" + s
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "dns" || u.Scheme == "unix" || u.Scheme == "unix-abstract")
}
