// Command bedtool is what the nodes of the test bed need besides Kubernetes' own programs, in one static program: the first process of a node,
// the programs of the bed's images, and runc where it was built without seccomp.
//
//	bedtool init                      the first process of a node, see package supervise
//	bedtool pause                     the container that holds a pod's namespaces
//	bedtool serve :8080               an HTTP server that says who it is
//	bedtool get URL [TOKEN-FILE]      what a server answers
//	runc …                            runc.real, for containers without a seccomp filter
package main

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/kubeharden/kubeharden/test/cluster/internal/supervise"
)

func main() {
	if err := run(os.Args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if filepath.Base(args[0]) == "runc" {
		return runc(args)
	}
	if len(args) < 2 {
		return errors.New("usage: bedtool init|pause|serve|get")
	}
	switch args[1] {
	case "init":
		return supervise.Serve(os.Stdin, os.Stdout)
	case "pause", "proxy": // as kubectl it stands for kubectl proxy
		return pause()
	case "serve":
		return serve(args[2:])
	case "get":
		return get(args[2:])
	}
	return fmt.Errorf("unknown command %q", args[1])
}

func pause() error {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGCHLD, syscall.SIGTERM, syscall.SIGINT)
	for s := range signals {
		if s != syscall.SIGCHLD {
			return nil
		}
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != nil || pid <= 0 {
				break
			}
		}
	}
	return nil
}

func serve(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: bedtool serve ADDRESS")
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	s := &http.Server{Addr: args[0], ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%s, uid %d\n", host, os.Getuid()) //nolint:errcheck // whoever asked may be gone
	})}
	go func() {
		<-end
		s.Close() //nolint:errcheck // the program ends
	}()
	fmt.Println(host, "serves")
	if err := s.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func get(args []string) error {
	if len(args) != 1 && len(args) != 2 {
		return errors.New("usage: bedtool get URL [TOKEN-FILE]")
	}
	req, err := http.NewRequest(http.MethodGet, args[0], http.NoBody) //nolint:noctx // the client has a limit
	if err != nil {
		return err
	}
	if len(args) == 2 {
		token, err := os.ReadFile(args[1])
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // it is to see what is there, whoever it is
	}}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	fmt.Println(res.StatusCode)
	_, err = io.Copy(os.Stdout, res.Body)
	return err
}

// runc runs the real one, which was built without libseccomp and refuses containers that want a filter, after it has taken the filter out of
// the container's configuration.
func runc(args []string) error {
	if n := slices.IndexFunc(args, func(s string) bool { return s == "create" || s == "run" }); n >= 0 {
		bundle := "."
		for i := n; i < len(args); i++ {
			if value, ok := strings.CutPrefix(args[i], "--bundle="); ok {
				bundle = value
			} else if (args[i] == "--bundle" || args[i] == "-b") && i+1 < len(args) {
				bundle = args[i+1]
			}
		}
		if err := dropSeccomp(filepath.Join(bundle, "config.json")); err != nil {
			return err
		}
	}
	program := args[0] + ".real"
	if !filepath.IsAbs(program) {
		return fmt.Errorf("%s is no absolute path", program)
	}
	return fmt.Errorf("%s: %w", program, syscall.Exec(program, append([]string{program}, args[1:]...), os.Environ()))
}

func dropSeccomp(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var config, linux map[string]json.RawMessage
	if err := json.Unmarshal(text, &config); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if config["linux"] == nil {
		return nil
	}
	if err := json.Unmarshal(config["linux"], &linux); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if linux["seccomp"] == nil {
		return nil
	}
	delete(linux, "seccomp")
	if config["linux"], err = json.Marshal(linux); err != nil {
		return err
	}
	if text, err = json.Marshal(config); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
