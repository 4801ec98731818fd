package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
)

// A command is one line on stdin. Op says which of the other fields count.
type command struct {
	Op      string            `json:"op"`
	Service string            `json:"service"`
	Fault   fault             `json:"fault"`
	Dirs    []string          `json:"dirs"`
	Sumdbs  bool              `json:"sumdbs"`
	Lies    map[string]string `json:"lies"`
	Path    string            `json:"path"`
	Prefix  string            `json:"prefix"`
	Kind    string            `json:"kind"`
}

func (s *server) control(line []byte) (interface{}, error) {
	var c command
	if err := json.Unmarshal(line, &c); err != nil {
		return nil, err
	}
	done := map[string]string{}
	switch c.Op {
	case "fault": // add Fault
		return done, s.addFault(c.Fault)
	case "clear": // the faults and the log of Service
		s.clear(c.Service)
		return done, nil
	case "log": // of Service
		return map[string]interface{}{"requests": s.requests(c.Service)}, nil
	case "clear_log":
		s.clearLog(c.Service)
		return done, nil
	case "dirs": // proxy Service looks for modules in Dirs first
		s.mu.Lock()
		defer s.mu.Unlock()
		s.proxy(c.Service).dirs = append(append([]string{}, c.Dirs...), s.modules)
		return done, nil
	case "sumdbs": // proxy Service passes on to the databases, or doesn't
		s.mu.Lock()
		defer s.mu.Unlock()
		s.proxy(c.Service).sumdbs = c.Sumdbs
		return done, nil
	case "new_sumdb": // knows the modules of proxy Service; Lies as newSumdb says
		d, err := s.newSumdb(c.Service, c.Lies)
		if err != nil {
			return nil, err
		}
		return map[string]string{"name": d.name, "key": d.key, "url": s.url + "/sumdb/" + d.name}, nil
	case "fork": // the database called Path
		return done, s.fork(c.Path)
	case "h1": // of Path: a zip, a go.mod, or a tree of module Prefix (M@V)
		hash, err := h1(c.Path, c.Prefix)
		return map[string]string{"h1": hash}, err
	case "zip": // write the zip of module Prefix (M@V) to Path
		return done, s.writeZip(c.Path, c.Prefix)
	case "rezip": // change the zip Path in place: Kind is "edited" or "empty"
		return done, changeZip(c.Path, c.Kind)
	}
	return nil, fmt.Errorf("no op %q", c.Op)
}

func (s *server) clear(service string) {
	s.mu.Lock()
	delete(s.faults, service)
	s.mu.Unlock()
	s.clearLog(service)
}

func (s *server) clearLog(service string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := []request{}
	for _, r := range s.log {
		if r.Service != service {
			kept = append(kept, r)
		}
	}
	s.log = kept
}

func (s *server) requests(service string) []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []request{}
	for _, r := range s.log {
		if r.Service == service {
			found = append(found, r)
		}
	}
	return found
}

func (s *server) writeZip(path, moduleVersion string) error {
	at := strings.LastIndex(moduleVersion, "@")
	if at < 0 {
		return fmt.Errorf("%q is no M@V", moduleVersion)
	}
	escapedPath, err := module.EscapePath(moduleVersion[:at])
	if err != nil {
		return err
	}
	escapedVersion, err := module.EscapeVersion(moduleVersion[at+1:])
	if err != nil {
		return err
	}
	m, dir, err := find(proxy{dirs: []string{s.modules}}, escapedPath, escapedVersion)
	if err != nil {
		return err
	}
	body, err := s.zip(m, dir)
	if err != nil {
		return err
	}
	return replace(path, body)
}

func changeZip(path, kind string) error {
	body, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	switch kind {
	case "edited":
		body, err = altered(body)
	case "empty":
		body, err = emptyZip()
	default:
		err = fmt.Errorf("no kind %q", kind)
	}
	if err != nil {
		return err
	}
	return replace(path, body)
}

// replace makes a new file: the old one may be a hard link to a pristine cache.
func replace(path string, body []byte) error {
	temporary := filepath.Join(filepath.Dir(path), ".replacement")
	if err := os.WriteFile(temporary, body, 0666); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
