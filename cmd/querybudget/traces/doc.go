// Package traces applies the rules of budget to OpenTelemetry traces of any language. It has
// no rules of its own: the spans of a request are replayed into a recorder, in the order in
// which they happened, and the recorder's report is judged.
//
// What spans do not tell is not guessed. Where a text has placeholders and the span has no
// arguments, findings say so; a list that an instrumentation shortened to one placeholder is
// taken for a list.
package traces
