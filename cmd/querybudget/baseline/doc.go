// Package baseline holds what a repository has accepted of its findings: a file that is
// committed, and the verbs that read and write it.
//
// The file has a line for each key, sorted, without lines of code and values, so that it
// does not change when code moves, and plain text merges of it are right or conflict. It is
// a set: one finding that was repaired does not make room for another one. What grows with
// the data is accepted at any size.
//
// No verb does two things. [File.Check] judges and writes nothing. [File.Accept] only adds and
// raises, and needs a reason. [File.Prune] only removes and lowers. [Merge] merges.
package baseline
