// Package falco reads Falco's rules files as Falco does: lists, macros and rules, what is appended to them and what
// replaces them, exceptions, and the language of conditions and outputs.
//
// [Load] takes files in the order in which Falco is given them and makes the decisions of Falco's own rule loader
// (github.com/falcosecurity/falco, userspace/engine/rule_loader_{reader,collector,compiler}.cpp): the same things are errors, with
// the same codes and texts, and the same things are warnings. Where Falco stops at the first error, Load goes on and
// tells all that can be told without guessing; the first error of [Result.Problems] is the one that Falco stops at.
//
// Conditions are parsed by the grammar of github.com/falcosecurity/libs, userspace/libsinsp/filter/parser.cpp, into an [Expr] whose
// nodes know the bytes that they came from, also through appended conditions, substituted lists and exceptions. Fields
// are checked against the tables in fields.txt.
//
// [Result.Coverage] says which techniques the enabled rules look for, and an [Evaluator] whether a condition holds for an event,
// such as an [AuditEvent] of Kubernetes.
//
// The package needs nothing but package tree, and no input makes it panic or take more than linear space.
package falco
