//go:build gc && !race && !purego

#include "textflag.h"

// A frame pointer points to the frame pointer of the caller, above which lies the
// address that the frame returns to. The goroutine's stack is in the first two
// words of g: stack.lo and stack.hi.

// func readChain(pcs *uintptr, size int) (n int, hash uint64)
TEXT ·readChain(SB), NOSPLIT|NOFRAME, $0-32
	MOVD pcs+0(FP), R0
	MOVD size+8(FP), R10
	MOVD 0(g), R1                  // lo
	MOVD 8(g), R2                  // hi
	MOVD RSP, R8
	CMP  R1, R8
	BLO  none                      // these are not the bounds of a stack
	CMP  R2, R8
	BHI  none
	SUB  $8, R8, R1                // the nearest frame pointer lies right below
	SUB  $16, R2                   // the last place for a pair
	MOVD $0x9e3779b97f4a7c15, R3
	MOVD $0, R4                    // hash
	MOVD $0, R5                    // n
	MOVD R29, R6
loop:
	CMP  R1, R6
	BLO  done                      // below the stack
	CMP  R2, R6
	BHI  done                      // above it
	TST  $7, R6
	BNE  done
	MOVD 8(R6), R7
	MOVD R7, (R0)(R5<<3)
	EOR  R7, R4
	MUL  R3, R4
	ADD  $1, R5
	CMP  R10, R5
	BEQ  done
	MOVD (R6), R8
	CMP  R6, R8
	BLS  done                      // a caller's frame is further up
	MOVD R8, R6
	B    loop
done:
	LSR  $32, R4, R8
	EOR  R8, R4
	MOVD R5, n+16(FP)
	MOVD R4, hash+24(FP)
	RET
none:
	MOVD ZR, n+16(FP)
	MOVD ZR, hash+24(FP)
	RET

// func goroutine() uint64
TEXT ·goroutine(SB), NOSPLIT|NOFRAME, $0-8
	MOVD g, ret+0(FP)
	RET
