// Command componentflags asks the components of one Kubernetes release for their flags, the fields of their configuration files,
// their feature gates and the static pods that kubeadm makes, and merges the answers into component/defaults.txt, where the answers of
// other releases stay as they are. Each release is a module file of its own beside go.mod, which is the newest one:
//
//	go run .                        the newest release
//	go run -modfile=v1_33.mod .     another one
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/runtime"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/cli/globalflag"
	"k8s.io/component-base/logs"
	"k8s.io/component-base/version/verflag"
	proxyv1alpha1 "k8s.io/kube-proxy/config/v1alpha1"
	schedulerv1 "k8s.io/kube-scheduler/config/v1"
	kubeletv1beta1 "k8s.io/kubelet/config/v1beta1"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app/options"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app/options"
	admission "k8s.io/kubernetes/pkg/kubeapiserver/options"
	kubeletscheme "k8s.io/kubernetes/pkg/kubelet/apis/config/scheme"
	proxyscheme "k8s.io/kubernetes/pkg/proxy/apis/config/scheme"
	schedulerscheme "k8s.io/kubernetes/pkg/scheduler/apis/config/scheme"
)

//go:generate go run .

const (
	target    = "../../component/defaults.txt"
	manifests = "../../component/testdata/kubeadm"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	release, err := release()
	if err != nil {
		return err
	}
	minor := release[1:strings.LastIndexByte(release, '.')]
	rows, err := collect()
	if err != nil {
		return err
	}
	old, err := os.ReadFile(target)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	table, err := merge(string(old), minor, release, rows)
	if err != nil {
		return fmt.Errorf("merging into %s: %w", target, err)
	}
	if err := os.WriteFile(target, []byte(table), 0o644); err != nil {
		return err
	}
	return writeManifests(filepath.Join(manifests, "v"+minor), release)
}

// release returns the version of k8s.io/kubernetes that is built in.
func release() (string, error) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", fmt.Errorf("no build information")
	}
	for _, d := range info.Deps {
		if d.Path == "k8s.io/kubernetes" {
			return d.Version, nil
		}
	}
	return "", fmt.Errorf("k8s.io/kubernetes is not built in")
}

// row is one line of the table without its versions: what it is about, and what was found.
type row struct{ key, value string }

func collect() ([]row, error) {
	var rows []row
	add := func(component string, fs *pflag.FlagSet, bound map[uintptr]string) {
		fs.VisitAll(func(f *pflag.Flag) { rows = append(rows, flagRow(component, f, bound)) })
	}
	api := apiserver.NewServerRunOptions().Flags()
	add("kube-apiserver", global(api, "kube-apiserver"), nil)

	manager, err := controllermanager.NewKubeControllerManagerOptions()
	if err != nil {
		return nil, err
	}
	add("kube-controller-manager", global(managerFlags(manager), "kube-controller-manager"), nil)

	scheduling := scheduler.NewOptions()
	add("kube-scheduler", global(*scheduling.Flags, "kube-scheduler"), nil)

	config, err := kubelet.NewKubeletConfiguration()
	if err != nil {
		return nil, err
	}
	fs := pflag.NewFlagSet("kubelet", pflag.ContinueOnError)
	kubelet.NewKubeletFlags().AddFlags(fs)
	kubelet.AddKubeletConfigFlags(fs, config)
	kubelet.AddGlobalFlags(fs)
	add("kubelet", fs, addresses(config))

	fs = pflag.NewFlagSet("kube-proxy", pflag.ContinueOnError)
	options := proxy.NewOptions()
	options.AddFlags(fs)
	globalflag.AddGlobalFlags(fs, "kube-proxy", logs.SkipLoggingConfigurationFlags())
	add("kube-proxy", fs, unexported(options, "config"))

	off := admission.DefaultOffAdmissionPlugins()
	for _, name := range admission.AllOrderedPlugins {
		state := "on"
		if off.Has(name) {
			state = "off"
		}
		rows = append(rows, row{"plugin\tkube-apiserver\t" + name, state})
	}

	kubeletScheme, _, err := kubeletscheme.NewSchemeAndCodecs()
	if err != nil {
		return nil, err
	}
	rows = append(rows, fields("kubelet", kubeletScheme, &kubeletv1beta1.KubeletConfiguration{})...)
	rows = append(rows, fields("kube-proxy", proxyscheme.Scheme, &proxyv1alpha1.KubeProxyConfiguration{})...)
	rows = append(rows, fields("kube-scheduler", schedulerscheme.Scheme, &schedulerv1.KubeSchedulerConfiguration{})...)

	for name, spec := range utilfeature.DefaultMutableFeatureGate.GetAll() {
		locked := ""
		if spec.LockToDefault {
			locked = "locked"
		}
		stage := string(spec.PreRelease)
		if stage == "" {
			stage = "GA"
		}
		rows = append(rows, row{"gate\t\t" + string(name), strings.Join([]string{fmt.Sprint(spec.Default), stage, locked}, "\t")})
	}
	return append(rows, histories(utilfeature.DefaultMutableFeatureGate)...), nil
}

var legacyFlags = map[string][]string{
	"kube-apiserver": {
		"default-not-ready-toleration-seconds", "default-unreachable-toleration-seconds",
		"cloud-provider-gce-lb-src-cidrs", "cloud-provider-gce-l7lb-src-cidrs",
	},
	"kube-controller-manager": {"cloud-provider-gce-lb-src-cidrs"},
}

// global returns all flags of a component, with the ones that its command adds.
func global(named cliflag.NamedFlagSets, name string) *pflag.FlagSet {
	verflag.AddFlags(named.FlagSet("global"))
	globalflag.AddGlobalFlags(named.FlagSet("global"), name, logs.SkipLoggingConfigurationFlags())
	all := pflag.NewFlagSet(name, pflag.ContinueOnError)
	// Flags that libraries keep in Go's own set and that the command takes over (AddCustomGlobalFlags, registerLegacyGlobalFlags).
	for _, legacy := range legacyFlags[name] {
		if f := flag.CommandLine.Lookup(legacy); f != nil {
			all.AddGoFlag(f)
		}
	}
	for _, section := range named.FlagSets {
		all.AddFlagSet(section)
	}
	return all
}

// fields returns the fields of a configuration file and what they are when the file does not say.
func fields(component string, scheme *runtime.Scheme, object runtime.Object) []row {
	scheme.Default(object)
	return structFields(component, object)
}
