package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/control"
)

// version is set by the linker for releases.
var version = ""

// buildVersion returns the release, or what the Go toolchain knows of the build.
func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "0.0.0-dev"
}

func newVersion(p *Process) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(p.Stdout, "kubeharden %s (%s, %s/%s), Kubernetes up to %s\n",
				buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH, control.LatestMinor)
			return err
		},
	}
}
