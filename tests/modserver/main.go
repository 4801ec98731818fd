// Modserver is where the tests' modules come from: GOPROXYs that can be told to fail, checksum databases that can be
// told to lie, and a git server, all in one process on one port of 127.0.0.1; and the same by HTTP/2 on another.
//
//	modserver -state DIR -modules DIR
//
// It prints one line of JSON when it is ready, {"url":"http://127.0.0.1:4321","secure":"https://127.0.0.1:4322"}, then answers each line of JSON on stdin
// with one on stdout (control.go has the list), and ends when stdin closes. It serves
//
//	/pN/...              a GOPROXY, for any N: each with its own faults, directories of modules and log
//	/sumdb/NAME/...      the checksum databases made with "new_sumdb"
//	/git/NAME.git/...    the bare repositories in STATE/git, smart protocol
//
// The certificate of the secure one, which signs itself, lies in STATE/ca.pem.
//
// Built by tests/bed/bed.cpp in GOPATH mode, with the golang.org/x/mod that lies in GOROOT/src/cmd/vendor: no network.
package main

import (
	"bufio"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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
	secure, err := serveHTTP2(s, filepath.Join(*state, "ca.pem"))
	if err != nil {
		fail(err)
	}
	fmt.Printf("{\"url\":%q,\"secure\":%q}\n", s.url, secure)
	serveControl(s, os.Stdin, os.Stdout)
}

func serveHTTP2(s *server, certificate string) (url string, err error) {
	secure := httptest.NewUnstartedServer(s)
	secure.EnableHTTP2 = true
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // who does not trust the certificate says so himself
	secure.StartTLS()
	block := pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}
	return secure.URL, os.WriteFile(certificate, pem.EncodeToMemory(&block), 0o666)
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
