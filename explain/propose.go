package explain

// Proposal is an index.
type Proposal struct {
	// SQL creates the index.
	SQL string
}

func (p *Proposal) String() string { return p.SQL }
