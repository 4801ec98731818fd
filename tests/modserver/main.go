// Modserver is where the tests' modules come from: GOPROXYs that can be told to fail, checksum databases that can be
// told to lie, and a git server, all in one process on one port of 127.0.0.1.
//
//	modserver -state DIR -modules DIR
//
// It prints one line of JSON when it is ready, {"url":"http://127.0.0.1:4321"}, then answers each line of JSON on stdin
// with one on stdout (control.go has the list), and ends when stdin closes. It serves
//
//	/pN/...              a GOPROXY, for any N: each with its own faults, directories of modules and log
//	/sumdb/NAME/...      the checksum databases made with "new_sumdb"
//	/git/NAME.git/...    the bare repositories in STATE/git, smart protocol
//
// Built by tests/bed.cpp in GOPATH mode, with the golang.org/x/mod that lies in GOROOT/src/cmd/vendor: no network.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

func main() {
	state := flag.String("state", "", "directory for repositories and temporary files")
	modules := flag.String("modules", "", "directory of module sources, <escaped path>@<version>/")
	flag.Parse()
	if *state == "" {
		fail(fmt.Errorf("-state is missing"))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	s := newServer("http://"+listener.Addr().String(), *state, *modules)
	go http.Serve(listener, s)
	fmt.Printf("{\"url\":%q}\n", s.url)
	serveControl(s, os.Stdin, os.Stdout)
}

func serveControl(s *server, in io.Reader, out io.Writer) {
	lines := bufio.NewReaderSize(in, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		answer, err := s.control(line)
		if err != nil {
			answer = map[string]string{"error": err.Error()}
		}
		text, err := json.Marshal(answer)
		if err != nil {
			fail(err)
		}
		out.Write(append(text, '\n'))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "modserver:", err)
	os.Exit(1)
}
