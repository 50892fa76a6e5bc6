//go:build (amd64 || arm64) && gc && !race && !purego

package callsite

// readChain reads the return addresses of the calling goroutine, from that of its
// caller's frame outwards, and hashes them. From pcs on there is room for size of them.
// It stays inside of the goroutine's stack, does not call, and is assembly, where a
// goroutine is not preempted: the stack does not move meanwhile.
//
//go:noescape
func readChain(pcs *uintptr, size int) (n int, hash uint64)

// goroutine returns the address of what the runtime keeps of the calling goroutine.
//
//go:noescape
func goroutine() uint64
