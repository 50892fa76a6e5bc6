package explain_test

import (
	"context"
	"fmt"

	"github.com/querybudget/querybudget/explain"
)

// A test has three rows, of which each database reads all. The verdict is about the index.
func ExamplePlan() {
	planner := sqliteShop("SCAN books") // explain.SQL(db)
	result, err := explain.Plan(context.Background(), planner, "SELECT title FROM books WHERE author_id = ?")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Verdict)
	for _, table := range result.Faults() {
		fmt.Println(&table)
	}
	// Output:
	// not indexed
	// reads all of books: no index begins with author_id
}
