package falco

import "regexp/syntax"

// names are what Falco calls the types.
var typeNames = map[fieldType]string{
	typeString: "CHARBUF", typeSigned: "INT64", typeUnsigned: "UINT64", typeDouble: "DOUBLE", typeBool: "BOOL", typeAddress: "IPADDR",
	typeNetwork: "IPNET", typePort: "PORT", typeBytes: "BYTEBUF", typeAny: "DYNAMIC",
}

// consistent reports whether two fields can be compared with each other (libs, sinsp_filtercheck.cpp,
// check_rhs_field_type_consistency). Falco also tells numbers of different sizes apart, which the table does not.
func consistent(a, b fieldInfo) bool {
	if a.typ == typeAny || b.typ == typeAny {
		return true
	}
	return a.list == b.list && (a.typ == b.typ || numeric(a.typ) && numeric(b.typ))
}

func numeric(t fieldType) bool {
	return t == typeSigned || t == typeUnsigned || t == typeDouble || t == typePort
}

// describe says what a side of a check is.
func describe(v Value, info fieldInfo) string {
	name := "value"
	if f := fieldOf(v); f != nil {
		name = "field '" + f.Name + "'"
	}
	list := ""
	if info.list {
		list = " (list)"
	}
	return name + " has type '" + typeNames[info.typ] + list + "'"
}

// maxPattern is the longest regular expression that is looked at.
const maxPattern = 4096

// badPattern says why a text is no regular expression. Falco uses RE2, whose syntax is Go's but for \C.
func badPattern(s string) string {
	if len(s) > maxPattern {
		return ""
	}
	if _, err := syntax.Parse(s, syntax.Perl); err != nil {
		if e, ok := err.(*syntax.Error); ok && e.Code == syntax.ErrInvalidEscape { //nolint:errorlint // Parse returns it as it is
			return ""
		}
		return "invalid regular expression '" + s + "': " + err.Error()
	}
	return ""
}
