// Package docs holds the documentation. The pages of the controls are generated from their declarations.
package docs

//go:generate go run ../cmd/internal/pages
