package source

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// A function that is given a statement, or a record of any kind, and sends it, such as the Get of a
// wrapper around a handle, says nothing about who asks: its caller does. One that makes a statement of what it is
// given, or sends others too, is the place of those.

// relaysOf returns the lines of the calls in a file that hand on a statement, from those that a
// closure with such a call is handed to, such as a helper that tries again.
func relaysOf(set *token.FileSet, file *ast.File) (found [][2]int) {
	builders := buildersOf(file)
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			r := relay{text: map[string]bool{}, args: map[string]bool{}, whole: map[string]bool{}, given: map[string]bool{}, receiver: nameOfReceiver(f), builders: builders}
			r.parameters(f.Type.Params, typeParameters(f))
			for _, call := range r.calls(f.Body) {
				found = append(found, linesOf(set, call))
			}
		}
	}
	return found
}

// relay is what a function was given, by name: texts, lists of arguments, statements or records
// of any kind, and anything.
type relay struct {
	text, args, whole, given map[string]bool
	receiver                 string
	builders                 map[string]bool // fields of the file's types that make a statement
}

// buildersOf returns the fields of the types of a file that are builders of statements. What is
// prepared is one statement, and says who asks.
func buildersOf(file *ast.File) map[string]bool {
	fields := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.StructType)
		if !ok {
			return true
		}
		for _, field := range s.Fields.List {
			for _, name := range field.Names {
				fields[name.Name] = fields[name.Name] || isStatement(field.Type) && !strings.Contains(strings.ToLower(name.Name), "stmt")
			}
		}
		return true
	})
	return fields
}

// nameOfReceiver is the name that a method gives its receiver, empty for none.
func nameOfReceiver(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 || len(f.Recv.List[0].Names) == 0 {
		return ""
	}
	return f.Recv.List[0].Names[0].Name
}

func (r relay) parameters(list *ast.FieldList, types []string) {
	for _, field := range list.List {
		for _, name := range field.Names {
			r.given[name.Name] = true
			r.text[name.Name] = nameOf(field.Type) == "string"
			r.args[name.Name] = isListOfAny(field.Type)
			r.whole[name.Name] = isAny(field.Type) || isStatement(field.Type) || slices.Contains(types, nameOf(pointed(field.Type)))
		}
	}
}

// typeParameters returns the names of the types that a function, or that of its receiver, is for.
func typeParameters(f *ast.FuncDecl) (names []string) {
	if f.Recv != nil && len(f.Recv.List) == 1 {
		switch index := pointed(f.Recv.List[0].Type).(type) {
		case *ast.IndexExpr:
			names = append(names, nameOf(index.Index))
		case *ast.IndexListExpr:
			for _, of := range index.Indices {
				names = append(names, nameOf(of))
			}
		}
	}
	if f.Type.TypeParams != nil {
		for _, field := range f.Type.TypeParams.List {
			for _, name := range field.Names {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

func pointed(x ast.Expr) ast.Expr {
	if star, ok := x.(*ast.StarExpr); ok {
		return star.X
	}
	return x
}

// isStatement reports whether a type is called as those of statements are: Query, *db.Stmt,
// squirrel.SelectBuilder.
func isStatement(x ast.Expr) bool {
	switch x := pointed(x).(type) {
	case *ast.SelectorExpr:
		return isStatement(x.Sel)
	case *ast.Ident:
		return slices.ContainsFunc([]string{"Query", "Stmt", "Statement", "Builder", "Sqlizer"}, func(name string) bool { return strings.HasSuffix(x.Name, name) })
	}
	return false
}

// calls returns the outermost calls below a node that hand on a statement.
func (r relay) calls(body ast.Node) (found []ast.Node) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			r.assigned(n)
		case *ast.CallExpr:
			if r.handsOn(n) || r.handsClosureOn(n) || r.sendsOwn(n) {
				found = append(found, n)
				return false
			}
		}
		return true
	})
	return found
}

// assigned takes note of the text and the arguments of a builder that the function was given, as
// in text, args, err := q.ToSql().
func (r relay) assigned(a *ast.AssignStmt) {
	call, ok := a.Rhs[0].(*ast.CallExpr)
	if !ok || len(a.Lhs) < 2 {
		return
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains([]string{"ToSql", "MustSql", "ToSQL"}, method.Sel.Name) {
		return
	}
	if builder, ok := method.X.(*ast.Ident); ok && r.given[builder.Name] {
		r.text[nameOf(a.Lhs[0])], r.args[nameOf(a.Lhs[1])] = true, true
	}
}

// handsOn reports whether a call has a text and arguments that the function was given, as in
// Get(to, query, args...), or nothing else than that, with a statement or a record among it, as in
// Update(db, record).
func (r relay) handsOn(call *ast.CallExpr) bool {
	last := len(call.Args) - 1
	if call.Ellipsis.IsValid() && last > 0 && r.isArguments(call.Args[last]) && slices.ContainsFunc(call.Args[:last], r.isText) {
		return true
	}
	return slices.ContainsFunc(call.Args, r.isWhole) && !slices.ContainsFunc(call.Args, func(arg ast.Expr) bool { return !r.isGiven(arg) })
}

// sendsOwn reports whether a call sends the statement that a field of the receiver has, as a lazy
// iterator does with its builder: its arguments are a context at most.
func (r relay) sendsOwn(call *ast.CallExpr) bool {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) > 1 || !slices.Contains([]string{"Query", "QueryContext", "QueryRow", "QueryRowContext", "Exec", "ExecContext"}, method.Sel.Name) {
		return false
	}
	if (len(call.Args) == 1) != strings.HasSuffix(method.Sel.Name, "Context") {
		return false
	}
	field, ok := method.X.(*ast.SelectorExpr)
	return ok && r.receiver != "" && nameOf(field.X) == r.receiver && r.builders[field.Sel.Name]
}

// isWhole reports whether an argument is a statement or a record that the function was given, or
// the text of one.
func (r relay) isWhole(arg ast.Expr) bool {
	return r.whole[nameOf(arg)] || r.isPart(arg, "Query", "SQL", "Sql", "Text", "Statement", "Stmt")
}

func (r relay) isArguments(arg ast.Expr) bool {
	return r.args[nameOf(arg)] || r.isPart(arg, "Arguments", "Args", "Params", "Values")
}

// isPart reports whether an argument is q.Query of a statement q that the function was given, or
// another of the fields.
func (r relay) isPart(arg ast.Expr, fields ...string) bool {
	s, ok := arg.(*ast.SelectorExpr)
	return ok && r.whole[nameOf(s.X)] && slices.Contains(fields, s.Sel.Name)
}

// isGiven reports whether an argument is what the function was given.
func (r relay) isGiven(arg ast.Expr) bool { return r.given[nameOf(arg)] || r.isWhole(arg) }

// handsClosureOn reports whether an argument of a call is a closure that hands on a statement.
func (r relay) handsClosureOn(call *ast.CallExpr) bool {
	return slices.ContainsFunc(call.Args, func(arg ast.Expr) bool {
		f, ok := arg.(*ast.FuncLit)
		return ok && len(r.calls(f.Body)) > 0
	})
}

// isText reports whether an argument is a text that the function was given, perhaps rebound.
func (r relay) isText(arg ast.Expr) bool {
	if call, ok := arg.(*ast.CallExpr); ok {
		method, isMethod := call.Fun.(*ast.SelectorExpr)
		return isMethod && method.Sel.Name == "Rebind" && slices.ContainsFunc(call.Args, r.isText)
	}
	return r.text[nameOf(arg)] || nameOf(arg) == "" && r.isWhole(arg)
}

func nameOf(x ast.Expr) string {
	if i, ok := x.(*ast.Ident); ok {
		return i.Name
	}
	return ""
}

// isListOfAny reports whether a type is ...any or []any.
func isListOfAny(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ellipsis:
		return isAny(x.Elt)
	case *ast.ArrayType:
		return x.Len == nil && isAny(x.Elt)
	}
	return false
}

func isAny(x ast.Expr) bool {
	if i, ok := x.(*ast.InterfaceType); ok {
		return len(i.Methods.List) == 0
	}
	return nameOf(x) == "any"
}
