package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"
)

// A proxy is one GOPROXY. It serves what lies in dirs, the first that has a version winning: two proxies that give
// different bytes for one version are two proxies with different dirs.
type proxy struct {
	dirs   []string
	sumdbs bool // whether /sumdb/NAME/supported is answered with 200
}

var proxyName = regexp.MustCompile(`^p[0-9]+$`)

func isProxy(service string) bool { return proxyName.MatchString(service) }

// proxy gives the settings of a proxy; any name is one.
func (s *server) proxy(name string) *proxy {
	if s.proxies[name] == nil {
		s.proxies[name] = &proxy{dirs: []string{s.modules}}
	}
	return s.proxies[name]
}

// settings is a copy that may be read without the lock.
func (s *server) settings(name string) proxy {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.proxy(name)
}

func (s *server) serveProxy(w http.ResponseWriter, r *http.Request, name, path string) {
	p := s.settings(name)
	if strings.HasPrefix(path, "sumdb/") {
		s.serveProxiedSumdb(w, r, p, strings.TrimPrefix(path, "sumdb/"))
		return
	}
	body, err := s.file(p, path)
	if err != nil {
		http.Error(w, "not found: "+err.Error(), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", contentType(path))
	w.Write(body)
}

func contentType(path string) string {
	switch {
	case strings.HasSuffix(path, ".zip"):
		return "application/zip"
	case strings.HasSuffix(path, ".info"), strings.HasSuffix(path, "/@latest"):
		return "application/json"
	}
	return "text/plain; charset=UTF-8"
}

// file gives what a GOPROXY answers for a path such as "github.com/acme/alpha/@v/v1.1.0.zip".
func (s *server) file(p proxy, path string) ([]byte, error) {
	if strings.HasSuffix(path, "/@latest") {
		return s.latest(p, strings.TrimSuffix(path, "/@latest"))
	}
	i := strings.Index(path, "/@v/")
	if i < 0 {
		return nil, fmt.Errorf("no such path")
	}
	escapedPath, name := path[:i], path[i+len("/@v/"):]
	if name == "list" {
		return list(p, escapedPath)
	}
	extension := filepath.Ext(name)
	m, dir, err := find(p, escapedPath, strings.TrimSuffix(name, extension))
	if err != nil {
		return nil, err
	}
	switch extension {
	case ".info":
		return info(m.Version)
	case ".mod":
		return goMod(m, dir)
	case ".zip":
		return s.zip(m, dir)
	}
	return nil, fmt.Errorf("no such file")
}

func find(p proxy, escapedPath, escapedVersion string) (m module.Version, dir string, err error) {
	if m.Path, err = module.UnescapePath(escapedPath); err != nil {
		return m, "", err
	}
	if m.Version, err = module.UnescapeVersion(escapedVersion); err != nil {
		return m, "", err
	}
	for _, root := range p.dirs {
		dir = filepath.Join(root, escapedPath+"@"+escapedVersion)
		if isDir(dir) {
			return m, dir, nil
		}
	}
	return m, "", fmt.Errorf("%s@%s: invalid version: unknown revision %s", m.Path, m.Version, m.Version)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func versions(p proxy, escapedPath string) []string {
	seen := map[string]bool{}
	var all []string
	for _, root := range p.dirs {
		found, _ := filepath.Glob(filepath.Join(root, escapedPath+"@*"))
		for _, dir := range found {
			version, err := module.UnescapeVersion(dir[strings.LastIndex(dir, "@")+1:])
			if err == nil && !seen[version] {
				seen[version] = true
				all = append(all, version)
			}
		}
	}
	sort.Slice(all, func(i, j int) bool { return semver.Compare(all[i], all[j]) < 0 })
	return all
}

// list has no pseudo-versions, as with the public proxies.
func list(p proxy, escapedPath string) ([]byte, error) {
	all := versions(p, escapedPath)
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no such module", escapedPath)
	}
	text := ""
	for _, version := range all {
		if !module.IsPseudoVersion(version) {
			text += version + "\n"
		}
	}
	return []byte(text), nil
}

func (s *server) latest(p proxy, escapedPath string) ([]byte, error) {
	all := versions(p, escapedPath)
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no such module", escapedPath)
	}
	return info(all[len(all)-1])
}

func info(version string) ([]byte, error) {
	at := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	if module.IsPseudoVersion(version) {
		var err error
		if at, err = module.PseudoVersionTime(version); err != nil {
			return nil, err
		}
	}
	return json.Marshal(struct {
		Version string
		Time    time.Time
	}{version, at})
}

func goMod(m module.Version, dir string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if os.IsNotExist(err) {
		return []byte("module " + m.Path + "\n"), nil
	}
	return text, err
}

// zip is made once per directory: tests fetch the same few modules hundreds of times.
func (s *server) zip(m module.Version, dir string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if made, ok := s.zips[dir]; ok {
		return made, nil
	}
	var made bytes.Buffer
	if err := modzip.CreateFromDir(&made, m, dir); err != nil {
		return nil, err
	}
	s.zips[dir] = made.Bytes()
	return made.Bytes(), nil
}

// altered gives a valid zip of the same names, whose Go files compile and return other strings.
func altered(body []byte) ([]byte, error) {
	return rezip(body, func(name string, content []byte) []byte {
		if !strings.HasSuffix(name, ".go") {
			return content
		}
		content = bytes.ReplaceAll(content, []byte(`return "`), []byte(`return "altered `))
		return append(content, "\n// altered\n"...)
	})
}

func rezip(body []byte, change func(string, []byte) []byte) ([]byte, error) {
	old, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, err
	}
	var made bytes.Buffer
	w := zip.NewWriter(&made)
	for _, f := range old.File {
		content, err := readEntry(f)
		if err != nil {
			return nil, err
		}
		out, err := w.Create(f.Name)
		if err != nil {
			return nil, err
		}
		out.Write(change(f.Name, content))
	}
	err = w.Close()
	return made.Bytes(), err
}

func emptyZip() ([]byte, error) {
	var made bytes.Buffer
	err := zip.NewWriter(&made).Close()
	return made.Bytes(), err
}

func readEntry(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var content bytes.Buffer
	_, err = content.ReadFrom(r)
	return content.Bytes(), err
}

// h1 gives Go's own hash of a zip, of a go.mod, or of a tree (whose names then begin with prefix, "M@V").
func h1(path, prefix string) (string, error) {
	switch {
	case prefix != "":
		return dirhash.HashDir(path, prefix, dirhash.Hash1)
	case strings.HasSuffix(path, ".zip"):
		return dirhash.HashZip(path, dirhash.Hash1)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return h1OfMod(text)
}
