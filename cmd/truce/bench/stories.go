package bench

import "fmt"

// register is what every story cites. Copies of a story cite ids that the filled ledger does not register, except the
// source: read models do not mind, and nothing is decided on them.
var register = []string{
	`{"command":"register-source","source":"observer","title":"Observer"}`,
	`{"command":"register-actor","actor":"north","name":"North","kind":"state"}`,
	`{"command":"register-actor","actor":"south","name":"South","kind":"armed_group"}`,
	`{"command":"register-actor","actor":"monitor","name":"Monitor","kind":"organisation"}`,
	`{"command":"register-place","place":"valley","name":"Valley"}`,
}

// ceasefireStory is a ceasefire of about twenty entries.
func ceasefireStory(id string) []string {
	bodies := begun(id)
	for i := range 10 {
		bodies = append(bodies, further(id, i)...)
	}
	return bodies[:20]
}

func begun(id string) []string {
	return []string{
		fmt.Sprintf(`{"command":"propose","ceasefire":%q,"title":"Silence in the valley","class":"silence_regime","area":["valley"],"parties":["north","south"],"monitors":["monitor"],`+
			`"from":"2016-05-05T00:01+03:00","until":"2036-05-07T00:01+03:00","by":"north","occurred":"2016-05-04T09:00Z","sources":[{"source":"observer","quote":"to keep quiet"}]}`, id),
		fmt.Sprintf(`{"command":"agree","ceasefire":%q,"by":"north","occurred":"2016-05-04T10:00Z"}`, id),
		fmt.Sprintf(`{"command":"agree","ceasefire":%q,"by":"south","occurred":"2016-05-04T11:00Z","through":"monitor"}`, id),
	}
}

func further(id string, i int) []string {
	return []string{
		fmt.Sprintf(`{"command":"attest","ceasefire":%q,"by":"monitor","in_force":true,"from":"2016-05-05T00:01+03:00","occurred":"2016-05-05T%02d:00Z","sources":[{"source":"observer"}],"note":"it held through the night"}`, id, i%24),
		fmt.Sprintf(`{"command":"reaffirm","ceasefire":%q,"by":"north","occurred":"2016-05-05T%02d:30Z","sources":[{"source":"observer"}]}`, id, i%24),
	}
}

// longStory is a ceasefire of a thousand entries.
func longStory() []string {
	bodies := begun(longID)
	for i := 0; len(bodies) < longEntries; i++ {
		bodies = append(bodies, further(longID, i)...)
	}
	return bodies[:longEntries]
}

// incidentStory is an incident of twenty entries. It cites no ceasefire, so that its copies need none.
func incidentStory(id string) []string {
	bodies := []string{
		fmt.Sprintf(`{"command":"violate","incident":%q,"by":"monitor","at":"2016-05-05T04:00Z","place":"valley","type":"shelling","weapon":"mortar","accused":["north"],`+
			`"casualties":[{"unit":"civilians","outcome":"killed","qualifier":"at_least","best":3}],"description":"three shells fell on the eastern quarter","sources":[{"source":"observer"}]}`, id),
	}
	for i := range 10 {
		bodies = append(bodies,
			fmt.Sprintf(`{"command":"corroborate","incident":%q,"by":"south","occurred":"2016-05-05T%02d:00Z","description":"seen by the local council","sources":[{"source":"observer"}]}`, id, 6+i),
			fmt.Sprintf(`{"command":"dispute","incident":%q,"by":"north","occurred":"2016-05-05T%02d:30Z","description":"no shells were fired from there","sources":[{"source":"observer"}]}`, id, 6+i))
	}
	return bodies[:20]
}
