package budget

// FNV-1a, for keys that must be the same in every process (shapes, call sites)
// or that hash a few words. Argument values are hashed with a seed instead.
const (
	fnvOffset uint64 = 14695981039346656037
	fnvPrime  uint64 = 1099511628211
)

func hashString(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return (h ^ 0xff) * fnvPrime // 0xff ends a string: no valid UTF-8 holds it
}
