package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/querybudget/querybudget/budget"
)

type ctx = context.Context

// child is an n+1 over the rows of its parent.
func child(table, parent string, proven bool) []Want {
	return []Want{{Kind: budget.NPlusOne, Table: table, Parent: parent, Proven: proven}}
}

func writes(table string) []Want    { return []Want{{Kind: budget.WriteLoop, Table: table}} }
func twice(table, at string) []Want { return []Want{{Kind: budget.Duplicate, Table: table, At: at}} }
func lost(table string) []Want      { return []Want{{Kind: budget.ReadModifyWrite, Table: table}} }
func inserted(table string) []Want {
	return []Want{{Kind: budget.SelectThenInsert, Table: table}}
}

func number(text string) int { n, _ := strconv.Atoi(text); return n }

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func anys(texts []string) (out []any) {
	for _, t := range texts {
		out = append(out, t)
	}
	return out
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
