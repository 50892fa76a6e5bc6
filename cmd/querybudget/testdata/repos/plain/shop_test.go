package plain

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"example.com/fakedb"
	"example.com/plain/shoptest"
)

func open(t *testing.T) *Shop {
	db := fakedb.Open()
	t.Cleanup(func() { _ = db.Close() })
	for range 7 {
		_, _ = db.Exec("INSERT INTO books (title) VALUES ('fixture')")
	}
	return &Shop{db}
}

func TestTitles(t *testing.T) {
	if n := open(t).Titles(t.Context()); n != 4 {
		t.Error(n)
	}
}

// A loop of the test, and goroutines that it starts, are no loop of the shop.
func TestRounds(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	for range 8 {
		s.One(t.Context())
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { s.One(t.Context()) })
	}
	all.Wait()
}

// What a test cleans up at its end is one call for each thing.
func TestCleanUp(t *testing.T) {
	s := &Shop{fakedb.Open()}
	t.Cleanup(func() { _ = s.DB.Close() })
	for _, line := range []string{"a", "b", "c", "d", "e", "f"} {
		note(t, s, line)
	}
}

func note(t *testing.T, s *Shop, line string) {
	s.Note(line)
	t.Cleanup(func() { s.Forget(line) })
}

// A list that stands in the source has as many rounds in production.
func TestFound(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	s.Found()
}

// Three reads are a loop if the source has one around them; three writes of a request may be as many as ever.
func TestLog(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	s.Log("a", "b", "c")
	s.Named(t.Context(), 1, 2, 3)
	s.Dial(t.Context(), "123")
}

func TestServer(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	server := httptest.NewServer(s.Routes())
	defer server.Close()
	for range 3 {
		response, err := http.Get(server.URL + "/setting/7")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}
}

// The driver's own type is there, as in any program.
func TestRaw(t *testing.T) {
	db := fakedb.Open()
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Raw(func(c any) error { _ = c.(fakedb.Conn); return nil }); err != nil {
		t.Error(err)
	}
}

func TestFails(t *testing.T) { t.Error("as it does without a scan") }

// Of subtests that run at the same time, each is one call.
func TestParallel(t *testing.T) {
	s := &Shop{fakedb.Open()}
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.One(t.Context())
		})
	}
}

// Packages that only tests import are fixtures.
func TestFixtures(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	shoptest.Fill(s.Note, 9)
}

// No shelf has more than two books; that they are read one by one shows in the three
// tests together.
func TestEmptyShelf(t *testing.T) { shelf(t, 0) }
func TestShelfOfOne(t *testing.T) { shelf(t, 1) }
func TestShelfOfTwo(t *testing.T) { shelf(t, 2) }

func shelf(t *testing.T, books int) {
	t.Helper()
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	if got := s.Shelf(t.Context(), books); got != books {
		t.Error(got)
	}
}

// Goroutines of the shop belong to the call, although they have no context.
func TestFanOut(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	s.Stock(1, 2, 3, 4, 5, 6)
	s.Stock(7, 8)
}

// A function that the shop calls back is the test's, and so is what it calls in the test.
func TestCallback(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	s.Within(func() {
		three(t, s)
	})
}

func three(t *testing.T, s *Shop) {
	s.One(t.Context())
	s.One(t.Context())
	s.One(t.Context())
}

func TestRename(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	for id := range 8 {
		s.Rename(t.Context(), id)
	}
}

// Most tests have one reader.
func TestLend(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	for range 8 {
		s.Lend(t.Context(), 1, 1)
	}
	for reader := range 3 {
		s.Lend(t.Context(), 7, reader)
	}
}

// A worker writes one line after the other, as they come.
func TestWorker(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	s.Start().Add("a", "b", "c", "d", "e", "f")
	w := s.Worker()
	go func() { w.Run() }()
	w.Add("a", "b", "c", "d", "e", "f")
}

// What a test sends itself is counted, and judged no more than a fixture is.
func TestSends(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	for _, table := range []string{"a", "a", "a", "a"} {
		seed(t, s, table)
	}
}

func seed(t *testing.T, s *Shop, table string) {
	t.Helper()
	for line := range 5 {
		if _, err := s.DB.Exec("INSERT INTO "+table+" (line) VALUES (?)", line); err != nil {
			t.Fatal(err)
		}
	}
}

// What is sent beside a call of another service is one piece of work for each item.
func TestNotify(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer service.Close()
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	s.Notify(service.URL, 1, 2, 3, 4, 5, 6)
	s.NotifyAll(service.URL, 1, 2, 3, 4, 5, 6)
}

// The loop is that of a function for tests.
func TestCharge(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	s.ChargeReadersForTest(6)
}

// What a goroutine does for one message after the other is no loop.
func TestQueues(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	s.Write("a", "b", "c", "d", "e", "f")
	s.Consume(fakedb.Subscribe(6))
}

// Rows are open when the test ends, since a goroutine goes on.
func TestWatch(t *testing.T) { (&Shop{fakedb.Open()}).Watch() }

// Two items are one in most calls, and not in all.
func TestPass(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	for range 8 {
		s.Pass(7, 7)
	}
	for range 4 {
		s.Pass(7, 8)
	}
}

func TestPlan(t *testing.T) { (&Shop{fakedb.Open()}).Plan(1, 2, 3, 4, 5, 6) }

// An example belongs to no test, and is no start of the program.
func ExampleShop_Archive() {
	(&Shop{fakedb.Open()}).Archive(1, 2, 3, 4, 5)
	// Output:
}

// The worker that the first request starts works for the others, too.
func TestMails(t *testing.T) {
	server := httptest.NewServer((&Shop{fakedb.Open()}).Mails())
	defer server.Close()
	for range 6 {
		if response, err := http.Get(server.URL); err == nil {
			_ = response.Body.Close()
		}
	}
}

// A loop over an iterator of the shop is one call of it; one over what a function returns is not.
func TestCovers(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	for range s.Covers(1, 2, 3, 4, 5) {
	}
	for _, id := range ids(6) {
		s.Charge(id)
	}
}

func ids(n int) []int { return make([]int, n) }

// The commands of a session are pieces of work of their own, and so are messages on a board.
func TestSession(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	stop := make(chan struct{})
	defer close(stop)
	go func() { wait(stop) }()
	connected, b := make(chan *Session), &Board{all: map[string]chan string{}}
	go func() { connected <- s.Connect() }()
	go func() { s.Listen(b, "a") }()
	c := <-connected
	talk(c, b, 1, 2, 3, 4, 5, 6)
}

func wait(stop chan struct{}) { <-stop }

func talk(c *Session, b *Board, ids ...int) {
	if len(ids) > 0 {
		c.Ask(ids[0])
		b.Say("a", "line")
		talk(c, b, ids[1:]...)
	}
}

// What is deferred runs when the test has reached its last line.
func TestDeferred(t *testing.T) {
	s := &Shop{fakedb.Open()}
	defer s.DB.Close()
	defer s.Charge(1)
	defer s.Charge(2)
	defer s.Charge(3)
	defer s.Charge(4)
	defer s.Charge(5)
}

// What clients ask a server for, that a goroutine of the test runs, is no work of that goroutine's one call.
func TestServe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Shop{fakedb.Open()}
	var served sync.WaitGroup
	served.Go(func() { s.Answer(l) })
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(conn)
	for n := range 50 {
		_, _ = conn.Write([]byte(strconv.Itoa(n) + "\n"))
		_, _ = answers.ReadString('\n')
	}
	_, _ = conn.Close(), l.Close()
	served.Wait()
}
