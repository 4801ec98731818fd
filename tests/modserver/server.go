package main

import (
	"bytes"
	"math/rand"
	"net/http"
	"net/http/cgi"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// A server holds all services. The first element of a request's path names the service: "p1", "sumdb/NAME", "git".
type server struct {
	url     string
	state   string
	modules string

	mu      sync.Mutex
	proxies map[string]*proxy
	sumdbs  map[string]*database
	faults  map[string][]*fault // by service, the newest first
	dice    *rand.Rand          // of faults that strike at random; under mu
	log     []request
	zips    map[string][]byte
}

// A request is what the log keeps; Status is 0 where the connection was cut before any status.
type request struct {
	Service string `json:"service"`
	Path    string `json:"path"`
	Status  int    `json:"status"`
}

func newServer(url, state, modules string) *server {
	return &server{
		url: url, state: state, modules: modules,
		proxies: map[string]*proxy{}, sumdbs: map[string]*database{},
		dice:   rand.New(rand.NewSource(1)),
		faults: map[string][]*fault{}, zips: map[string][]byte{},
	}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Host != "" || r.Method == http.MethodConnect {
		s.forward(w, r)
		return
	}
	service, path := split(r.URL.Path)
	f := s.faultFor(service, path)
	if f != nil && f.Kind == "silence" {
		if !s.outlasts(r, service, f) {
			s.record(service, path, 0)
			return
		}
		f = nil
	}
	if f != nil && f.replaces() {
		status := 0
		defer func() { s.record(service, path, status) }() // of a stream that is reset, too: that is a panic
		status = f.answer(w, r)
		return
	}
	a := newAnswer()
	s.serve(a, r, service, path)
	if f == nil {
		s.record(service, path, a.status) // before the body: who has the answer finds it in the log
		a.send(w)
		return
	}
	s.record(service, path, a.status)
	f.spoil(w, r, a, path)
}

func split(path string) (service, rest string) {
	path = strings.TrimPrefix(path, "/")
	service, rest = cut(path)
	if service == "sumdb" {
		var name string
		name, rest = cut(rest)
		service += "/" + name
	}
	return service, rest
}

func cut(path string) (first, rest string) {
	if i := strings.Index(path, "/"); i >= 0 {
		return path[:i], path[i+1:]
	}
	return path, ""
}

func (s *server) serve(w http.ResponseWriter, r *http.Request, service, path string) {
	switch {
	case service == "git":
		s.serveGit(w, r)
	case strings.HasPrefix(service, "sumdb/"):
		s.serveSumdb(w, r, strings.TrimPrefix(service, "sumdb/"), path)
	case isProxy(service):
		s.serveProxy(w, r, service, path)
	default:
		http.NotFound(w, r)
	}
}

func (s *server) serveGit(w http.ResponseWriter, r *http.Request) {
	git, err := exec.LookPath("git")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	handler := cgi.Handler{
		Path: git, Args: []string{"http-backend"}, Root: "/git",
		Env: []string{"GIT_PROJECT_ROOT=" + filepath.Join(s.state, "git"), "GIT_HTTP_EXPORT_ALL=1",
			"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
			// the repositories may belong to another user than the server's (a test run as root)
			"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"},
	}
	handler.ServeHTTP(w, r)
}

// forward plays the HTTP proxy of a test that sets HTTP_PROXY and HTTPS_PROXY to the server: any host's ?go-get=1 page
// points at /git/<import path>.git. There is no https (CONNECT is refused): direct mode with GOINSECURE.
func (s *server) forward(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Host + r.URL.Path
	if r.Method == http.MethodConnect || r.URL.Query().Get("go-get") != "1" {
		s.record("forward", path, http.StatusBadGateway)
		http.Error(w, "no way through here", http.StatusBadGateway)
		return
	}
	root, ok := s.repository(path)
	if !ok {
		s.record("forward", path, http.StatusNotFound)
		http.NotFound(w, r)
		return
	}
	s.record("forward", path, http.StatusOK)
	page := `<meta name="go-import" content="` + root + " git " + s.url + "/git/" + (&url.URL{Path: root}).EscapedPath() + `.git">`
	w.Write([]byte(page))
}

// repository finds the longest prefix of an import path that is a repository.
func (s *server) repository(path string) (string, bool) {
	for path != "" && path != "." {
		if isDir(filepath.Join(s.state, "git", filepath.FromSlash(path)+".git")) {
			return path, true
		}
		path = filepath.ToSlash(filepath.Dir(path))
	}
	return "", false
}

func (s *server) record(service, path string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, request{service, path, status})
}

// An answer keeps a response until it is known how it shall be spoilt.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newAnswer() *answer { return &answer{header: http.Header{}, status: http.StatusOK} }

func (a *answer) Header() http.Header            { return a.header }
func (a *answer) WriteHeader(status int)         { a.status = status }
func (a *answer) Write(part []byte) (int, error) { return a.body.Write(part) }

func (a *answer) send(w http.ResponseWriter) {
	a.sendHeader(w)
	w.Write(a.body.Bytes())
}

func (a *answer) sendHeader(w http.ResponseWriter) {
	for key, values := range a.header {
		w.Header()[key] = values
	}
	w.WriteHeader(a.status)
}
