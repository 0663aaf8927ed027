package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	cliflag "k8s.io/component-base/cli/flag"
)

// flagRow describes a flag: its type (with a question mark if it may stand without a value), default, field and deprecation.
func flagRow(component string, f *pflag.Flag, bound map[uintptr]string) row {
	kind := f.Value.Type()
	if f.NoOptDefVal != "" {
		kind += "?"
	}
	note := f.Deprecated
	if note == "" && strings.HasPrefix(strings.ToUpper(f.Usage), "DEPRECATED") {
		note, _, _ = strings.Cut(f.Usage, ".")
	}
	if _, file, ok := strings.Cut(note, "This parameter should be set via the config file"); ok && component == "kubelet" {
		_ = file
		note = "set it in the file of --config"
	}
	return row{
		strings.Join([]string{"flag", component, strings.ReplaceAll(f.Name, "_", "-")}, "\t"),
		strings.Join([]string{oneLine(kind), oneLine(f.DefValue), boundField(f.Value, bound), oneLine(note)}, "\t"),
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// addresses returns the path of every field of a configuration, as the keys of its file, by where it lies in memory.
func addresses(config any) map[uintptr]string {
	found := map[uintptr]string{}
	var walk func(v reflect.Value, path string)
	walk = func(v reflect.Value, path string) {
		if path != "" && v.Kind() != reflect.Struct {
			found[v.UnsafeAddr()] = path
		}
		switch v.Kind() {
		case reflect.Struct:
			if v.NumField() > 0 && v.Type().Name() == "Duration" {
				found[v.UnsafeAddr()] = path
				return
			}
			for i := range v.NumField() {
				name := v.Type().Field(i).Name
				next := strings.TrimPrefix(path+"."+name, ".")
				if v.Type().Field(i).Anonymous || name == "TypeMeta" {
					next = path
				}
				walk(v.Field(i), next)
			}
		case reflect.Pointer:
			if !v.IsNil() && v.Elem().Kind() != reflect.Struct {
				found[v.Pointer()] = path
			} else if !v.IsNil() {
				walk(v.Elem(), path)
			}
		default:
		}
	}
	walk(reflect.ValueOf(config).Elem(), "")
	return found
}

// unexported returns the addresses of the configuration in an unexported field.
func unexported(owner any, field string) map[uintptr]string {
	v := reflect.ValueOf(owner).Elem().FieldByName(field)
	if v.Kind() != reflect.Pointer {
		return nil
	}
	return addresses(reflect.NewAt(v.Type().Elem(), v.UnsafePointer()).Interface())
}

// boundField returns the field that the value of a flag is written to, in the words of the internal type.
func boundField(value any, bound map[uintptr]string) string {
	seen := map[uintptr]bool{}
	var find func(v reflect.Value, depth int) string
	find = func(v reflect.Value, depth int) string {
		if depth > 4 {
			return ""
		}
		switch v.Kind() {
		case reflect.Pointer:
			if v.IsNil() || seen[v.Pointer()] {
				return ""
			}
			seen[v.Pointer()] = true
			if path := bound[v.Pointer()]; path != "" {
				return path
			}
			return find(v.Elem(), depth+1)
		case reflect.Interface:
			return find(v.Elem(), depth+1)
		case reflect.Struct:
			for i := range v.NumField() {
				if path := find(v.Field(i), depth+1); path != "" {
					return path
				}
			}
		default:
		}
		return ""
	}
	if len(bound) == 0 {
		return ""
	}
	return find(reflect.ValueOf(value), 0)
}

// structFields lists what a configuration file may have, by the keys of the file.
func structFields(component string, object any) []row {
	var rows []row
	var walk func(t reflect.Type, v reflect.Value, path string)
	pointer := false
	add := func(path, kind string, v reflect.Value) {
		if pointer {
			kind = "*" + kind
		}
		rows = append(rows, row{"field\t" + component + "\t" + path, kind + "\t" + defaultText(v)})
	}
	walk = func(t reflect.Type, v reflect.Value, path string) {
		pointer = t.Kind() == reflect.Pointer
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
			if v.IsValid() && !v.IsNil() {
				v = v.Elem()
			} else {
				v = reflect.Value{}
			}
		}
		switch {
		case t.Name() == "Duration" || t.Name() == "TimeOrMetaDuration":
			add(path, "duration", v)
		case t.Kind() == reflect.Struct && (t.Name() == "Quantity" || t.Name() == "QuantityValue"):
			add(path, "quantity", v)
		case t.Kind() == reflect.Struct && !slices.Contains([]string{"RawExtension", "Time"}, t.Name()):
			if path != "" {
				add(path, "object", reflect.Value{})
			}
			for i := range t.NumField() {
				f := t.Field(i)
				name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
				if name == "-" || !f.IsExported() {
					continue
				}
				next := strings.TrimPrefix(path+"."+name, ".")
				if name == "" || strings.Contains(options, "inline") {
					next = path
				}
				inner := reflect.Value{}
				if v.IsValid() {
					inner = v.Field(i)
				}
				walk(f.Type, inner, next)
			}
		case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
			add(path, "list", v)
			if e := t.Elem(); e.Kind() == reflect.Struct && strings.Count(path, "[]") < 2 && component != "kube-scheduler" {
				walk(e, reflect.Value{}, path+"[]")
			}
		case t.Kind() == reflect.Map:
			add(path, "map", v)
		case t.Kind() == reflect.Bool:
			add(path, "bool", v)
		case t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64:
			add(path, "int", v)
		case t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64:
			add(path, "float", v)
		case t.Kind() == reflect.String:
			add(path, "string", v)
		default:
			add(path, "any", reflect.Value{})
		}
	}
	v := reflect.ValueOf(object).Elem()
	walk(v.Type(), v, "")
	return rows
}

func defaultText(v reflect.Value) string {
	if !v.IsValid() || (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.IsNil() {
		return ""
	}
	text, err := json.Marshal(v.Interface())
	if err != nil {
		return fmt.Sprint(v.Interface())
	}
	return strings.Trim(string(text), `"`)
}

// managerFlags calls the Flags of the controller manager's options, which took two lists of controllers up to 1.27 and three things since.
func managerFlags(options any) cliflag.NamedFlagSets {
	method := reflect.ValueOf(options).MethodByName("Flags")
	args := []reflect.Value{reflect.ValueOf([]string{""})}
	for n := 1; n < method.Type().NumIn(); n++ {
		args = append(args, reflect.Zero(method.Type().In(n)))
	}
	return method.Call(args)[0].Interface().(cliflag.NamedFlagSets)
}

// histories returns what a release says of its feature gates in older releases (since 1.31).
func histories(gates any) []row {
	method := reflect.ValueOf(gates).MethodByName("GetAllVersioned")
	if !method.IsValid() {
		return nil
	}
	var rows []row
	for name, specs := range method.Call(nil)[0].Seq2() {
		var parts []string
		for n := range specs.Len() {
			s := specs.Index(n)
			stage := s.FieldByName("PreRelease").String()
			if stage == "" {
				stage = "GA"
			}
			since := s.FieldByName("Version").MethodByName("String").Call(nil)[0].String()
			part := fmt.Sprintf("%s:%v:%s", since, s.FieldByName("Default").Bool(), stage)
			if s.FieldByName("LockToDefault").Bool() {
				part += ":locked"
			}
			parts = append(parts, part)
		}
		if len(parts) > 1 {
			rows = append(rows, row{"history\t\t" + name.String(), strings.Join(parts, ",")})
		}
	}
	return rows
}
