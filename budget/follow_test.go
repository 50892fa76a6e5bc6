package budget

import (
	"context"
	"testing"
)

// BenchmarkFollow is what an alarm costs a unit that is quick.
func BenchmarkFollow(b *testing.B) {
	d := Delivery{Alarm: &Alarm{Tell: func([]Hang) {}}}
	d.prepare()
	ctx, r := NewContext(context.Background())
	b.ReportAllocs()
	for b.Loop() {
		d.follow(ctx, r)
		d.unfollow(r)
	}
}
