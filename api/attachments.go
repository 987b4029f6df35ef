package api

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truceledger/api/wire"
	"truceledger/domain"
	"truceledger/eventstore/blobs"
	"truceledger/projections"
)

// An attachmentInput asks for a file.
type attachmentInput struct {
	SHA256 string `path:"sha256" doc:"The SHA-256 of the file, in hex."`
	Fresh
}

// attachmentRoutes are there where files are kept.
func (a *API) attachmentRoutes() {
	if a.Files == nil {
		return
	}
	raw[nothing](a, huma.Operation{
		OperationID: "send-attachment", Method: http.MethodPost, Path: "/v1/attachments", Tags: []string{"material"}, Summary: "Send a file, which a record can name then",
		Description: "The body is the file, its Content-Type what it is. It is answered with its SHA-256 when it is on disk; nobody can ask for it before a record names it (attach-evidence, or a SHA-256 of terms or of a source). " +
			"Taken are: " + strings.Join(blobs.Types, ", ") + ".",
		Responses: map[string]*huma.Response{"201": {Description: "Created", Content: map[string]*huma.MediaType{"application/json": {}}}},
	}, "application/json", a.takeAttachment)
	raw[attachmentInput](a, huma.Operation{
		OperationID: "get-attachment", Path: "/v1/attachments/{sha256}", Tags: []string{"material"}, Summary: "A file that a record names",
		Description: "All of it is compared with its SHA-256 before the first byte is sent. A file that only records name that the caller may not know of is not found. Range requests are answered.",
	}, "application/octet-stream", a.attachment)
}

// takeAttachment stores a file. It takes as long as it takes, but every piece must come in time.
func (a *API) takeAttachment(w http.ResponseWriter, r *http.Request) {
	f, err := a.receiveFile(w, r)
	if err != nil {
		answerProblem(w, a.fail(r.Context(), err))
		return
	}
	body, _ := json.Marshal(f) // texts and numbers cannot fail
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Location", "/v1/attachments/"+f.SHA256)
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write(append(body, '\n'))
}

func (a *API) receiveFile(w http.ResponseWriter, r *http.Request) (wire.Attachment, error) {
	if a.ReadOnly {
		return wire.Attachment{}, problem(http.StatusForbidden, "read-only", "this server answers questions only: send files to the one that takes them")
	}
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Time{})
	kind := r.Header.Get("Content-Type")
	if err := blobs.CheckType(kind); err != nil || r.Header.Get("Content-Encoding") != "" {
		return wire.Attachment{}, problem(http.StatusUnsupportedMediaType, "not-this-type", "say in Content-Type what the file is; taken are: %s", strings.Join(blobs.Types, ", "))
	}
	if r.ContentLength > a.Files.Most() {
		return wire.Attachment{}, tooLarge(a.Files)
	}
	f, err := a.Files.Put(timedReader{r.Body, control, a.limits.write}, kind)
	switch {
	case errors.Is(err, blobs.ErrTooLarge):
		return wire.Attachment{}, tooLarge(a.Files)
	case errors.Is(err, blobs.ErrEmpty), errors.Is(err, blobs.ErrMistyped):
		return wire.Attachment{}, problem(http.StatusUnprocessableEntity, "not-this-type", "%s", err)
	case err != nil && r.Context().Err() != nil:
		return wire.Attachment{}, problem(http.StatusBadRequest, "unreadable", "the file ended before all of it had come: send it again")
	case err != nil:
		return wire.Attachment{}, err
	}
	return wire.Attachment{SHA256: f.SHA256, Bytes: f.Bytes, MediaType: kind}, nil
}

func tooLarge(files *blobs.Files) *wire.Problem {
	return problem(http.StatusRequestEntityTooLarge, "body-too-large", "a file may have at most %d bytes here", files.Most())
}

// timedReader gives every read a deadline of its own: a large file may take its time, a caller who sends nothing may not.
type timedReader struct {
	body     io.Reader
	control  *http.ResponseController
	patience time.Duration
}

func (t timedReader) Read(p []byte) (int, error) {
	_ = t.control.SetReadDeadline(time.Now().Add(t.patience))
	return t.body.Read(p)
}

// attachment answers a file to who may know of a record that names it.
func (a *API) attachment(w http.ResponseWriter, r *http.Request) {
	digest := r.PathValue("sha256")
	at, err := a.queries.Resolve(r.Context(), projections.Clock{})
	var view projections.FileView
	if err == nil {
		view, err = a.queries.File(r.Context(), digest, at)
	}
	if nowhere := (*domain.NotFound)(nil); errors.As(err, &nowhere) {
		err = problem(http.StatusNotFound, "not-found", "no record that you may read names a file with this SHA-256")
	}
	if err != nil {
		answerProblem(w, a.fail(r.Context(), err))
		return
	}
	f, err := a.Files.Open(digest)
	if err != nil {
		answerProblem(w, a.fileProblem(r, digest, err))
		return
	}
	defer func() { _ = f.Close() }()
	h := w.Header()
	h.Set("Content-Type", view.MediaType)
	if blobs.CheckType(view.MediaType) != nil {
		h.Set("Content-Type", "application/octet-stream") // of a text whose record does not say what it is
	}
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(view.Name, digest)}))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("ETag", `"`+digest+`"`)
	h.Set("Cache-Control", noCache)
	if !strings.HasPrefix(r.Header.Get("Range"), "bytes=") {
		r.Header.Del("Range") // RFC 9110 has a unit that nobody knows passed over
	}
	http.ServeContent(&patiently{ResponseWriter: w, out: deadlined{w, http.NewResponseController(w), a.limits.write}}, r, "", time.Time{}, f)
}

// fileName is what a browser calls the file: what its collector called it, without anything that leads elsewhere.
func fileName(name, digest string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if strings.Trim(name, ". ") == "" || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return digest
	}
	return name
}

func (a *API) fileProblem(r *http.Request, digest string, err error) *wire.Problem {
	var damaged *blobs.DamagedError
	switch {
	case errors.Is(err, blobs.ErrMissing):
		return problem(http.StatusNotFound, "not-there", "this server does not hold the file: ask another node, or its custodian")
	case errors.As(err, &damaged):
		p := a.internal(r.Context(), "an attachment is damaged", "err", damaged)
		p.Code, p.Type, p.Title = "attachment-damaged", "urn:truce:problem:attachment-damaged", titles["attachment-damaged"]
		p.Detail = "the file " + digest + " is not what was stored, and is not handed out: tell the operator the instance given here"
		return p
	}
	return a.fail(r.Context(), err)
}

// patiently gives every write a deadline of its own, and says in a problem what net/http would say in plain text: that there is no such
// part of the file, or that it is not the one that was meant.
type patiently struct {
	http.ResponseWriter
	out     deadlined
	refused bool
}

func (s *patiently) WriteHeader(status int) {
	var p *wire.Problem
	switch status {
	case http.StatusRequestedRangeNotSatisfiable:
		p = problem(status, "bad-header", "Range: names no part of the file that there is: write it like bytes=0-1023")
	case http.StatusPreconditionFailed:
		p = problem(status, "bad-header", "If-Match: is not the ETag of this file, its SHA-256 in quotes")
	default:
		s.ResponseWriter.WriteHeader(status)
		return
	}
	s.refused = true
	s.Header().Del("Content-Disposition") // of the file
	s.Header().Del("Content-Length")
	s.Header().Set("Content-Security-Policy", policy)
	answerProblem(s.ResponseWriter, p)
}

func (s *patiently) Write(p []byte) (int, error) {
	if s.refused {
		return len(p), nil
	}
	return s.out.Write(p)
}
