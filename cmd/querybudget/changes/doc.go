// Package changes says which change of the code an entry comes from: it joins the hunks of
// git diff with the call site of the query and the frames around it. A loop is often added
// by a caller, while the line that sends the query is as it was.
package changes
