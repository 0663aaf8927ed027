package falco

// Code says what kind of problem there is, in Falco's words (userspace/engine/falco_load_result.cpp).
type Code string

// The codes of errors.
const (
	ErrFileRead         Code = "LOAD_ERR_FILE_READ"
	ErrYAMLParse        Code = "LOAD_ERR_YAML_PARSE"
	ErrYAMLValidate     Code = "LOAD_ERR_YAML_VALIDATE"
	ErrCompileCondition Code = "LOAD_ERR_COMPILE_CONDITION"
	ErrCompileOutput    Code = "LOAD_ERR_COMPILE_OUTPUT"
	ErrValidate         Code = "LOAD_ERR_VALIDATE"
	ErrExtension        Code = "LOAD_ERR_EXTENSION"
)

// The codes of warnings.
const (
	WarnUnknownSource          Code = "LOAD_UNKNOWN_SOURCE"
	WarnUnsafeNACheck          Code = "LOAD_UNSAFE_NA_CHECK"
	WarnNoEventType            Code = "LOAD_NO_EVTTYPE"
	WarnUnknownFilter          Code = "LOAD_UNKNOWN_FILTER"
	WarnUnusedMacro            Code = "LOAD_UNUSED_MACRO"
	WarnUnusedList             Code = "LOAD_UNUSED_LIST"
	WarnUnknownItem            Code = "LOAD_UNKNOWN_ITEM"
	WarnDeprecatedItem         Code = "LOAD_DEPRECATED_ITEM"
	WarnExtension              Code = "LOAD_WARNING_EXTENSION"
	WarnAppendNoValues         Code = "LOAD_APPEND_NO_VALUES"
	WarnExceptionNameNotUnique Code = "LOAD_EXCEPTION_NAME_NOT_UNIQUE"
	WarnInvalidMacroName       Code = "LOAD_INVALID_MACRO_NAME"
	WarnInvalidListName        Code = "LOAD_INVALID_LIST_NAME"
	WarnCompileCondition       Code = "LOAD_COMPILE_CONDITION"
	WarnUnknownKey             Code = "LOAD_UNKNOWN_KEY"
)

// The codes of notes: what Falco does not tell.
const (
	NoteRuleDisabled   Code = "RULE_DISABLED"     // the rule is loaded, and never used
	NoteRuleOverridden Code = "RULE_OVERRIDDEN"   // an earlier definition that a later one of the same name takes the place of
	NoteRuleShadowed   Code = "RULE_SHADOWED"     // with rule_matching: first an earlier rule takes all events of this one
	NoteSchema         Code = "SCHEMA_VALIDATION" // Falco says that its JSON schema of rules files is not met, and loads the file
	NoteTooLarge       Code = "TOO_LARGE"         // more than this package looks at
)

// Level is how bad a problem is.
type Level string

// The levels, worst first.
const (
	Error   Level = "error"   // Falco refuses the file
	Warning Level = "warning" // Falco loads the file and warns
	Note    Level = "note"    // Falco is silent
)

// Place is where something stands in a file. The zero Place is nowhere.
type Place struct {
	File   string `json:"file"`
	Offset int    `json:"offset"` // in bytes
	Line   int    `json:"line"`   // counted from 1
	Column int    `json:"column"` // counted from 1, in Unicode code points
}

// Problem is one thing that is wrong.
type Problem struct {
	Level   Level  `json:"level"`
	Code    Code   `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // the nearest name that exists, or what to do
	Item    string `json:"item,omitempty"` // the item that it is about: rule "name", macro "name", list "name"
	Place   Place  `json:"place"`
	// Missing is the name of the list, macro or rule that should have been defined before and is not, "" if that is not the problem.
	Missing string `json:"-"`
}
