package traces

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// errBroken is what is wrong with a message that is no protobuf of OTLP.
var errBroken = errors.New("broken protobuf")

// field is one of a message.
type field struct {
	number int
	wire   int    // 0, 1, 2 or 5
	value  uint64 // of 0, 1 and 5
	bytes  []byte // of 2
}

// fields calls f for each field of a message.
func fields(message []byte, f func(field) error) error {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 || tag>>3 == 0 || tag>>3 > math.MaxInt32 {
			return fmt.Errorf("%w: a tag", errBroken)
		}
		message = message[n:]
		one := field{number: int(tag >> 3), wire: int(tag & 7)}
		size := 0
		switch one.wire {
		case 0:
			if one.value, size = binary.Uvarint(message); size <= 0 {
				return fmt.Errorf("%w: a number", errBroken)
			}
		case 1:
			if size = 8; len(message) >= size {
				one.value = binary.LittleEndian.Uint64(message)
			}
		case 2:
			length, n := binary.Uvarint(message)
			if n <= 0 || length > uint64(len(message)-n) {
				return fmt.Errorf("%w: a length of %d, and %d bytes are left", errBroken, length, len(message))
			}
			one.bytes, size = message[n:n+int(length)], n+int(length)
		case 5:
			if size = 4; len(message) >= size {
				one.value = uint64(binary.LittleEndian.Uint32(message))
			}
		default:
			return fmt.Errorf("%w: wire type %d", errBroken, one.wire)
		}
		if size > len(message) {
			return fmt.Errorf("%w: the message ends within a field", errBroken)
		}
		message = message[size:]
		if err := f(one); err != nil {
			return err
		}
	}
	return nil
}

// decodeProtobuf calls f for each span of a message ExportTraceServiceRequest, or
// TracesData, which is the same. The span is valid during the call.
func decodeProtobuf(message []byte, intern func([]byte) string, f func(*Span) error) error {
	d := protobuf{intern, f}
	return fields(message, d.resourceSpans)
}

type protobuf struct {
	intern func([]byte) string
	f      func(*Span) error
}

func (d *protobuf) resourceSpans(of field) error {
	if of.number != 1 || of.wire != 2 {
		return nil
	}
	return fields(of.bytes, func(of field) error {
		if of.number != 2 || of.wire != 2 { // scope_spans
			return nil
		}
		return fields(of.bytes, func(of field) error {
			if of.number != 2 || of.wire != 2 { // spans
				return nil
			}
			var s Span
			if err := fields(of.bytes, func(of field) error { return d.span(&s, of) }); err != nil {
				return err
			}
			return d.f(&s)
		})
	})
}

func (d *protobuf) span(s *Span, of field) error {
	switch {
	case of.number == 1 && of.wire == 2:
		return id(s.Trace[:], of.bytes, "trace")
	case of.number == 2 && of.wire == 2:
		return id(s.ID[:], of.bytes, "span")
	case of.number == 4 && of.wire == 2 && len(of.bytes) > 0:
		return id(s.Parent[:], of.bytes, "parent span")
	case of.number == 5 && of.wire == 2:
		s.Name = cut(d.text(of.bytes), maxName)
	case of.number == 6 && of.wire == 0:
		s.Kind = int(of.value & 0xff)
	case of.number == 7 && of.wire == 1:
		s.Start = of.value
	case of.number == 8 && of.wire == 1:
		s.End = of.value
	case of.number == 9 && of.wire == 2:
		return d.attribute(s, of.bytes)
	case of.number == 15 && of.wire == 2:
		return fields(of.bytes, func(of field) error {
			s.Failed = s.Failed || of.number == 3 && of.value == 2
			return nil
		})
	}
	return nil
}

func id(to, from []byte, what string) error {
	if len(from) != len(to) {
		return fmt.Errorf("%w: the id of a %s has %d bytes", errBroken, what, len(from))
	}
	copy(to, from)
	return nil
}

// text is a text that is kept: the message is not.
func (d *protobuf) text(b []byte) string {
	if !utf8.Valid(b) {
		b = []byte(strconv.QuoteToASCII(string(b)))
	}
	return d.intern(b)
}

func (d *protobuf) attribute(s *Span, message []byte) error {
	var key string
	var value []byte
	err := fields(message, func(of field) error {
		switch {
		case of.number == 1 && of.wire == 2:
			key = d.text(of.bytes)
		case of.number == 2 && of.wire == 2:
			value = of.bytes
		}
		return nil
	})
	if err != nil {
		return err
	}
	return fields(value, func(of field) error {
		switch {
		case of.number == 1 && of.wire == 2:
			s.setText(key, d.text(of.bytes))
		case of.number == 2 && of.wire == 0:
			s.setArgument(key, strconv.FormatBool(of.value != 0))
		case of.number == 3 && of.wire == 0:
			s.setNumber(key, int64(of.value)) // as it was sent
		case of.number == 4 && of.wire == 1:
			s.setArgument(key, strconv.FormatFloat(math.Float64frombits(of.value), 'g', -1, 64))
		}
		return nil
	})
}
