//go:build gc && !race && !purego

#include "textflag.h"

// A frame's base pointer points to the base pointer of its caller, above which
// lies the address that it returns to. The goroutine's stack is in the first two
// words of g: stack.lo and stack.hi.

// func readChain(pcs *uintptr, size int) (n int, hash uint64)
TEXT ·readChain(SB), NOSPLIT|NOFRAME, $0-32
	MOVQ pcs+0(FP), DI
	MOVQ size+8(FP), SI
	MOVQ (TLS), AX
	MOVQ 0(AX), R8                 // lo
	MOVQ 8(AX), R9                 // hi
	CMPQ SP, R8
	JCS  none                      // these are not the bounds of a stack
	CMPQ SP, R9
	JHI  none
	MOVQ SP, R8                    // frames lie above
	SUBQ $16, R9                   // the last place for a pair
	MOVQ $0x9e3779b97f4a7c15, R11
	XORQ R10, R10                  // hash
	XORQ CX, CX                    // n
	MOVQ BP, AX
loop:
	CMPQ AX, R8
	JCS  done                      // below the stack
	CMPQ AX, R9
	JHI  done                      // above it
	TESTQ $7, AX
	JNE  done
	MOVQ 8(AX), DX
	MOVQ DX, (DI)(CX*8)
	XORQ DX, R10
	IMULQ R11, R10
	INCQ CX
	CMPQ CX, SI
	JEQ  done
	MOVQ (AX), BX
	CMPQ BX, AX
	JLS  done                      // a caller's frame is further up
	MOVQ BX, AX
	JMP  loop
done:
	MOVQ R10, BX
	SHRQ $32, BX
	XORQ BX, R10
	MOVQ CX, n+16(FP)
	MOVQ R10, hash+24(FP)
	RET
none:
	MOVQ $0, n+16(FP)
	MOVQ $0, hash+24(FP)
	RET

// func goroutine() uint64
TEXT ·goroutine(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ (TLS), AX
	MOVQ AX, ret+0(FP)
	RET
