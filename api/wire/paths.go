package wire

import "truceledger/domain"

var collections = map[domain.Kind]string{
	domain.KindCeasefire: "ceasefires", domain.KindIncident: "incidents", domain.KindTalks: "talks", domain.KindTally: "tallies",
	domain.KindStatement: "statements", domain.KindActor: "actors", domain.KindPlace: "places", domain.KindSource: "sources",
}

// Collection is the path segment of a kind of records.
func Collection(k domain.Kind) string { return collections[k] }

// Location is the path of a record.
func Location(r domain.Ref) string { return "/v1/" + collections[r.Kind] + "/" + r.ID }
