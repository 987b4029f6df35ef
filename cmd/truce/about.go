package main

import "strings"

// An about is what the help says of a verb.
type about struct{ short, example string }

func aboutVerb(name string) about {
	a, ok := aboutVerbs[name]
	if !ok { // a verb that was added to the ledger and not yet here
		return about{short: "Put " + strings.ReplaceAll(name, "-", " ") + " on the record", example: "truce " + name + " -f command.yaml"}
	}
	return a
}

var aboutVerbs = map[string]about{
	"register-actor":  {"Register a state, group, body or person", "truce register-actor russia --name Russia --kind state --names ru=Россия"},
	"register-place":  {"Register a place", "truce register-place aleppo --name Aleppo --parent syria --point 37.16,36.20"},
	"register-source": {"Register a document that reports may cite", "truce register-source afp-2016-05-04 --title \"Truce announced\" --published 2016-05-04 --published-zone UTC"},
	"register-key":    {"Let a key speak for an actor", "truce register-key russia --key \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINNwMHM8lLcve+HMdKmjaanRnkdOE0Sm3ZUxkjv5LTgg\""},
	"rotate-key":      {"Put a key in another one's place", "truce rotate-key russia --replaces SHA256:... --key \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINNwMHM8lLcve+HMdKmjaanRnkdOE0Sm3ZUxkjv5LTgg\""},
	"revoke-key":      {"End a key", "truce revoke-key russia --fingerprint SHA256:... --reason \"the laptop was stolen\""},
	"propose": {"Put a ceasefire on the table", `truce propose aleppo-silence --by russia --class silence_regime --area aleppo \
  --consent united-states --consent russia --zone Asia/Damascus`},
	"amend":             {"Change what is proposed, before agreement", "truce amend aleppo-silence --by russia --lasting PT72H"},
	"agree":             {"Give an actor's consent", "truce agree aleppo-silence --by russia --occurred 2016-05-03T18:00/2016-05-04T00:00 --occurred-zone Asia/Damascus"},
	"reject":            {"Refuse a proposal", "truce reject aleppo-silence --by russia --reason \"no monitoring\""},
	"withdraw-proposal": {"Take a proposal off the table", "truce withdraw-proposal aleppo-silence --by russia"},
	"accede":            {"Join a ceasefire as a party", "truce accede syria-cessation --by free-syrian-army --received-by united-states"},
	"enter-into-force":  {"Set the term of an agreed ceasefire", "truce enter-into-force aleppo-silence --by russia --from 2016-05-05T01:00 --from-zone Asia/Damascus --lasting PT48H"},
	"thwart":            {"Say that an agreed or planned ceasefire never began", "truce thwart aleppo-plan --reason \"attacks\" --incidents attack-of-3-may"},
	"extend": {"Extend a ceasefire in time", `truce extend aleppo-silence --by russia --lasting PT72H
truce extend aleppo-silence --by russia --to-total PT72H`},
	"widen-area":          {"Add places to a ceasefire", "truce widen-area syria-cessation --by united-states --area aleppo"},
	"narrow-area":         {"Take places out of a ceasefire", "truce narrow-area syria-cessation --by united-states --area aleppo"},
	"reaffirm":            {"Repeat a commitment", "truce reaffirm aleppo-silence --by russia"},
	"suspend":             {"Halt a ceasefire in force", "truce suspend aleppo-silence --by russia --reason \"attacks go on\""},
	"resume":              {"End a suspension", "truce resume aleppo-silence --by russia"},
	"withdraw":            {"Take a consent back, or leave", "truce withdraw aleppo-silence --by russia"},
	"terminate":           {"End a ceasefire", "truce terminate aleppo-silence --by russia --reason \"replaced by a wider one\""},
	"declare-collapsed":   {"Say that a ceasefire no longer holds", "truce declare-collapsed aleppo-silence --by united-nations"},
	"supersede":           {"Put a successor in a ceasefire's place", "truce supersede aleppo-silence --by russia --successor aleppo-silence-2"},
	"designate":           {"Give an actor a role", "truce designate syria-cessation --actor geneva-centre --role monitor"},
	"exclude":             {"Say that a ceasefire does not cover an actor", "truce exclude syria-cessation --actor nusra-front --basis \"UN Security Council list\""},
	"attest":              {"Record somebody's own view of the term", "truce attest aleppo-silence --by united-states --in-force true --from 2016-05-04T00:01 --from-zone Asia/Damascus"},
	"undertake":           {"Record an obligation", "truce undertake syria-cessation --by russia --obligation minimise-flights --obligor russia --text \"minimise aviation over civilian areas\""},
	"report-performance":  {"Say how far an obligation was met", "truce report-performance syria-cessation --by united-nations --obligation minimise-flights --performance partly"},
	"violate":             {"Allege a violation", "truce violate --ceasefires aleppo-silence --by syrian-observatory --at 2016-05-05 --at-zone Asia/Damascus --place aleppo --type shelling \\\n  --casualties unit=civilians,outcome=killed,qualifier=at_least,best=5"},
	"corroborate":         {"Say that an incident happened", "truce corroborate hospital-strike --by msf --description \"our staff were there\""},
	"dispute":             {"Say that an incident did not happen, or not so", "truce dispute hospital-strike --by russia"},
	"attribute":           {"Say who is behind an incident", "truce attribute hospital-strike --by united-states --actor syrian-government --confidence high"},
	"deny":                {"Deny an attribution", "truce deny hospital-strike --by syrian-government"},
	"open-inquiry":        {"Begin a monitor's inquiry", "truce open-inquiry hospital-strike --by geneva-centre"},
	"suspend-inquiry":     {"Halt an inquiry", "truce suspend-inquiry hospital-strike --by geneva-centre --reason \"access denied\""},
	"conclude-inquiry":    {"End an inquiry with a finding", "truce conclude-inquiry hospital-strike --by geneva-centre --finding verified"},
	"mark-duplicate":      {"Say that an incident is a second report of another; both stay, one counts", "truce mark-duplicate strike-by-sohr --of hospital-strike --by geneva-centre"},
	"record-tally":        {"Add a figure to a source's series of counts", "truce record-tally sohr-aleppo-civilians --source sohr --unit civilians --qualifier nearly --best 250 --as-of 2016-05-01"},
	"record-statement":    {"Record what somebody said", "truce record-statement --by free-syrian-army --statement-kind reservation --text \"...\" --about ceasefire/syria-cessation"},
	"open-talks":          {"Begin the record of a track of talks", "truce open-talks geneva --track \"intra-Syrian talks\" --participants syrian-government"},
	"record-talks-status": {"Record how a source characterises talks", "truce record-talks-status geneva --characterisation gridlocked --source rt-2016-05-03"},
	"reserve-right":       {"Record that an actor reserves a right", "truce reserve-right geneva --by free-syrian-army --right \"to leave the talks\""},
	"attach-evidence":     {"Put on the record that a file was received", "truce attach-evidence incident/hospital-strike --by msf --sha256 bca594de5b8214d17684bf9e4e2b948a112eec02134319fe06df6fb0a5bc5767 --bytes 48213 --media-type image/jpeg --method \"taken by our staff\""},
	"transfer-evidence":   {"Put on the record that a file was handed over, copied or examined", "truce transfer-evidence incident/hospital-strike --by msf --to geneva-centre --sha256 bca594de5b8214d17684bf9e4e2b948a112eec02134319fe06df6fb0a5bc5767 --act handover"},
	"read-secret":         {"Put on the record that a sealed value was read; truce secret read does it and shows the value", "truce read-secret incident/hospital-strike --secret hmac-sha256:bca594de5b8214d17684bf9e4e2b948a112eec02134319fe06df6fb0a5bc5767 --reason \"read on paper\""},
	"destroy-secret":      {"Destroy the key of a sealed value", "truce destroy-secret incident/hospital-strike --secret hmac-sha256:bca594de5b8214d17684bf9e4e2b948a112eec02134319fe06df6fb0a5bc5767 --reason \"the witness asks for it\" --legal-basis \"Art. 17 GDPR\""},
	"share":               {"Let further actors know of a restricted record", "truce share talks/restricted-3f0a1c52-9d5b-4c1e-8f5a-0123456789ab --by russia --with united-states --reason \"they are to guarantee it\""},
	"correct":             {"Correct an earlier entry; the old reading stays visible", "truce correct -f correction.yaml"},
	"retract":             {"Take an earlier entry back; it stays visible", "truce retract ceasefire/aleppo-silence --sequence 42 --reason \"entered twice\""},
}
