package logtest

import (
	"fmt"
	"net"
	"slices"
	"testing"
)

func TestNobodyElseIsGivenAPort(t *testing.T) {
	ports := Ports(t, 20)
	if all := slices.Compact(slices.Sorted(slices.Values(ports))); len(all) != len(ports) {
		t.Fatalf("a port stands twice in %v", ports)
	}
	for _, port := range ports {
		if reserve(t, port) {
			t.Errorf("%d was given to somebody else too", port)
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatalf("a server cannot listen there: %v", err)
		}
		l.Close()
	}
}
