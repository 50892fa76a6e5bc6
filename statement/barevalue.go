package statement

// bareValues finds the words that are values, although nothing quotes them: SET
// app.user TO acme, PRAGMA key = acme, EXEC sp_addlogin acme. It makes literals of
// them.
type bareValues struct {
	scan  *scanner
	form  form
	phase phase
	depth int    // of brackets in this form
	query int    // the depth of a bracket that holds a query, 0 for none
	verb  string // the first word of the statement, in lower case; "" before it
	idle  bool   // it has no bare values, unless it calls a procedure
	last  string // the word before, in lower case; "" if it was none
	// users is set for a statement about users, password where it tells one.
	users, password bool
	// alters is set for an ALTER that may have a SET with a bare value.
	alters bool
}

// form is a kind of statement in which bare words are values.
type form uint8

const (
	noForm      form = iota
	settingForm      // SET a = x, b TO y; PRAGMA a = x; PRAGMA a(x); ATTACH x AS y KEY z
	execForm         // EXEC @r = a x, @b = y
)

// phase is a position in a form.
type phase uint8

const (
	beforeName phase = iota // the name of what takes a value is next
	inName                  // it may go on after a dot
	inValue
)

// next returns the scanner's next token, or a literal in its place.
func (b *bareValues) next() token {
	t := b.scan.next()
	switch {
	case t.is(";"):
		*b = bareValues{scan: b.scan}
	case b.idle && !b.mayCall(t):
	case t.kind == quotedToken || t.kind == wordToken:
		w := ""
		if t.kind == wordToken {
			w = lower(t.text)
		}
		if b.word(w) {
			t.kind = literalToken
		}
	default:
		b.other(t)
	}
	return t
}

// word takes a word, or "" for a quoted name, and reports whether it is a value.
func (b *bareValues) word(w string) bool {
	last := b.last
	b.last = w
	switch {
	case b.verb == "":
		b.verb, b.idle = w, isQuery(w)
		b.begin(w)
	case b.isPassword(w, last):
		return true
	case b.form == noForm:
		b.change(w, last)
	case b.query > 0:
	case b.depth == 0 && b.phase == inValue && isVerb(w):
		b.form, b.verb, b.idle = noForm, w, isQuery(w) // SET NOCOUNT ON SELECT ...
		b.begin(w)
	case b.depth > 0 && last == "(" && (w == "select" || w == "with"):
		b.query = b.depth
	case b.phase == beforeName:
		b.name(w)
	default:
		b.phase = inValue
		return !isSettingWord(w)
	}
	return false
}

// isQuery knows the statements without bare values.
func isQuery(verb string) bool {
	switch verb {
	case "select", "insert", "update", "delete", "with", "values", "replace", "merge":
		return true
	}
	return false
}

// mayCall reports whether a word calls a procedure, which needs no semicolon before it in
// SQL Server.
func (b *bareValues) mayCall(t token) bool {
	return b.scan.dialect == SQLServer && (t.isWord("exec") || t.isWord("execute"))
}

// begin begins the form of a verb.
func (b *bareValues) begin(w string) {
	switch {
	case w == "set" || w == "pragma":
		b.form, b.phase = settingForm, beforeName
	case w == "attach" || w == "detach":
		b.form, b.phase = settingForm, inValue
	case !b.scan.dialect.bareArguments():
	case w == "exec" || w == "execute":
		b.form, b.phase = execForm, beforeName
	case len(w) > 3 && (w[:3] == "sp_" || w[:3] == "xp_"):
		b.form, b.phase = execForm, inName // the first of a batch needs no EXEC
	}
	b.depth, b.query = 0, 0
}

// name takes the first part of a name, or a word before it.
func (b *bareValues) name(w string) {
	switch w {
	case "session", "global", "local", "persist", "persist_only", "statement":
		if b.form == settingForm {
			return
		}
	case "as", "on", "to", "immediate":
		if b.form == execForm {
			b.form = noForm // WITH EXECUTE AS OWNER
			return
		}
	}
	b.phase = inName
}

// change looks for a form that begins in the middle of a statement.
func (b *bareValues) change(w, last string) {
	b.users = b.users || last == b.verb && (w == "user" || w == "role" || w == "login")
	switch w {
	case "role", "user", "database", "system", "session", "function", "procedure":
		b.alters = b.alters || b.verb == "alter" && last == "alter"
	case "set":
		if b.alters {
			b.begin(w)
		}
	case "exec", "execute":
		if b.scan.dialect == SQLServer && b.verb != "grant" && b.verb != "revoke" && b.verb != "deny" {
			b.idle = false
			b.begin(w)
		}
	}
}

// isPassword reports whether a word is a password: IDENTIFIED BY acme REPLACE old, as
// Oracle writes it, or PASSWORD = acme.
func (b *bareValues) isPassword(w, last string) bool {
	switch {
	case b.password && (last == "by" || last == "replace" || last == "password" || last == "="):
		b.last = ""
		return true
	case last == "identified" && w == "by", b.users && w == "password":
		b.password = true
	}
	return false
}

// other takes what is no word.
func (b *bareValues) other(t token) {
	b.last = t.text
	switch {
	case b.form == noForm:
	case t.is("("):
		b.depth++
		b.phase = inValue
	case t.is(")"):
		if b.depth--; b.depth < b.query {
			b.query = 0
		}
	case t.is(".") && b.phase == inName:
		b.phase = beforeName
	case t.is(","):
		if b.form == settingForm && b.depth == 0 && b.scan.assigns() {
			b.phase = beforeName
		}
	case b.form == execForm && b.phase == beforeName: // EXEC @r = a
	case t.kind != punctToken:
		b.phase = inValue
	}
}

// assigns reports whether a name and a sign that assigns are next.
func (s *scanner) assigns() bool {
	ahead := *s
	ahead.settings.fixed = true
	for range 8 { // SESSION a.b.c =
		switch t := ahead.next(); {
		case t.kind == operatorToken:
			return t.text == "=" || t.text == ":="
		case t.kind == wordToken, t.kind == quotedToken, t.kind == paramToken, t.is("."):
		default:
			return false
		}
	}
	return false
}

// isSettingWord knows the words that are no values in the statements that set
// something.
func isSettingWord(w string) bool { return settingWords[w] }

var settingWords = wordSet(`
	all as authorization characteristics collate committed constraints database default
	deferrable deferred execute false for full global immediate isolation key level
	local names no none not null off on only out output password read recompile
	repeatable role serializable session set snapshot time to transaction true
	uncommitted with work write zone`)

// isVerb knows the words with which the next statement of a batch begins.
func isVerb(w string) bool {
	switch w {
	case "select", "insert", "update", "delete", "merge", "with", "exec", "declare", "if", "begin", "while", "print",
		"return", "truncate", "create", "drop", "alter", "set":
		return true
	}
	return false
}
