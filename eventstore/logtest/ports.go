package logtest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// The ports that Ports hands out lie below those that Linux (from 32768), macOS and Windows (from 49152) give to whoever connects
// or asks for any port: one of those could be gone between the choice and the server's start, or while a server is down.
const (
	firstPort = 20_000
	lastPort  = 32_000
)

// Ports returns TCP ports of 127.0.0.1 that nobody listens on, and keeps other tests, in other processes too, from choosing them
// until t ends: servers that must know each other's ports before they start, or come back to their own, cannot take any port.
func Ports(t testing.TB, n int) (ports []int) {
	t.Helper()
	for tries := 0; len(ports) < n; tries++ {
		if tries > 1000 {
			t.Fatalf("no %d free ports between %d and %d", n, firstPort, lastPort)
		}
		if port := firstPort + rand.IntN(lastPort-firstPort); reserve(t, port) {
			ports = append(ports, port)
		}
	}
	return ports
}

// reserve takes a port's number by its UDP side, which no server of ours uses and the system frees whenever a process ends.
func reserve(t testing.TB, port int) bool {
	address := fmt.Sprintf("127.0.0.1:%d", port)
	mark, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		mark.Close()
		return false
	}
	l.Close()
	t.Cleanup(func() { mark.Close() })
	return true
}
