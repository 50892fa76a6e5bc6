package statement

// Dialect decides how text is read where databases differ: quotes, escapes,
// comments and parameters. It is the name that OpenTelemetry gives the database.
type Dialect string

const (
	// Standard is for databases that are not known, by whatever name. What is a
	// literal in one of the databases is one, strings in double quotes among them.
	// Where they would part, at a quote behind a backslash for instance, all the
	// rest of the text is a literal.
	Standard Dialect = ""
	// PostgreSQL has dollar quotes, strings with an E before them and nested comments.
	PostgreSQL Dialect = "postgresql"
	// MySQL is MariaDB too: backslash escapes, strings in double quotes, comments
	// that are executed.
	MySQL Dialect = "mysql"
	// SQLite knows everybody's quotes.
	SQLite Dialect = "sqlite"
	// SQLServer has names in brackets and temporary tables with a #.
	SQLServer Dialect = "microsoft.sql_server"
)

// known returns the dialect that is read: a name that is not known is Standard.
func (d Dialect) known() Dialect {
	switch d {
	case PostgreSQL, MySQL, SQLite, SQLServer:
		return d
	case "mariadb":
		return MySQL
	default:
		return Standard
	}
}

// backslash reports whether a backslash escapes the next character in every
// string. PostgreSQL puts an E before strings for that.
func (d Dialect) backslash() bool { return d == MySQL }

// nestedComments: MySQL and SQLite end a comment at the first */.
func (d Dialect) nestedComments() bool { return d != MySQL && d != SQLite }

// executableComments: /*! ... */ is executed.
func (d Dialect) executableComments() bool { return d == MySQL || d == Standard }

// dollarQuotes: $tag$ ... $tag$.
func (d Dialect) dollarQuotes() bool { return d == PostgreSQL || d == Standard }

// brackets: [name].
func (d Dialect) brackets() bool { return d == SQLServer || d == SQLite }

// doubleQuotedStrings: MySQL without ANSI_QUOTES. With it, names are taken for
// strings, which hides more than it needs to.
func (d Dialect) doubleQuotedStrings() bool { return d == MySQL || d == Standard }

// bareArguments: EXEC procedure word, where the word is a string.
func (d Dialect) bareArguments() bool { return d == SQLServer || d == Standard }
