package api

import (
	"bufio"
	"context"
	"io"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"truceledger/api/interchange"
	"truceledger/domain"
	"truceledger/projections"
)

// ExportedIncidents asks for incidents to carry away: the filters and clocks of the list, all pages. Like the other sets of
// parameters it is exported only because huma looks into no others.
type ExportedIncidents struct {
	IncidentFilter
	By string `query:"by" doc:"Only those that this actor alleges."`
	Clocks
}

// TableStyle are the parameters of tables.
type TableStyle struct {
	BOM string `query:"bom" doc:"Begin with a byte order mark, for spreadsheets that take UTF-8 for something else without it." enum:"true,false"`
	HXL string `query:"hxl" doc:"Add a second header row of HXL hashtags." enum:"true,false"`
}

func (s TableStyle) style() (interchange.Style, error) {
	yesNo := []string{"true", "false"}
	return interchange.Style{BOM: s.BOM == "true", HXL: s.HXL == "true"}, firstError(oneOf("bom", s.BOM, yesNo), oneOf("hxl", s.HXL, yesNo))
}

type exportedTable struct {
	ExportedIncidents
	TableStyle
}

// ExportedCeasefires asks for ceasefires to carry away.
type ExportedCeasefires struct {
	CeasefireFilter
	Clocks
}

type exportedCeasefireTable struct {
	ExportedCeasefires
	TableStyle
}

type exportedCommands struct {
	KnownAt      instant `query:"known_at" doc:"Only what the ledger had recorded by then."`
	AsOfSequence count   `query:"as_of_sequence" doc:"Only the log up to this sequence; replaces known_at."`
	Fresh
}

// A file is what a download amounts to once its question is understood. An error of write comes too late for a status.
type file struct {
	at    projections.Point
	write func(context.Context, io.Writer) error
}

// exportRoutes are the answers in the formats that people carry away.
func (a *API) exportRoutes() {
	download(a, "incidents.csv", "text/csv; charset=utf-8; header=present", "The filtered incidents as CSV; no cell can run as a formula", a.incidentsCSV)
	download(a, "incidents.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "The filtered incidents as a spreadsheet", a.incidentsXLSX)
	download(a, "incidents.jsonl", "application/x-ndjson", "The filtered incidents with all that they name, as JSON Lines that truce import reads", a.incidentsLines)
	download(a, "map.geojson", "application/geo+json", "The filtered incidents as GeoJSON (RFC 7946)", a.incidentsMap)
	download(a, "ceasefires.csv", "text/csv; charset=utf-8; header=present", "The filtered ceasefires as CSV", a.ceasefiresCSV)
	download(a, "ceasefires.atom", "application/atom+xml", "What was recorded of the filtered ceasefires, the newest first, as an Atom feed", a.ceasefiresAtom)
	download(a, "calendar.ics", "text/calendar; charset=utf-8", "The calendar of the filtered ceasefires as iCalendar (RFC 5545)", a.calendarICS)
	download(a, "commands.jsonl", "application/x-ndjson", "The commands of the log in their order, as JSON Lines that truce apply puts on another ledger", a.commandLines)
}

// download registers a route that streams a file.
func download[I any](a *API, name, content, summary string, prepare func(context.Context, *I) (file, error)) {
	op := huma.Operation{
		OperationID: "export-" + name, Method: http.MethodGet, Path: "/v1/" + name, Summary: summary, Tags: []string{"exports"}, SkipValidateParams: true,
		Description: "All of it, streamed, at one point of the log; of public records only, whoever asks. Truce-As-Of-Sequence and Truce-Effective-At name the clocks that it is of.",
	}
	a.describeProblems(&op)
	op.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{content: {Schema: &huma.Schema{Type: huma.TypeString}}}}
	type output struct{ Body func(huma.Context) }
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*output, error) {
		f, err := prepare(inPublic(ctx), in)
		if err != nil {
			return nil, a.fail(ctx, err)
		}
		return &output{Body: func(ctx huma.Context) {
			r, w := humago.Unwrap(ctx)
			a.sendFile(w, r, name, content, f)
		}}, nil
	})
}

// sendFile streams a file. What fails after the beginning cuts the connection: half a file must not pass for a whole one.
func (a *API) sendFile(w http.ResponseWriter, r *http.Request, name, content string, f file) {
	h := w.Header()
	h.Set("Content-Type", content)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", noCache)
	h.Set("Truce-As-Of-Sequence", strconv.FormatUint(f.at.Prefix, 10))
	h.Set("Truce-Effective-At", f.at.Effective.UTC().Format(time.RFC3339Nano))
	if r.Method == http.MethodHead {
		return
	}
	out := bufio.NewWriterSize(deadlined{w, http.NewResponseController(w), a.limits.write}, 64<<10)
	err := f.write(r.Context(), out)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		a.log.WarnContext(r.Context(), "an export ended early", "file", name, "err", err)
		panic(http.ErrAbortHandler)
	}
}

// chosen reads which incidents are wanted, and at which point.
func (a *API) chosen(ctx context.Context, in *ExportedIncidents) (filter projections.IncidentFilter, at projections.Point, err error) {
	filter, err = in.filter()
	if err := firstError(err, slug("by", in.By)); err != nil {
		return filter, at, err
	}
	filter.By = in.By
	at, err = a.at(ctx, in.Clocks)
	if err == nil { // a filter that the read models refuse is refused before the answer begins
		_, err = a.queries.Incidents(ctx, filter, at, projections.Paging{Limit: 1})
	}
	return filter, at, err
}

func (a *API) eachIncident(ctx context.Context, filter projections.IncidentFilter, at projections.Point) iter.Seq2[projections.IncidentView, error] {
	return interchange.All(func(p projections.Paging) (projections.Page[projections.IncidentView], error) {
		return a.queries.Incidents(ctx, filter, at, p)
	})
}

func (a *API) located(ctx context.Context, filter projections.IncidentFilter, at projections.Point) iter.Seq2[interchange.Located, error] {
	return interchange.Locate(ctx, a.queries, at, a.eachIncident(ctx, filter, at))
}

func (a *API) incidentsCSV(ctx context.Context, in *exportedTable) (file, error) {
	filter, at, err := a.chosen(ctx, &in.ExportedIncidents)
	style, bad := in.style()
	return file{at, func(ctx context.Context, w io.Writer) error {
		return interchange.WriteCSV(w, interchange.IncidentColumns(), a.located(ctx, filter, at), style)
	}}, firstError(err, bad)
}

func (a *API) incidentsXLSX(ctx context.Context, in *exportedTable) (file, error) {
	filter, at, err := a.chosen(ctx, &in.ExportedIncidents)
	style, bad := in.style()
	return file{at, func(ctx context.Context, w io.Writer) error {
		return interchange.WriteXLSX(w, "incidents", interchange.IncidentColumns(), a.located(ctx, filter, at), style)
	}}, firstError(err, bad)
}

func (a *API) incidentsLines(ctx context.Context, in *ExportedIncidents) (file, error) {
	filter, at, err := a.chosen(ctx, in)
	return file{at, func(ctx context.Context, w io.Writer) error {
		return interchange.WriteIncidentLines(ctx, w, a.queries, at, a.eachIncident(ctx, filter, at))
	}}, err
}

func (a *API) incidentsMap(ctx context.Context, in *ExportedIncidents) (file, error) {
	filter, at, err := a.chosen(ctx, in)
	return file{at, func(ctx context.Context, w io.Writer) error {
		return interchange.WriteGeoJSON(w, a.located(ctx, filter, at))
	}}, err
}

// chosenCeasefires reads which ceasefires are wanted, and at which point.
func (a *API) chosenCeasefires(ctx context.Context, in *ExportedCeasefires) (filter projections.CeasefireFilter, at projections.Point, err error) {
	if filter, err = in.filter(); err != nil {
		return filter, at, err
	}
	at, err = a.at(ctx, in.Clocks)
	return filter, at, err
}

func (a *API) eachCeasefire(ctx context.Context, filter projections.CeasefireFilter, at projections.Point) iter.Seq2[projections.CeasefireView, error] {
	return interchange.All(func(p projections.Paging) (projections.Page[projections.CeasefireView], error) {
		return a.queries.Ceasefires(ctx, filter, at, p)
	})
}

func (a *API) ceasefiresCSV(ctx context.Context, in *exportedCeasefireTable) (file, error) {
	filter, at, err := a.chosenCeasefires(ctx, &in.ExportedCeasefires)
	style, bad := in.style()
	return file{at, func(ctx context.Context, w io.Writer) error {
		return interchange.WriteCSV(w, interchange.CeasefireColumns(), a.eachCeasefire(ctx, filter, at), style)
	}}, firstError(err, bad)
}

func (a *API) calendarICS(ctx context.Context, in *ExportedCeasefires) (file, error) {
	filter, at, err := a.chosenCeasefires(ctx, in)
	return file{at, func(ctx context.Context, w io.Writer) error {
		items := interchange.All(func(p projections.Paging) (projections.Page[projections.CalendarItem], error) {
			return a.queries.Calendar(ctx, filter, at, p)
		})
		return interchange.WriteICS(w, items, a.Clock())
	}}, err
}

// mostNews is how many entries a feed holds: readers come back for the next ones.
const mostNews = 200

func (a *API) ceasefiresAtom(ctx context.Context, in *ExportedCeasefires) (file, error) {
	filter, at, err := a.chosenCeasefires(ctx, in)
	if err != nil {
		return file{}, err
	}
	news, err := a.news(ctx, filter, at)
	return file{at, func(_ context.Context, w io.Writer) error {
		const self = "/v1/ceasefires.atom"
		return interchange.WriteAtom(w, "urn:truce"+self, "/v1/entries", news, a.Clock())
	}}, err
}

// news are the newest entries that touch any of the ceasefires.
func (a *API) news(ctx context.Context, filter projections.CeasefireFilter, at projections.Point) ([]projections.HistoryItem, error) {
	found := map[uint64]projections.HistoryItem{}
	for c, err := range a.eachCeasefire(ctx, filter, at) {
		if err != nil {
			return nil, err
		}
		entries := interchange.All(func(p projections.Paging) (projections.Page[projections.HistoryItem], error) {
			return a.queries.History(ctx, domain.Ref{Kind: domain.KindCeasefire, ID: c.ID}, at, p)
		})
		for h, err := range entries {
			if err != nil {
				return nil, err
			}
			found[h.Sequence] = h
		}
	}
	var news []projections.HistoryItem
	for _, h := range found {
		news = append(news, h)
	}
	slices.SortFunc(news, func(a, b projections.HistoryItem) int { return int(b.Sequence) - int(a.Sequence) })
	return news[:min(len(news), mostNews)], nil
}

func (a *API) commandLines(ctx context.Context, in *exportedCommands) (file, error) {
	at, err := a.at(ctx, Clocks{KnownAt: in.KnownAt, AsOfSequence: in.AsOfSequence})
	return file{at, func(ctx context.Context, w io.Writer) error {
		return interchange.WriteCommands(ctx, w, a.Log, at.Prefix)
	}}, err
}
