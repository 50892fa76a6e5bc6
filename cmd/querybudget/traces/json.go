package traces

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// jsonRequest is OTLP in JSON, as far as it is needed.
type jsonRequest struct {
	ResourceSpans []struct {
		ScopeSpans []struct {
			Spans []jsonSpan `json:"spans"`
		} `json:"scopeSpans"`
	} `json:"resourceSpans"`
}

type jsonSpan struct {
	TraceID    string          `json:"traceId"`
	ID         string          `json:"spanId"`
	Parent     string          `json:"parentSpanId"`
	Name       string          `json:"name"`
	Kind       jsonKind        `json:"kind"`
	Start      jsonNumber      `json:"startTimeUnixNano"`
	End        jsonNumber      `json:"endTimeUnixNano"`
	Attributes []jsonAttribute `json:"attributes"`
	Status     struct {
		Code jsonKind `json:"code"`
	} `json:"status"`
}

type jsonAttribute struct {
	Key   string `json:"key"`
	Value struct {
		String *string     `json:"stringValue"`
		Int    *jsonNumber `json:"intValue"`
		Bool   *bool       `json:"boolValue"`
		Double *float64    `json:"doubleValue"`
	} `json:"value"`
}

// jsonNumber is a number of 64 bits, which is a text in JSON of protobuf.
type jsonNumber uint64

func (n *jsonNumber) UnmarshalJSON(text []byte) error {
	s := strings.Trim(string(text), `"`)
	if signed, err := strconv.ParseInt(s, 10, 64); err == nil {
		*n = jsonNumber(signed) // negative ones come back as they were
		return nil
	}
	u, err := strconv.ParseUint(s, 10, 64)
	*n = jsonNumber(u)
	if err != nil {
		return fmt.Errorf("not a number: %.40q", text)
	}
	return nil
}

// jsonKind is an enumeration: a number, or its name.
type jsonKind int

func (k *jsonKind) UnmarshalJSON(text []byte) error {
	switch s := strings.Trim(string(text), `"`); s {
	case "SPAN_KIND_SERVER":
		*k = kindServer
	case "SPAN_KIND_CLIENT":
		*k = kindClient
	case "SPAN_KIND_CONSUMER":
		*k = kindConsumer
	case "STATUS_CODE_ERROR":
		*k = 2
	default:
		if n, err := strconv.Atoi(s); err == nil {
			*k = jsonKind(n)
		}
	}
	return nil
}

// decodeJSON returns the spans of a request in JSON.
func decodeJSON(text []byte) ([]Span, error) {
	var in jsonRequest
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, err
	}
	if in.ResourceSpans == nil {
		return nil, errors.New("no resourceSpans: this is no OTLP of traces")
	}
	var out []Span
	for _, r := range in.ResourceSpans {
		for _, s := range r.ScopeSpans {
			for i := range s.Spans {
				span, err := s.Spans[i].span()
				if err != nil {
					return nil, err
				}
				out = append(out, span)
			}
		}
	}
	return out, nil
}

func (j *jsonSpan) span() (s Span, err error) {
	s = Span{Name: cut(j.Name, maxName), Kind: int(j.Kind), Start: uint64(j.Start), End: uint64(j.End), Failed: j.Status.Code == 2}
	err = errors.Join(hexID(s.Trace[:], j.TraceID, "traceId"), hexID(s.ID[:], j.ID, "spanId"))
	if j.Parent != "" {
		err = errors.Join(err, hexID(s.Parent[:], j.Parent, "parentSpanId"))
	}
	for i := range j.Attributes {
		a := &j.Attributes[i]
		switch v := &a.Value; {
		case v.String != nil:
			s.setText(a.Key, *v.String)
		case v.Int != nil:
			s.setNumber(a.Key, int64(*v.Int))
		case v.Bool != nil:
			s.setArgument(a.Key, strconv.FormatBool(*v.Bool))
		case v.Double != nil:
			s.setArgument(a.Key, strconv.FormatFloat(*v.Double, 'g', -1, 64))
		}
	}
	return s, err
}

func hexID(to []byte, text, what string) error {
	if n, err := hex.Decode(to, []byte(cut(text, 2*len(to)))); err != nil || n != len(to) || len(text) != 2*len(to) {
		return fmt.Errorf("%s is %.40q, and not %d hexadecimal digits", what, text, 2*len(to))
	}
	return nil
}
