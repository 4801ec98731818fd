package main

import (
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// A fault is what a service does to the requests whose path matches, up to Times times (0: for ever).
type fault struct {
	Service string `json:"service"` // "p1", "sumdb/NAME", "git"
	Match   string `json:"match"`   // regular expression, on the path behind the service: `alpha/@v/.*\.zip$`
	Kind    string `json:"kind"`
	Status  int    `json:"status"`
	Bytes   int    `json:"bytes"`
	Body    string `json:"body"` // of status and body; the target of redirect
	Times   int    `json:"times"`
	Percent int    `json:"percent"` // of the requests, at random; 0: all
	Seconds int    `json:"seconds"` // for how long from now; 0: for ever
	Spares  int    `json:"spares"`  // so many requests in each second; a limit of the rate

	match  *regexp.Regexp
	left   int
	until  time.Time
	second int64 // the running one, and what was spared in it
	spared int
}

// The kinds that need no true answer, and those that spoil one.
var replacing = map[string]bool{
	"status":   true, // Status, with Body as text/plain
	"body":     true, // 200 with Body
	"html":     true, // 200 with a page, as a captive portal gives
	"empty":    true, // 200 with nothing
	"reset":    true, // the connection is reset; with HTTP/2, the stream
	"silence":  true, // no byte until the faults are cleared
	"redirect": true, // 302 to Body
}

var spoiling = map[string]bool{
	"truncate": true, // only the first Bytes bytes, as if that were all
	"drop":     true, // the connection ends after Bytes bytes of a longer Content-Length
	"stall":    true, // silence after Bytes bytes
	"slow":     true, // Bytes bytes each 50 ms
	"wrong":    true, // well-formed, but other content: a valid zip, go.mod or info
}

func (s *server) addFault(f fault) error {
	if !replacing[f.Kind] && !spoiling[f.Kind] {
		return fmt.Errorf("no fault of kind %q", f.Kind)
	}
	match, err := regexp.Compile(f.Match)
	if err != nil {
		return err
	}
	f.match, f.left = match, f.Times
	f.until = time.Now().Add(time.Duration(f.Seconds) * time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[f.Service] = append([]*fault{&f}, s.faults[f.Service]...)
	return nil
}

func (s *server) faultFor(service, path string) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults[service] {
		if !f.match.MatchString(path) || (f.Times > 0 && f.left == 0) {
			continue
		}
		if f.Seconds > 0 && time.Now().After(f.until) {
			continue
		}
		if f.Spares > 0 && f.spares() {
			continue
		}
		if f.Percent > 0 && s.dice.Intn(100) >= f.Percent {
			continue
		}
		f.left--
		return f
	}
	return nil
}

func (f *fault) spares() bool {
	if now := time.Now().Unix(); now != f.second {
		f.second, f.spared = now, 0
	}
	f.spared++
	return f.spared <= f.Spares
}

func (f *fault) replaces() bool { return replacing[f.Kind] }

// answer gives the status that was sent, 0 if none.
func (f *fault) answer(w http.ResponseWriter, r *http.Request) int {
	switch f.Kind {
	case "status":
		http.Error(w, f.Body, f.Status)
		return f.Status
	case "body":
		w.Write([]byte(f.Body))
	case "html":
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<!DOCTYPE html>\n<html><body>Please log in.</body></html>\n"))
	case "empty":
	case "redirect":
		http.Redirect(w, r, f.Body, http.StatusFound)
		return http.StatusFound
	case "reset":
		reset(w)
		return 0
	}
	return http.StatusOK
}

// outlasts says whether the client is still there when the fault is taken away.
func (s *server) outlasts(r *http.Request, service string, f *fault) bool {
	for {
		s.mu.Lock()
		isThere := false
		for _, other := range s.faults[service] {
			isThere = isThere || other == f
		}
		s.mu.Unlock()
		if !isThere {
			return true
		}
		select {
		case <-r.Context().Done():
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func reset(w http.ResponseWriter) {
	hijacker, isHTTP1 := w.(http.Hijacker)
	if !isHTTP1 {
		panic(http.ErrAbortHandler)
	}
	connection, _, err := hijacker.Hijack()
	if err != nil {
		return
	}
	connection.(*net.TCPConn).SetLinger(0) // close then sends RST
	connection.Close()
}

func (f *fault) spoil(w http.ResponseWriter, r *http.Request, a *answer, path string) {
	body := a.body.Bytes()
	n := f.Bytes
	if n > len(body) {
		n = len(body)
	}
	a.header.Set("Content-Length", fmt.Sprint(len(body)))
	switch f.Kind {
	case "truncate":
		a.header.Set("Content-Length", fmt.Sprint(n))
		a.sendHeader(w)
		w.Write(body[:n])
	case "drop":
		a.sendHeader(w)
		w.Write(body[:n])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	case "stall":
		a.sendHeader(w)
		w.Write(body[:n])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	case "slow":
		a.sendHeader(w)
		drip(w, r, body, f.Bytes)
	case "wrong":
		other := wrong(path, body)
		a.header.Set("Content-Length", fmt.Sprint(len(other)))
		a.sendHeader(w)
		w.Write(other)
	}
}

func drip(w http.ResponseWriter, r *http.Request, body []byte, step int) {
	if step < 1 {
		step = 1
	}
	for len(body) > 0 && r.Context().Err() == nil {
		if step > len(body) {
			step = len(body)
		}
		w.Write(body[:step])
		w.(http.Flusher).Flush()
		body = body[step:]
		time.Sleep(50 * time.Millisecond)
	}
}

func wrong(path string, body []byte) []byte {
	switch {
	case strings.HasSuffix(path, ".zip"):
		if other, err := altered(body); err == nil {
			return other
		}
	case strings.HasSuffix(path, ".info"), strings.HasSuffix(path, "/@latest"):
		return []byte(`{"Version":"v0.0.1","Time":"2019-01-01T00:00:00Z"}`)
	}
	return append(append([]byte{}, body...), "// altered\n"...)
}
