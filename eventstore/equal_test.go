package eventstore

import (
	"bytes"
	"reflect"
	"testing"
)

// Entries that are taken for alike are written alike, whichever two they are and whatever is altered about one of them.
func TestWhatIsTakenForAlikeIsWrittenAlike(t *testing.T) {
	var all []Entry
	for _, raw := range samples(t) {
		e, err := ReadPayload(1<<60, raw)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadPayload(1<<60, raw)
		if err != nil {
			t.Fatal(err)
		}
		if e.canonical && !alike(&e, &again) {
			t.Errorf("%s\nis not taken for alike with itself", raw)
		}
		all = append(all, e)
		everyField(reflect.ValueOf(again.Command).Elem(), func() {
			checkAlike(t, &e, &again)
		})
	}
	for i := range all {
		for k := range all {
			checkAlike(t, &all[i], &all[k])
		}
	}
}

func checkAlike(t *testing.T, a, b *Entry) {
	t.Helper()
	if !alike(a, b) {
		return
	}
	x, y := *a, *b
	y.ID, y.Ledger, y.Ref, y.RecordedAt, y.VersionBefore, y.ReadTo, y.Nonce = x.ID, x.Ledger, x.Ref, x.RecordedAt, x.VersionBefore, x.ReadTo, x.Nonce
	y.Principal, y.CausationID, y.CorrelationID, y.Rules, y.Signed = x.Principal, x.CausationID, x.CorrelationID, x.Rules, x.Signed
	first, errFirst := Encode(x)
	second, errSecond := Encode(y)
	if errFirst != nil || errSecond != nil || !bytes.Equal(first, second) {
		t.Errorf("taken for alike:\n%s\n%s\n%v %v", first, second, errFirst, errSecond)
	}
}

// everyField alters the fields of a struct one after the other, calls check, and puts them back.
func everyField(v reflect.Value, check func()) {
	for i := range v.NumField() {
		f := v.Field(i)
		if !f.CanSet() {
			continue // of a time
		}
		before := reflect.New(f.Type()).Elem()
		before.Set(f)
		switch f.Kind() {
		case reflect.Struct:
			everyField(f, check)
			continue
		case reflect.String:
			f.SetString(f.String() + "x")
		case reflect.Int:
			f.SetInt(f.Int() + 1)
		case reflect.Uint64:
			f.SetUint(f.Uint() + 1)
		case reflect.Float64:
			f.SetFloat(f.Float() + 1)
		case reflect.Bool:
			f.SetBool(!f.Bool())
		case reflect.Slice:
			f.Set(reflect.Append(f, reflect.Zero(f.Type().Elem())))
		default:
			f.SetZero()
		}
		check()
		f.Set(before)
	}
}
