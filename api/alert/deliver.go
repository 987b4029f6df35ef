package alert

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Header names of a delivery. The signature is that of "timestamp.body", so that neither can be exchanged; a receiver
// refuses a timestamp that is more than some minutes old.
const (
	HeaderID        = "Truce-Delivery"
	HeaderTimestamp = "Truce-Timestamp"
	HeaderSignature = "Truce-Signature"
)

// Sign is the signature of a body sent at a time, in the form of the header: sha256= and hex.
func Sign(secret string, timestamp int64, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(strconv.FormatInt(timestamp, 10)))
	m.Write([]byte("."))
	m.Write(body)
	return "sha256=" + hex.EncodeToString(m.Sum(nil))
}

// ErrSignature is a delivery that did not come from here, or not now.
var ErrSignature = errors.New("the signature does not fit, or is too old")

// Verify is for receivers: it checks a delivery's signature, and that it is at most patience old.
func Verify(secret string, h http.Header, body []byte, now time.Time, patience time.Duration) error {
	at, err := strconv.ParseInt(h.Get(HeaderTimestamp), 10, 64)
	age := now.Sub(time.Unix(at, 0)).Abs()
	if err != nil || age > patience || !hmac.Equal([]byte(h.Get(HeaderSignature)), []byte(Sign(secret, at, body))) {
		return ErrSignature
	}
	return nil
}

// errPrivate: the address is of this machine or of a network that is nobody else's business.
var errPrivate = errors.New("the address is private: alerts go to public addresses only, unless private ones are allowed")

// newClient sends deliveries. Where an address leads is checked when the connection is made, after the name is resolved: a
// name that is public when it is subscribed and private when it is called would get past any earlier check. It follows no
// redirects, for the same reason, and uses no proxy, which would make the connection in its place.
func newClient(allowPrivate bool) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return err
		}
		ip, err := netip.ParseAddr(host)
		if err != nil {
			return err
		}
		if !allowPrivate && !public(ip) {
			return errPrivate
		}
		return nil
	}}
	return &http.Client{
		Timeout:       20 * time.Second,
		Transport:     &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, MaxIdleConns: 10, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// special are the ranges that netip has no names for: carriers' shared space, protocol assignments, documentation,
// benchmarks, reserved space, NAT64 and 6to4, which lead to IPv4 addresses of any kind.
var special = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10")

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// send makes one try.
func (s *Sender) send(ctx context.Context, sub Subscription, d Delivery) error {
	body, err := json.Marshal(d.Alert)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	at := s.now().Unix()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "truce-ledger")
	r.Header.Set(HeaderID, d.ID)
	r.Header.Set(HeaderTimestamp, strconv.FormatInt(at, 10))
	r.Header.Set(HeaderSignature, Sign(sub.Secret, at, body))
	answer, err := s.client.Do(r)
	if err != nil {
		if errors.Is(err, errPrivate) {
			return errPrivate
		}
		return errors.New(strings.ReplaceAll(err.Error(), sub.URL, "the address")) // addresses hold secrets of their own
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10)
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("the address answered %s", answer.Status)
	}
	return nil
}
