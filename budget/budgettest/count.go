package budgettest

import "fmt"

// Count says how many of something there may be. The zero Count allows any
// number.
type Count struct {
	set      bool
	min, max int64 // max < 0: no limit
}

// Exactly allows n and nothing else.
func Exactly(n int64) Count { return Count{set: true, min: n, max: n} }

// Between allows from low to high, both included.
func Between(low, high int64) Count { return Count{set: true, min: low, max: high} }

// AtMost allows up to n.
func AtMost(n int64) Count { return Count{set: true, max: n} }

// AtLeast allows n and more.
func AtLeast(n int64) Count { return Count{set: true, min: n, max: -1} }

// String returns "exactly 3", "2 to 4", "at most 3", "at least 1" or "any".
func (c Count) String() string {
	switch {
	case !c.set:
		return "any"
	case c.max < 0:
		return fmt.Sprintf("at least %d", c.min)
	case c.min == c.max:
		return fmt.Sprintf("exactly %d", c.min)
	case c.min == 0:
		return fmt.Sprintf("at most %d", c.max)
	default:
		return fmt.Sprintf("%d to %d", c.min, c.max)
	}
}

func (c Count) allows(n int64) bool {
	return !c.set || n >= c.min && (c.max < 0 || n <= c.max)
}

// valid reports whether any number can satisfy c.
func (c Count) valid() bool { return c.min >= 0 && (c.max == -1 || c.max >= c.min || !c.set) }
