package api

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

const (
	clientID     = "truce"
	clientSecret = "a secret of the client's"
)

// A testIssuer is a whole OpenID Connect issuer on loopback: it takes the authorization code flow as strictly as the
// specifications have it, signs with real keys, and lies where a test says so.
type testIssuer struct {
	t      testing.TB
	server *httptest.Server
	rsa    *rsa.PrivateKey
	ec     *ecdsa.PrivateKey

	mu      sync.Mutex
	away    bool
	public  bool                                              // the client has no secret
	claims  map[string]any                                    // over those of a good token; nil takes one out
	sign    func(claims map[string]any) string                // by default with the RSA key
	answer  func(w http.ResponseWriter, r *http.Request) bool // in place of what /authorize does
	codes   map[string]url.Values                             // what was asked with each code that is not spent
	asked   url.Values                                        // of the newest authorization
	looked  int                                               // times the configuration was asked for
	looking chan struct{}                                     // told of each
}

var newKeys = sync.OnceValues(func() (*rsa.PrivateKey, *ecdsa.PrivateKey) {
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return r, e
})

func newTestIssuer(t testing.TB) *testIssuer {
	i := &testIssuer{t: t, codes: map[string]url.Values{}, claims: map[string]any{}, looking: make(chan struct{}, 100)}
	i.rsa, i.ec = newKeys()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.configuration)
	mux.HandleFunc("GET /keys", i.keys)
	mux.HandleFunc("GET /authorize", i.authorize)
	mux.HandleFunc("POST /token", i.token)
	i.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.away {
			http.Error(w, "gone fishing", http.StatusBadGateway)
		} else {
			mux.ServeHTTP(w, r)
		}
		if r.URL.Path == "/.well-known/openid-configuration" {
			i.looking <- struct{}{}
		}
	}))
	t.Cleanup(i.server.Close)
	i.sign = func(c map[string]any) string { return i.signed("RS256", "the-rsa-key", c) }
	return i
}

// change changes what the issuer does from now on.
func (i *testIssuer) change(f func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f()
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (i *testIssuer) configuration(w http.ResponseWriter, _ *http.Request) {
	i.looked++
	answerJSON(w, http.StatusOK, map[string]any{
		"issuer": i.server.URL, "authorization_endpoint": i.server.URL + "/authorize", "token_endpoint": i.server.URL + "/token", "jwks_uri": i.server.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		// It offers what nobody should take.
		"id_token_signing_alg_values_supported": []string{"none", "HS256", "RS256", "ES256"},
	})
}

func number(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }

func (i *testIssuer) keys(w http.ResponseWriter, _ *http.Request) {
	point, err := i.ec.PublicKey.Bytes()
	if err != nil {
		i.t.Error(err)
	}
	answerJSON(w, http.StatusOK, map[string]any{"keys": []any{
		map[string]any{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "the-rsa-key", "n": number(i.rsa.N), "e": number(big.NewInt(int64(i.rsa.E)))},
		map[string]any{"kty": "EC", "use": "sig", "alg": "ES256", "kid": "the-ec-key", "crv": "P-256", "x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:])},
	}})
}

// authorize lets in whoever asks rightly, and sends a code back.
func (i *testIssuer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	i.asked = q
	if i.answer != nil && i.answer(w, r) {
		return
	}
	if q.Get("response_type") != "code" || q.Get("client_id") != clientID || q.Get("redirect_uri") != ledgerAddress+"/login/oidc/callback" ||
		q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("state") == "" || q.Get("nonce") == "" {
		http.Error(w, "not a request of the flow with PKCE, state and nonce: "+r.URL.RawQuery, http.StatusBadRequest)
		return
	}
	code := rand.Text()
	i.codes[code] = q
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {i.server.URL}}.Encode(), http.StatusFound)
}

// token gives an ID token for a code, once, to the client that proves that it asked for it.
func (i *testIssuer) token(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	if i.public && !basic {
		id, secret = r.PostFormValue("client_id"), clientSecret
	}
	asked, fresh := i.codes[r.PostFormValue("code")]
	delete(i.codes, r.PostFormValue("code"))
	proof := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	secret, _ = url.QueryUnescape(secret)
	switch {
	case id != clientID || secret != clientSecret:
		answerJSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	case !fresh, r.PostFormValue("grant_type") != "authorization_code", r.PostFormValue("redirect_uri") != asked.Get("redirect_uri"),
		base64.RawURLEncoding.EncodeToString(proof[:]) != asked.Get("code_challenge"):
		answerJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant", "error_description": "<script>alert(1)</script>"})
		return
	}
	now := time.Now()
	claims := map[string]any{
		"iss": i.server.URL, "sub": "8f3c", "aud": clientID, "exp": now.Add(time.Minute).Unix(), "iat": now.Unix(), "nonce": asked.Get("nonce"),
		"groups": []string{"secretariat"},
	}
	maps.Copy(claims, i.claims)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	answerJSON(w, http.StatusOK, map[string]any{"access_token": "opaque", "token_type": "Bearer", "expires_in": 60, "id_token": i.sign(claims)})
}

// signed makes a JSON Web Token by hand, so that it does not lean on the library that checks it.
func (i *testIssuer) signed(alg, kid string, claims map[string]any) string {
	head, _ := json.Marshal(map[string]string{"alg": alg, "typ": "JWT", "kid": kid})
	body, err := json.Marshal(claims)
	if err != nil {
		i.t.Error(err)
	}
	text := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	var signature []byte
	switch alg {
	case "RS256":
		signature, err = rsa.SignPKCS1v15(rand.Reader, i.rsa, crypto.SHA256, sum[:])
	case "ES256":
		r, s, e := ecdsa.Sign(rand.Reader, i.ec, sum[:])
		signature, err = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...), e
	case "HS256": // with what everybody knows for a key
		m := hmac.New(sha256.New, i.rsa.N.Bytes())
		m.Write([]byte(text))
		signature = m.Sum(nil)
	}
	if err != nil {
		i.t.Error(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}
