package practice

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// strict is how the API server decodes what kubectl sends.
func strict(t *testing.T) runtime.Decoder {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, autoscalingv2.AddToScheme, batchv1.AddToScheme, corev1.AddToScheme,
		networkingv1.AddToScheme, policyv1.AddToScheme, rbacv1.AddToScheme, storagev1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	return serializer.NewSerializerWithOptions(serializer.DefaultMetaFactory, scheme, scheme, serializer.SerializerOptions{Strict: true})
}

// verdicts judges an object both ways.
func verdicts(t *testing.T, decoder runtime.Decoder, o *object.Object) (ours []string, known bool, theirs error) {
	t.Helper()
	data, err := o.Root.AppendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), `"$patch"`) {
		return nil, false, nil // no object yet
	}
	_, _, theirs = decoder.Decode(data, nil, nil)
	if theirs != nil && strings.Contains(theirs.Error(), "no kind") {
		return nil, false, nil
	}
	checkSchema(&control.Subject{Object: o}, o.Root, func(v control.Violation) bool {
		ours = append(ours, o.Root.Path(v.At)+" "+v.Problem)
		return true
	})
	return ours, true, theirs
}

func objects(t *testing.T, src []byte, do func(o *object.Object)) {
	t.Helper()
	p := tree.NewParser()
	for doc := range tree.Split(src) {
		if tr, err := p.Parse(src, doc); err == nil {
			for o := range object.Each(tr.Root()) {
				do(o)
			}
		}
	}
}

// TestSchemaAgreesWithStrictDecoding compares both verdicts on values of all types in fields of all types.
func TestSchemaAgreesWithStrictDecoding(t *testing.T) {
	values := []string{
		`1`, `-1`, `1.5`, `1.0`, `99999999999`, `"1"`, `"a"`, `""`, `true`, `null`, `[]`, `[1]`, `["a"]`, `[null]`, `[[]]`, `{}`, `{"a": 1}`, `{"a": "b"}`,
		`{"a": null}`, `500m`, `-1Gi`, `10gb`, `aGVsbG8=`, `aGVsbG8`, `2020-01-01T00:00:00Z`, `25%`, `0x10`, `1e3`, `yes`,
	}
	fields := []string{
		"v1 Pod spec.hostNetwork", "v1 Pod spec.nodeName", "v1 Pod spec.priority", "v1 Pod spec.terminationGracePeriodSeconds", "v1 Pod spec.containers",
		"v1 Pod spec.nodeSelector", "v1 Pod spec.overhead", "v1 Pod spec.securityContext", "v1 Pod metadata.labels", "v1 Pod metadata.finalizers",
		"v1 Pod spec.dnsConfig.options", "v1 Pod metadata.generation", "v1 Pod metadata.creationTimestamp", "v1 Pod metadata.managedFields", "v1 Pod spec.schedulingGates", "v1 Pod spec.SecurityContext", "v1 Pod spec.unknown", "v1 Pod status", "v1 Pod other",
		"v1 Secret data", "v1 Secret stringData", "v1 ConfigMap binaryData", "v1 ConfigMap immutable", "v1 PersistentVolumeClaim spec.resources.requests",
		"v1 Service spec.ports", "apps/v1 Deployment spec.strategy.rollingUpdate.maxSurge", "apps/v1 Deployment spec.replicas",
		"policy/v1 PodDisruptionBudget spec.minAvailable", "rbac.authorization.k8s.io/v1 Role rules", "networking.k8s.io/v1 Ingress spec.rules",
		"apps/v1 ControllerRevision data", "apps/v1 ControllerRevision revision", "batch/v1 CronJob spec.jobTemplate.spec.template.spec.containers",
		"autoscaling/v2 HorizontalPodAutoscaler spec.metrics",
	}
	decoder := strict(t)
	n, bad := 0, 0
	for _, f := range fields {
		part := strings.Fields(f)
		for _, value := range values {
			src := "apiVersion: " + part[0] + "\nkind: " + part[1] + "\n"
			indent := ""
			keys := strings.Split(part[2], ".")
			for i, key := range keys {
				src += indent + key + ":"
				if indent += "  "; i < len(keys)-1 {
					src += "\n"
				}
			}
			objects(t, []byte(src+" "+value+"\n"), func(o *object.Object) {
				ours, _, theirs := verdicts(t, decoder, o)
				if n++; (len(ours) > 0) != (theirs != nil) {
					t.Errorf("%s: %s: ours %q, theirs %v", f, value, ours, theirs)
				}
				if theirs != nil {
					bad++
				}
			})
		}
	}
	t.Logf("%d objects, %d of them refused", n, bad)
}

func TestSchemaOnTheCorpus(t *testing.T) {
	const corpus = "../../../shared/corpus"
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("the corpus is not here: ", err)
	}
	decoder := strict(t)
	n := 0
	err := filepath.WalkDir(corpus, func(path string, d fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || d.IsDir() || ext != ".yaml" && ext != ".yml" && ext != ".json" {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		objects(t, src, func(o *object.Object) {
			if _, ok := loadSchema().roots[[2]string{o.APIVersion, o.Kind}]; !ok {
				return
			}
			ours, known, theirs := verdicts(t, decoder, o)
			if !known {
				return
			}
			if n++; (len(ours) > 0) != (theirs != nil) {
				t.Errorf("%s: %s %s: ours %q, theirs %v", path, o.Kind, o.Name, ours, theirs)
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d objects", n)
}
