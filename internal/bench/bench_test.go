package main

import "testing"

// Every operation with every subject, for profiles, and so that none can rot.
func BenchmarkOperations(b *testing.B) {
	for _, op := range operations() {
		for _, s := range subjects() {
			b.Run(op.name+"/"+s.name, func(b *testing.B) {
				t, err := newTrial(s, op, fakeDriver{}, "")
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				b.ResetTimer()
				if err := t.block(b.N); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}
