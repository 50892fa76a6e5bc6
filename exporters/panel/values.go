package panel

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

const (
	maxValue  = 200 // bytes of one that are shown
	maxValues = 50
)

// sent is a query as it was sent, where its handle keeps that.
func sent(sql string, values []any) string {
	var out strings.Builder
	text, isCut := cutText(sql, maxSQL/2)
	out.WriteString(text)
	if isCut {
		fmt.Fprintf(&out, "\n-- … %s more", byteCount(int64(len(sql)-len(text))))
	}
	for i, v := range values {
		if i == maxValues {
			fmt.Fprintf(&out, "\n-- … %s more", count(int64(len(values)-i), "value"))
			break
		}
		fmt.Fprintf(&out, "\n-- %d: %s", i+1, value(v))
	}
	return out.String()
}

// value writes an argument. It calls no method of the application's types.
func value(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return quote(v)
	case []byte:
		return quote(string(v))
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(r.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(r.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(r.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(r.Float(), 'g', -1, 64)
	case reflect.String:
		return quote(r.String())
	}
	return "(" + reflect.TypeOf(v).String() + ")"
}

// quote writes a text as a literal of SQL on one line.
func quote(s string) string {
	text, isCut := cutText(s, maxValue)
	text = strconv.Quote(text)
	text = text[1 : len(text)-1]
	text = "'" + strings.ReplaceAll(strings.ReplaceAll(text, `\"`, `"`), "'", "''") + "'"
	if isCut {
		text += fmt.Sprintf(" … %s more", byteCount(int64(len(s)-maxValue)))
	}
	return text
}
