package cluster

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// weakeningGates are feature gates of the API server that take protection away in one of their positions, which this is, and what they do then.
var weakeningGates = map[string]struct {
	on   bool
	what string
}{
	"AllAlpha": {true, "turns on everything that is alpha"},
	"AllBeta":  {false, "turns off protection that is beta"},
	"AllowInsecureKubeletCertificateSigningRequests": {true, "lets a kubelet ask for the certificate of another node"},
	"AllowDNSOnlyNodeCSR":                            {true, "signs serving certificates of kubelets with any DNS name"},
	"AuthorizeNodeWithSelectors":                     {false, "lets a node list the pods of all nodes"},
	"AuthorizeWithSelectors":                         {false, "lets a node list the pods of all nodes"},
	"ServiceAccountTokenNodeBindingValidation":       {false, "takes tokens that are bound to a node that is gone"},
	"ServiceAccountNodeAudienceRestriction":          {false, "lets a kubelet ask for tokens of any audience"},
	"StrictCostEnforcementForVAP":                    {false, "leaves the cost of expressions in policies without a bound"},
	"StrictCostEnforcementForWebhooks":               {false, "leaves the cost of expressions in webhooks without a bound"},
	"UnauthenticatedHTTP2DOSMitigation":              {false, "leaves clients without credentials their connections (CVE-2023-44487)"},
	"ValidatingAdmissionPolicy":                      {false, "takes policies in CEL their effect"},
	"PodSecurity":                                    {false, "takes the labels of Pod Security their effect"},
	"BoundServiceAccountTokenVolume":                 {false, "gives pods tokens that never expire"},
	"LegacyServiceAccountTokenNoAutoGeneration":      {false, "makes a token that never expires for every service account"},
	"LegacyServiceAccountTokenCleanUp":               {false, "keeps tokens that never expire though nobody uses them"},
}

// protectiveGates are alpha in some releases and take nothing away: they are what makes a protection possible there.
var protectiveGates = []string{
	"AnonymousAuthConfigurableEndpoints", "StructuredAuthenticationConfiguration", "StructuredAuthorizationConfiguration", "AuthorizeWithSelectors",
	"AuthorizeNodeWithSelectors", "ServiceAccountTokenNodeBinding", "ServiceAccountTokenNodeBindingValidation", "ServiceAccountTokenJTI",
	"ServiceAccountTokenPodNodeInfo", "ServiceAccountNodeAudienceRestriction", "UserNamespacesSupport", "UserNamespacesPodSecurityStandards",
	"KubeletFineGrainedAuthz", "KubeletEnsureSecretPulledImages", "KMSv2", "KMSv2KDF", "ManifestBasedAdmissionControlConfig", "PodCertificateRequest",
	"ClusterTrustBundle", "ClusterTrustBundleProjection", "ConstrainedImpersonation", "CRDValidationRatcheting", "ExternalServiceAccountTokenSigner",
}

const gatesFlag = "feature-gates"

func noRiskyGates() control.Setting {
	s := control.FlagTold(gatesFlag, "must turn on no gate that is alpha, and none that takes protection away", func(v *component.Value, i *component.Instance) string {
		for _, item := range v.Items {
			if why := risk(item, i); why != "" {
				return why
			}
		}
		return ""
	}, []string{"AllAlpha=true", "AuthorizeNodeWithSelectors=false", "AllBeta=false"}, []string{"AllAlpha=false", "ContextualLogging=true"})
	value := s.Value
	s.Value = func(i *component.Instance) component.Value {
		v := value(i)
		if v.Known && !i.Version.Known() && !slices.ContainsFunc(v.Items, func(item string) bool { return risk(item, i) != "" }) {
			for _, item := range v.Items {
				if gate, on := parseGate(item); on && weakeningGates[gate].what == "" && !slices.Contains(protectiveGates, gate) {
					return notKnown("whether the feature gate " + gate + " is alpha depends on the release")
				}
			}
		}
		return v
	}
	s.Edits = func(i *component.Instance) []component.Edit {
		stay := slices.DeleteFunc(slices.Clone(i.Flag(gatesFlag).Items), func(item string) bool { return risk(item, i) != "" })
		if len(stay) == 0 {
			return dropped(i, gatesFlag)
		}
		return set(i, gatesFlag, strings.Join(stay, ","))
	}
	return alsoGood(s, []string{})
}

// parseGate reads kube:Name=true; the component in front may be missing.
func parseGate(item string) (gate string, on bool) {
	gate, value, _ := strings.Cut(item, "=")
	if _, after, ok := strings.Cut(gate, ":"); ok {
		gate = after
	}
	on, _ = strconv.ParseBool(strings.TrimSpace(value))
	return strings.TrimSpace(gate), on
}

// risk says what is wrong with a gate, "" if nothing is.
func risk(item string, i *component.Instance) string {
	gate, on := parseGate(item)
	if w, ok := weakeningGates[gate]; ok && w.on == on {
		return "has " + gate + "=" + strconv.FormatBool(on) + ", which " + w.what
	}
	stage, _, ok := component.GateStage(i.Kind, i.Version, gate)
	if ok && on && stage == "ALPHA" && !slices.Contains(protectiveGates, gate) {
		return "turns on " + gate + ", which is alpha in " + i.Version.String()
	}
	return ""
}

// gateExamples are those that depend on the release.
var gateExamples = []control.Example{
	{
		Name: "alpha in 1.33", Manifests: control.ComponentPod(component.APIServer, "v1.33.1", "--feature-gates=AllowUnsafeMalformedObjectDeletion=true"),
		Want: []string{"Pod/kube-system/kube-apiserver spec.containers[0].command[1]"},
	},
	{
		Name: "beta in 1.37", Manifests: control.ComponentPod(component.APIServer, "v1.37.1", "--feature-gates=AllowUnsafeMalformedObjectDeletion=true"),
	},
	{
		Name:      "alpha and protective",
		Manifests: control.ComponentPod(component.APIServer, "v1.31.1", "--feature-gates=AnonymousAuthConfigurableEndpoints=true"),
	},
	{
		Name:      "alpha of a component",
		Manifests: control.ComponentPod(component.APIServer, "v1.33.1", "--feature-gates=ContextualLogging=true,kube:AllowUnsafeMalformedObjectDeletion=true"),
		Want:      []string{"Pod/kube-system/kube-apiserver spec.containers[0].command[1]"},
	},
}
