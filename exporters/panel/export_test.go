package panel

// Watched is the number of deliveries whose units are looked at.
func Watched(p *Panel) int {
	p.live.mu.Lock()
	defer p.live.mu.Unlock()
	return len(p.live.watched)
}

// Streams is the number of pages that are told of changes.
func Streams(p *Panel) int {
	p.streams.mu.Lock()
	defer p.streams.mu.Unlock()
	return len(p.streams.open)
}

// MaxStreams is how many there may be.
const MaxStreams = maxStreams
