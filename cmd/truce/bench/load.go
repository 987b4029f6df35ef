package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// sendLoad keeps every connection busy and prints how many requests were answered a second. It writes its requests by hand:
// net/http's client would take as much of the machine as the server that is measured.
func sendLoad(kind, address, records, seconds string) error {
	n, err := strconv.Atoi(records)
	if err != nil {
		return err
	}
	s, err := strconv.ParseFloat(seconds, 64)
	if err != nil {
		return err
	}
	request := getRequest
	if kind == "post" {
		request = postRequest
	}
	var done atomic.Int64
	var group sync.WaitGroup
	failed := make(chan error, connections)
	began := time.Now()
	end := began.Add(duration(s))
	for i := range connections {
		group.Go(func() {
			if err := keepAsking(address, end, &done, rand.New(rand.NewPCG(uint64(i), 7)), n, request); err != nil {
				failed <- err
			}
		})
	}
	group.Wait()
	select {
	case err := <-failed:
		return err
	default:
		fmt.Printf("%f\n", float64(done.Load())/time.Since(began).Seconds())
		return nil
	}
}

func keepAsking(address string, end time.Time, done *atomic.Int64, random *rand.Rand, n int, request func(b []byte, i int) []byte) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 32<<10)
	var b []byte
	for time.Now().Before(end) {
		b = request(b[:0], random.IntN(n))
		if _, err := conn.Write(b); err != nil {
			return err
		}
		if err := answered(in); err != nil {
			return err
		}
		done.Add(1)
	}
	return nil
}

// answered reads one answer to its end. Anything but a success ends the measurement.
func answered(in *bufio.Reader) error {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	good := len(line) > 9 && line[9] == '2'
	length, first := -1, ""
	if !good {
		first = string(line)
	}
	for {
		if line, err = in.ReadSlice('\n'); err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if k := len("Content-Length: "); len(line) > k && bytes.EqualFold(line[:k-2], []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(line[k : len(line)-2])); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		err = chunks(in)
	} else {
		_, err = in.Discard(length)
	}
	if err != nil {
		return err
	}
	if !good {
		return fmt.Errorf("answered %q", first)
	}
	return nil
}

// chunks reads a chunked body.
func chunks(in *bufio.Reader) error {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(line[:len(line)-2]), 16, 32)
		if err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, in, size+2); err != nil {
			return err
		}
		if size == 0 {
			return nil
		}
	}
}

func getRequest(b []byte, i int) []byte {
	b = append(b, "GET /v1/ceasefires/r-"...)
	b = strconv.AppendInt(b, int64(10*i), 10) // one record in ten is a ceasefire
	return append(b, " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"...)
}

func postRequest(b []byte, i int) []byte {
	body := fmt.Appendf(nil, `{"tally":"series-%d","source":"observer","unit":"people","outcome":"killed","best":%d,"note":"counted by the hospitals of the district and by the local council, as of noon"}`, i, i)
	return fmt.Appendf(b, "POST /v1/commands/record-tally HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}
