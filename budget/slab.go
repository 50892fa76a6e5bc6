package budget

// slab hands out values that are made several at a time, the more the more it has
// handed out: one allocation for many. None comes back.
type slab[T any] struct{ made []T }

const (
	fewMade  = 4
	manyMade = 32
)

// take returns a new zero value.
func (s *slab[T]) take() *T {
	if len(s.made) == cap(s.made) {
		s.made = make([]T, 0, min(max(fewMade, 4*cap(s.made)), manyMade))
	}
	s.made = s.made[:len(s.made)+1]
	return &s.made[len(s.made)-1]
}
