// Package render holds what the renderers (Helm, Kustomize) have in common: a rendered file that knows which line of
// which source file each of its lines comes from.
package render

// Manifest is one rendered file.
type Manifest struct {
	// Path is that of the template or resource file it came from, slash separated, as shown to people:
	// "deploy/chart/templates/deployment.yaml", "redis-1.0.0.tgz/templates/service.yaml".
	Path string
	// Source is the rendered YAML.
	Source []byte
	// Origin maps a line of Source, counted from 1, to the file and line that people can edit, with that line's text.
	// ok is false if it can't be told. It may be called from any goroutine.
	Origin func(line int) (file string, originLine int, text string, ok bool)
}
