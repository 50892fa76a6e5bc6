package source

import (
	"go/ast"
	"go/token"
	"slices"
)

// A worker of the application waits in an endless loop for what comes next: a tick, a job, a
// trigger. What it does for one of them is no part of a loop over rows, so it is a unit of its
// own. Files with such loops are compiled with a mark behind each wait.

// markApplication returns a file of the application with marks, false if it needs none or
// cannot be parsed. Functions in it that serve tests have those of a test file.
func markApplication(text string, w *workers) (string, bool) {
	s := w.parse(text)
	if s.file == nil {
		return "", false
	}
	marks := turnsIn(text, s.set, s.file, w)
	for _, f := range testFunctions(s.file, w.forTests) {
		marks = append(marks, roundsIn(s.set, f)...)
	}
	return withMarks(text, s.set, s.file, marks)
}

// turnsIn returns the marks of the waits of workers in a file.
func turnsIn(text string, set *token.FileSet, file *ast.File, w *workers) (marks []insertion) {
	var at []token.Pos
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if isDirective(n) {
				return false
			}
			w.readKept(n)
			if w.isCalledBack(n) {
				marks = append(marks, insertion{set.Position(n.Body.Lbrace).Offset + 1, rounds + ".Message();"})
			}
		case *ast.ForStmt:
			if n.Cond == nil {
				at = append(at, w.turnsOf(n.Body)...)
			}
		case *ast.RangeStmt:
			if isTicks(n) || w.isOfMessages(n) {
				at = append(at, n.Body.Lbrace+1)
			}
		}
		return true
	})
	for _, pos := range at {
		offset := set.Position(pos).Offset
		mark := rounds + ".Turn();"
		if text[offset-1] != '{' && text[offset-1] != ':' { // behind a statement
			mark = ";" + rounds + ".Turn()"
		}
		marks = append(marks, insertion{offset, mark})
	}
	return marks
}

// turnsOf returns where the next turn of an endless loop begins: behind its waits, or where it begins
// anew if it has none and calls a function that waits.
func (w *workers) turnsOf(body *ast.BlockStmt) []token.Pos {
	at := w.waits(body, hasExit(body))
	if len(at) == 0 && !endsWithoutError(body) && w.callsWait(body) {
		at = append(at, body.Lbrace+1)
	}
	return at
}

// waits returns where an endless loop goes on after it has waited: in the branches of a
// select, or behind a statement that receives or sleeps. Loops and functions in it are not
// looked into. What sleeps until something has come, and then returns, is no worker.
func (w *workers) waits(body *ast.BlockStmt, isTry bool) (at []token.Pos) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForStmt, *ast.RangeStmt, *ast.FuncLit:
			return false
		case *ast.SelectStmt:
			at = append(at, w.branches(n, isTry)...)
		case *ast.BlockStmt:
			at = append(at, w.behind(n.List, isTry)...)
		case *ast.CaseClause:
			at = append(at, w.behind(n.Body, isTry)...)
		case *ast.CommClause:
			at = append(at, w.behind(n.Body, isTry)...)
		}
		return true
	})
	return at
}

// branches returns the beginnings of the branches that a select waits for. One with a default
// only looks. Beside messages from a channel that outlives the call, values of another one are messages, too.
func (w *workers) branches(s *ast.SelectStmt, isTry bool) (at []token.Pos) {
	hasMessages := slices.ContainsFunc(s.Body.List, func(c ast.Stmt) bool {
		comm, ok := c.(*ast.CommClause)
		return ok && comm.Comm != nil && takes(comm.Comm) && w.isWait(comm.Comm) && !isNews(comm.Comm)
	})
	for _, c := range s.Body.List {
		switch c := c.(*ast.CommClause); {
		case c.Comm == nil:
			return nil
		case hasMessages && takes(c.Comm) && (!isTry || !isPause(c.Comm)), w.isWait(c.Comm) && (!isTry || !isPause(c.Comm)), !isTry && isSignal(c.Comm):
			at = append(at, c.Colon+1)
		}
	}
	return at
}

func (w *workers) behind(list []ast.Stmt, isTry bool) (at []token.Pos) {
	for _, s := range list {
		if w.isWait(s) && (!isTry || !isPause(s)) {
			at = append(at, s.End())
		}
	}
	return at
}

// isWait reports whether a statement waits for a channel that outlives the function's call, or
// sleeps. A channel in a variable may be that of a pool of workers which share the items of one
// call.
func (w *workers) isWait(s ast.Stmt) bool {
	var x ast.Expr
	switch s := s.(type) {
	case *ast.SendStmt:
		return w.isElsewhere(s.Chan)
	case *ast.ExprStmt:
		x = s.X
	case *ast.AssignStmt:
		x = s.Rhs[0]
	}
	if call, ok := x.(*ast.CallExpr); ok {
		return isSleep(call) || w.isAwait(call)
	}
	receive, ok := x.(*ast.UnaryExpr)
	return ok && receive.Op == token.ARROW && w.isElsewhere(receive.X)
}

// takes reports whether a branch keeps what it receives.
func takes(s ast.Stmt) bool {
	_, ok := s.(*ast.AssignStmt)
	return ok
}

// isNews reports whether a branch takes an error, or a time, and no message.
func isNews(s ast.Stmt) bool {
	a := s.(*ast.AssignStmt)
	receive, ok := a.Rhs[0].(*ast.UnaryExpr)
	if !ok || nameOf(a.Lhs[0]) == "err" {
		return true
	}
	switch x := receive.X.(type) {
	case *ast.SelectorExpr:
		return x.Sel.Name == "C"
	case *ast.CallExpr:
		name := called(x.Fun)
		return name == nil || slices.Contains([]string{"After", "Tick", "Err", "Done"}, name.Name)
	}
	return false
}

// isSignal reports whether a branch waits for a channel in a variable, such as that of a timer, and takes
// nothing from it: items would be kept.
func isSignal(s ast.Stmt) bool {
	x, ok := s.(*ast.ExprStmt)
	if !ok {
		return false
	}
	receive, ok := x.X.(*ast.UnaryExpr)
	return ok && receive.Op == token.ARROW && nameOf(receive.X) != ""
}

// isSleep reports whether a call is one of time.Sleep, or of what others call so.
func isSleep(call *ast.CallExpr) bool {
	name := called(call.Fun)
	return name != nil && slices.Contains([]string{"Sleep", "SleepContext", "SleepWithContext", "SleepCtx", "SleepUntil"}, name.Name)
}

// hasExit reports whether a loop ends otherwise than by what it waits for.
func hasExit(body *ast.BlockStmt) bool {
	return exits(body, func(n ast.Node) bool { _, isWait := n.(*ast.SelectStmt); return isWait })
}

// exits reports whether code leaves the loop that it is in, but for the parts to skip.
func exits(body *ast.BlockStmt, skip func(ast.Node) bool) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		if n != nil && skip(n) {
			return false
		}
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			found = true
		case *ast.BranchStmt:
			found = found || n.Tok == token.BREAK || n.Tok == token.GOTO
		}
		return !found
	})
	return found
}

// isPause reports whether a statement waits for some time.
func isPause(s ast.Stmt) (found bool) {
	ast.Inspect(s, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			found = found || isSleep(call) || isOf(call.Fun, "time", "After")
		}
		return !found
	})
	return found
}

// isElsewhere reports whether a channel is a field, what a function returns, or a variable with such a
// channel that is kept.
func (w *workers) isElsewhere(channel ast.Expr) bool {
	switch x := channel.(type) {
	case *ast.SelectorExpr, *ast.CallExpr:
		return true
	case *ast.Ident:
		return w.kept[x]
	}
	return false
}

// isTicks reports whether a loop goes over the channel of a ticker.
func isTicks(n *ast.RangeStmt) bool {
	if call, ok := n.X.(*ast.CallExpr); ok {
		return isOf(call.Fun, "time", "Tick")
	}
	s, ok := n.X.(*ast.SelectorExpr)
	return ok && s.Sel.Name == "C" && n.Value == nil
}

// isOf reports whether an expression is a function of a package.
func isOf(x ast.Expr, pkg, name string) bool {
	s, ok := x.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != name {
		return false
	}
	p, ok := s.X.(*ast.Ident)
	return ok && p.Name == pkg
}
