package pprofbudget

// message writes protocol buffers: as much of them as a profile needs. A field that has
// its zero value is left out.
type message struct{ bytes []byte }

// The two ways in which fields are written.
const (
	varintField = 0
	bytesField  = 2
)

func (m *message) varint(v uint64) {
	for ; v >= 0x80; v >>= 7 {
		m.bytes = append(m.bytes, byte(v)|0x80)
	}
	m.bytes = append(m.bytes, byte(v))
}

func (m *message) number(field int, v int64) {
	if v != 0 {
		m.varint(uint64(field)<<3 | varintField)
		m.varint(uint64(v))
	}
}

// numbers writes all of a list, zeros too.
func (m *message) numbers(field int, list ...int64) {
	var packed message
	for _, v := range list {
		packed.varint(uint64(v))
	}
	m.message(field, packed)
}

func (m *message) text(field int, s string) {
	m.varint(uint64(field)<<3 | bytesField)
	m.varint(uint64(len(s)))
	m.bytes = append(m.bytes, s...)
}

func (m *message) message(field int, part message) { m.text(field, string(part.bytes)) }
