package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/sumdb/note"
)

// A database is a checksum database of the tests' own: a signed, consistent tree of what its proxy serves. Each test
// makes its own ones, so that one may lie from the beginning: its tree is then as consistent as an honest one.
type database struct {
	name   string
	proxy  string // whose modules it knows
	lies   map[string]string
	signer string
	key    string // "name+hash+key"
	server *sumdb.Server
}

// newSumdb makes a database. lies has, by "M@V" or "M@V/go.mod", the h1 that it gives instead of the true one; an empty
// one leaves the line out.
func (s *server) newSumdb(proxy string, lies map[string]string) (*database, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := &database{name: fmt.Sprintf("sumdb%d.example.org", len(s.sumdbs)+1), proxy: proxy, lies: lies}
	var err error
	if d.signer, d.key, err = note.GenerateKey(rand.Reader, d.name); err != nil {
		return nil, err
	}
	d.start(s)
	s.sumdbs[d.name] = d
	return d, nil
}

func (d *database) start(s *server) {
	d.server = sumdb.NewServer(sumdb.NewTestServer(d.signer, func(path, version string) ([]byte, error) {
		return s.lines(d, module.Version{Path: path, Version: version})
	}))
}

// fork replaces the tree by another one with the same key, as a database does that shows two faces.
func (s *server) fork(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.sumdbs[name]
	if d == nil {
		return fmt.Errorf("no database %q", name)
	}
	if d.lies == nil {
		d.lies = map[string]string{}
	}
	fake := sha256.Sum256([]byte(name))
	d.lies["fork"] = "h1:" + base64.StdEncoding.EncodeToString(fake[:])
	d.start(s)
	return nil
}

// lines is the record of one version: the two lines of go.sum.
func (s *server) lines(d *database, m module.Version) ([]byte, error) {
	p := s.settings(d.proxy)
	escapedPath, _ := module.EscapePath(m.Path)
	escapedVersion, _ := module.EscapeVersion(m.Version)
	_, dir, err := find(p, escapedPath, escapedVersion)
	if err != nil {
		return nil, err
	}
	body, err := s.zip(m, dir)
	if err != nil {
		return nil, err
	}
	hash, err := h1OfZip(body)
	if err != nil {
		return nil, err
	}
	mod, err := goMod(m, dir)
	if err != nil {
		return nil, err
	}
	modHash, err := h1OfMod(mod)
	if err != nil {
		return nil, err
	}
	text := d.line(m, "", hash) + d.line(m, "/go.mod", modHash)
	if other := d.lies["fork"]; other != "" {
		text += "fork.example.org/x v1.0.0 " + other + "\n"
	}
	if text == "" { // a record can't be empty: that of another version, then
		text = m.Path + " v0.0.0-other " + hash + "\n"
	}
	return []byte(text), nil
}

func (d *database) line(m module.Version, suffix, hash string) string {
	if other, lies := d.lies[m.Path+"@"+m.Version+suffix]; lies {
		if hash = other; hash == "" {
			return ""
		}
	}
	return m.Path + " " + m.Version + suffix + " " + hash + "\n"
}

func h1OfZip(body []byte) (string, error) {
	files := map[string][]byte{}
	var names []string
	_, err := rezip(body, func(name string, content []byte) []byte {
		names = append(names, name)
		files[name] = content
		return nil
	})
	if err != nil {
		return "", err
	}
	return dirhash.Hash1(names, func(name string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(files[name])), nil
	})
}

func h1OfMod(text []byte) (string, error) {
	return dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(text)), nil
	})
}

func (s *server) serveSumdb(w http.ResponseWriter, r *http.Request, name, path string) {
	s.mu.Lock()
	d := s.sumdbs[name]
	s.mu.Unlock()
	if d == nil {
		http.NotFound(w, r)
		return
	}
	inner := r.Clone(r.Context())
	inner.URL.Path = "/" + path
	d.server.ServeHTTP(w, inner)
}

// serveProxiedSumdb is a proxy's way to the database: NAME/supported says whether there is one.
func (s *server) serveProxiedSumdb(w http.ResponseWriter, r *http.Request, p proxy, path string) {
	name, rest := cut(path)
	if !p.sumdbs {
		http.NotFound(w, r)
		return
	}
	if rest == "supported" {
		return // 200
	}
	s.serveSumdb(w, r, name, strings.TrimPrefix(rest, "/"))
}
