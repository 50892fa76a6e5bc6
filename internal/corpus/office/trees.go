package main

import (
	"sync"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/office/db"
)

const childFolders = "SELECT id FROM folders WHERE parent_id = ? AND id <> parent_id"

func tree(table, at string, count int64) Want {
	return Want{Kind: budget.NPlusOne, Table: table, At: at, Parent: "none", Count: count, Says: "WITH RECURSIVE", Hides: "IN (?)"}
}

var officeTrees = []Case{
	{About: "a tree of 15", Run: folderTree, Want: []Want{tree("folders", "subfolders", 15)}},
	{About: "a tree of 15", Run: folderTree, Bare: true, Want: []Want{tree("folders", "subfolders", 15)}},
	{About: "a tree of 7", Run: folderSubtree, Want: []Want{tree("folders", "subfolders", 7)}},
	{About: "by a method", Run: folderMethod, Want: []Want{tree("folders", "walk", 15)}},
	{About: "two functions that both read", Run: foldersAndDocuments, Want: []Want{{Kind: budget.NPlusOne, Table: "folders", At: "folderOf", Parent: "none", Also: "documents"}}},
	{About: "in goroutines", Run: folderGoroutines, Want: []Want{{Kind: budget.NPlusOne, Table: "folders", At: "spread", Parent: "none", Count: 15}}},
	{About: "with a queue", Run: folderQueue, Want: []Want{tree("folders", "folderQueue", 15)}},
	{About: "with a stack", Run: folderStack, Want: []Want{tree("folders", "folderStack", 15)}},
	{About: "level by level", Run: folderLevels},
	{About: "a chain of managers", Run: managerChain, Want: []Want{tree("employees", "managersOf", 12)}},
	{About: "a chain of managers in a loop", Run: managerLoop, Want: []Want{{Kind: budget.NPlusOne, Table: "employees", Parent: "none", Count: 12, Says: "WITH RECURSIVE", Hides: "IN (?)"}}},
	{About: "a chain of two", Run: managerOfManager},
	{About: "a tree is taken away", Run: deleteTree, Want: []Want{
		{Kind: budget.WriteLoop, Table: "folders", At: "deleteBelow", Also: "folders"},
	}},
	{About: "a recursion that asks once", Run: askOnce},
	{About: "a function that calls itself for each page", Run: pageRecursion},
	{About: "five calls of one function, none below another", Run: fiveFolders},
	{About: "the children of each, one level", Run: oneLevel, Want: []Want{{Kind: budget.NPlusOne, Table: "documents", Parent: "folders", Proven: true}}},
}

func subfolders(c ctx, d *db.DB, id string) {
	for _, child := range d.Column(c, childFolders, id) {
		subfolders(c, d, child)
	}
}

func folderTree(c ctx, d *db.DB)    { subfolders(c, d, "201") }
func folderSubtree(c ctx, d *db.DB) { subfolders(c, d, "202") }

type walker struct{ d *db.DB }

func (w walker) walk(c ctx, id string, depth int) {
	if depth > 10 {
		return
	}
	for _, row := range w.d.Rows(c, "SELECT id, title FROM folders WHERE parent_id = ? ORDER BY id", id) {
		w.walk(c, row[0], depth+1)
	}
}

func folderMethod(c ctx, d *db.DB) { walker{d}.walk(c, "201", 0) }

func folderOf(c ctx, d *db.DB, id string) {
	children := d.Column(c, childFolders, id)
	documentsOf(c, d, id, children)
}

func documentsOf(c ctx, d *db.DB, id string, children []string) {
	d.Rows(c, "SELECT title FROM documents WHERE folder_id = ?", id)
	for _, child := range children {
		folderOf(c, d, child)
	}
}

func foldersAndDocuments(c ctx, d *db.DB) { folderOf(c, d, "201") }

func spread(c ctx, d *db.DB, id string) {
	var all sync.WaitGroup
	for _, child := range d.Column(c, childFolders, id) {
		all.Go(func() { spread(c, d, child) })
	}
	all.Wait()
}

func folderGoroutines(c ctx, d *db.DB) { spread(c, d, "201") }

func folderQueue(c ctx, d *db.DB) {
	for queue := []string{"201"}; len(queue) > 0; {
		id := queue[0]
		queue = append(queue[1:], d.Column(c, childFolders, id)...)
	}
}

func folderStack(c ctx, d *db.DB) {
	for stack := []string{"201"}; len(stack) > 0; {
		id := stack[len(stack)-1]
		stack = append(stack[:len(stack)-1], d.Column(c, childFolders, id)...)
	}
}

func folderLevels(c ctx, d *db.DB) {
	for level := []string{"201"}; len(level) > 0; {
		level = d.Column(c, "SELECT id FROM folders WHERE parent_id IN ("+marks(len(level))+")", anys(level)...)
	}
}

func managersOf(c ctx, d *db.DB, id string) {
	if manager := d.One(c, "SELECT manager_id FROM employees WHERE id = ?", id); manager > "300" {
		managersOf(c, d, manager)
	}
}

func managerChain(c ctx, d *db.DB) { managersOf(c, d, "312") }

func managerLoop(c ctx, d *db.DB) {
	for id := "312"; id > "300"; {
		id = d.One(c, "SELECT manager_id FROM employees WHERE id = ?", id)
	}
}

func managerOfManager(c ctx, d *db.DB) { managersOf(c, d, "302") }

func deleteBelow(c ctx, d *db.DB, id string) {
	for _, child := range d.Column(c, childFolders, id) {
		deleteBelow(c, d, child)
	}
	d.Exec(c, "DELETE FROM folders WHERE id = ?", id)
}

func deleteTree(c ctx, d *db.DB) { deleteBelow(c, d, "201") }

func countdown(c ctx, d *db.DB, n int) {
	if n > 0 {
		countdown(c, d, n-1)
		return
	}
	d.Rows(c, "SELECT title FROM folders WHERE id = ?", 201)
}

func askOnce(c ctx, d *db.DB) { countdown(c, d, 12) }

func nextPage(c ctx, d *db.DB, last string) {
	ids := d.Column(c, "SELECT id FROM orders WHERE id > ? ORDER BY id LIMIT 4", last)
	if len(ids) > 0 {
		nextPage(c, d, ids[len(ids)-1])
	}
}

func pageRecursion(c ctx, d *db.DB) { nextPage(c, d, "0") }

func folderTitle(c ctx, d *db.DB, id int) string {
	return d.One(c, "SELECT title FROM folders WHERE id = ?", id)
}

func fiveFolders(c ctx, d *db.DB) {
	inbox := folderTitle(c, d, 209)
	sent := folderTitle(c, d, 204)
	drafts := folderTitle(c, d, 212)
	trash := folderTitle(c, d, 202)
	_ = inbox + sent + drafts + trash + folderTitle(c, d, 215)
}

func oneLevel(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, title FROM folders ORDER BY id") {
		d.Rows(c, "SELECT title FROM documents WHERE folder_id = ?", id)
	}
}
