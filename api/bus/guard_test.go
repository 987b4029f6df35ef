package bus_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"truceledger/api/bus"
)

// forged are subjects where a message would do harm if an answer to a user could be sent there: NATS asks whether somebody
// may publish a request, and not where its answer goes.
var forged = []string{
	"truce.ceasefire.forged", "$KV.TRUCE_STATE.ceasefire.forged", "$KV.TRUCE_STATE._applied", "truce-api.command.register-actor",
	"$JS.API.STREAM.DELETE.TRUCE", "$JS.API.STREAM.DELETE.KV_TRUCE_STATE", "$JS.API.STREAM.PURGE.KV_TRUCE_STATE",
}

// answered are requests whose answers somebody could want to be sent elsewhere.
var answered = map[string]string{
	"$JS.API.INFO": "", "$JS.API.STREAM.NAMES": "", "$JS.API.STREAM.INFO.TRUCE": "", "$JS.API.STREAM.INFO.KV_TRUCE_STATE": "",
	"$JS.API.STREAM.MSG.GET.TRUCE": `{"seq":1}`, "$JS.API.DIRECT.GET.TRUCE": `{"seq":1,"batch":2}`, "$JS.API.DIRECT.GET.TRUCE.truce.actor.north": "",
	"$JS.API.STREAM.MSG.GET.KV_TRUCE_STATE": `{"seq":1}`, "$JS.API.DIRECT.GET.KV_TRUCE_STATE": `{"seq":1,"batch":2}`,
	"$JS.API.DIRECT.GET.KV_TRUCE_STATE.$KV.TRUCE_STATE.actor.north": "", "$JS.API.CONSUMER.LIST.KV_TRUCE_STATE": "",
	"$JS.API.CONSUMER.CREATE.TRUCE.pulled":            `{"stream_name":"TRUCE","config":{"name":"pulled","ack_policy":"none"}}`,
	"$JS.API.CONSUMER.CREATE.KV_TRUCE_STATE.pulled":   `{"stream_name":"KV_TRUCE_STATE","config":{"name":"pulled","ack_policy":"none"}}`,
	"$JS.API.CONSUMER.MSG.NEXT.TRUCE.pulled":          `{"batch":5,"no_wait":true}`,
	"$JS.API.CONSUMER.MSG.NEXT.KV_TRUCE_STATE.pulled": `{"batch":5,"no_wait":true}`,
	"$JS.API.CONSUMER.INFO.KV_TRUCE_STATE.pulled":     "",
	"$SRV.PING": "", "$SRV.INFO.truce": "", "$SRV.STATS": "", "truce-api.query": "/v1/actors/north", "truce-api.command.agree": "{",
}

// TestNoAnswerIsFiledAsSomethingElse tries, as each user, to have an answer, or what a consumer delivers, sent to the log, to
// the bucket, to the service or to the engine itself. One such message in the log would stop the ledger for good.
func TestNoAnswerIsFiledAsSomethingElse(t *testing.T) {
	h := open(t)
	h.request(h.connect("writer"), "truce-api.command.register-actor", `{"actor":"north","name":"North","kind":"state"}`)
	kept := h.kept("north")
	for _, user := range []string{"reader", "writer", "auditor"} {
		nc := h.connectQuietly(user)
		for subject, request := range answered {
			for _, to := range forged {
				q := &nats.Msg{Subject: subject, Reply: to, Data: []byte(request), Header: nats.Header{"Authorization": {"Bearer " + h.secrets[user]}}}
				if err := nc.PublishMsg(q); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, stream := range []string{"TRUCE", "KV_TRUCE_STATE"} {
			for i, to := range forged {
				for _, headers := range []bool{false, true} { // without a body it is an order to delete
					name := fmt.Sprint(user, i, headers)
					request, _ := json.Marshal(map[string]any{"stream_name": stream, "config": map[string]any{
						"name": name, "ack_policy": "none", "deliver_policy": "all", "deliver_subject": to, "headers_only": headers,
					}})
					_ = nc.PublishRequest("$JS.API.CONSUMER.CREATE."+stream+"."+name, nc.NewRespInbox(), request)
				}
			}
		}
		// The service takes the questions of one endpoint in their order, and so does the engine: when these are answered,
		// those before have been.
		h.request(nc, "truce-api.query", "/v1/actors/north")
		h.request(nc, "$SRV.STATS.truce", "")
		h.request(nc, "$JS.API.STREAM.INFO.KV_TRUCE_STATE", "")
	}
	if err := h.own.Flush(); err != nil {
		t.Fatal(err)
	}
	if after := h.kept("north"); after != kept {
		t.Errorf("the bucket held %s and now holds %s", kept, after)
	}
	m := h.request(h.connect("writer"), "truce-api.command.register-actor", `{"actor":"south","name":"South","kind":"state"}`)
	if !strings.Contains(string(m.Data), `"sequence":3`) {
		t.Errorf("the ledger no longer goes on after its two entries: %s", m.Data)
	}
	if last, err := h.log.Last(t.Context()); err != nil || last != 3 {
		t.Errorf("the log holds %d messages, %v; three are entries", last, err)
	}
	if m := h.request(h.connect("reader"), "truce-api.query", "/v1/actors/south?min_sequence=3"); !strings.Contains(string(m.Data), `"name":"South"`) {
		t.Errorf("the read models stand still: %s", m.Data)
	}
	h.kept("south")
}

// TestNobodyTakesAllTheRoom tries what would fill the disk or leave something behind for good.
func TestNobodyTakesAllTheRoom(t *testing.T) {
	h := open(t)
	nc := h.connectQuietly("writer")
	for subject, request := range map[string]string{
		"$JS.API.STREAM.CREATE.MINE":        `{"name":"MINE","subjects":["mine"]}`,
		"$JS.API.STREAM.CREATE.KV_MINE":     `{"name":"KV_MINE","subjects":["$KV.MINE.>"]}`,
		"$JS.API.CONSUMER.CREATE.TRUCE.own": `{"stream_name":"TRUCE","config":{"name":"own","durable_name":"own","ack_policy":"none"}}`,
	} {
		if m, err := nc.Request(subject, []byte(request), 200*time.Millisecond); err == nil {
			t.Errorf("%s was answered: %s", subject, m.Data)
		}
	}
	m := h.request(nc, "$JS.API.CONSUMER.CREATE.KV_TRUCE_STATE.own.$KV.TRUCE_STATE.>",
		`{"stream_name":"KV_TRUCE_STATE","config":{"name":"own","durable_name":"own","ack_policy":"none","filter_subject":"$KV.TRUCE_STATE.>"}}`)
	var made struct {
		Config struct {
			InactiveThreshold time.Duration `json:"inactive_threshold"`
		}
	}
	if err := json.Unmarshal(m.Data, &made); err != nil || made.Config.InactiveThreshold <= 0 || made.Config.InactiveThreshold > 5*time.Minute {
		t.Errorf("a consumer that stays for good: %s", m.Data)
	}
	if m := h.request(nc, "$JS.API.CONSUMER.CREATE.KV_TRUCE_STATE.long.$KV.TRUCE_STATE.>",
		`{"stream_name":"KV_TRUCE_STATE","config":{"name":"long","ack_policy":"none","filter_subject":"$KV.TRUCE_STATE.>","inactive_threshold":3600000000000}}`); !strings.Contains(string(m.Data), "error") {
		t.Errorf("a consumer that stays for an hour: %s", m.Data)
	}
}

// kept waits until the bucket has an actor, and returns all of its keys and values.
func (h *house) kept(actor string) string {
	h.t.Helper()
	js, err := natsjs.New(h.connect("reader"))
	if err != nil {
		h.t.Fatal(err)
	}
	kv, err := js.KeyValue(h.t.Context(), bus.Bucket)
	if err != nil {
		h.t.Fatal(err)
	}
	w, err := kv.WatchAll(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	defer w.Stop()
	all, here, deadline := map[string]string{}, false, time.After(10*time.Second)
	for applied := false; !here || !applied; {
		select {
		case e := <-w.Updates():
			if e != nil {
				all[e.Key()] = string(e.Value())
				here = here || e.Key() == "actor."+actor
				applied = here && e.Key() == "_applied"
			}
		case <-deadline:
			h.t.Fatalf("the bucket never showed actor.%s: %v", actor, all)
		}
	}
	return fmt.Sprint(all)
}

// connectQuietly connects somebody who will be told no.
func (h *house) connectQuietly(name string) *nats.Conn {
	h.t.Helper()
	nc := h.connect(name)
	nc.SetErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})
	return nc
}
