package traces

import "strings"

// placeholders turns %s and %(name)s, which Python's drivers use, into question marks. In
// strings and comments nothing is one.
func placeholders(text string) string {
	var out strings.Builder
	scan(text, func(part string, isCode bool) {
		if !isCode {
			out.WriteString(part)
			return
		}
		for {
			i := strings.IndexByte(part, '%')
			if i < 0 {
				out.WriteString(part)
				return
			}
			out.WriteString(part[:i])
			n := placeholderLength(part[i:])
			if n == 0 {
				out.WriteByte('%')
				n = 1
			} else {
				out.WriteByte('?')
			}
			part = part[i+n:]
		}
	})
	return out.String()
}

// placeholderLength is the length of a placeholder that begins with %, 0 for none.
func placeholderLength(s string) int {
	if strings.HasPrefix(s, "%s") && !isWord(s, 2) {
		return 2
	}
	if !strings.HasPrefix(s, "%(") {
		return 0
	}
	if end := strings.Index(s, ")s"); end > 0 {
		return end + 2
	}
	return 0
}

func isWord(s string, i int) bool {
	return i < len(s) && (s[i] == '_' || s[i] >= '0' && s[i] <= '9' || s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z')
}

// hasPlaceholder reports whether a text leaves values out: ?, $1, :name, @p1, %s or
// %(name)s, outside of strings.
func hasPlaceholder(text string) (found bool) {
	scan(text, func(part string, isCode bool) {
		for i := 0; isCode && !found && i < len(part); i++ {
			before := byte(' ')
			if i > 0 {
				before = part[i-1]
			}
			switch part[i] {
			case '?':
				found = true
			case '$', '@':
				found = isWord(part, i+1) && !isWord(string(before), 0) && before != part[i]
			case ':':
				found = isWord(part, i+1) && before != ':' && !isWord(string(before), 0)
			case '%':
				found = placeholderLength(part[i:]) > 0
			}
		}
	})
	return found
}

// scan calls f for the parts of a text: code, and strings, names in quotes and comments.
func scan(text string, f func(part string, isCode bool)) {
	from := 0
	for i := 0; i < len(text); {
		n := quoted(text[i:])
		if n == 0 {
			i++
			continue
		}
		f(text[from:i], true)
		f(text[i:i+n], false)
		i += n
		from = i
	}
	f(text[from:], true)
}

// quoted is the length of a string, name in quotes or comment at the beginning of s, 0 for
// none. One that never ends goes on to the end.
func quoted(s string) int {
	end := ""
	switch {
	case s[0] == '\'' || s[0] == '"' || s[0] == '`':
		end = s[:1]
	case strings.HasPrefix(s, "--"):
		end = "\n"
	case strings.HasPrefix(s, "/*"):
		end = "*/"
	default:
		return 0
	}
	if i := strings.Index(s[len(end):], end); i >= 0 {
		return len(end) + i + len(end)
	}
	return len(s)
}
