// Writes what the demo works on: a GOPROXY as plain files, with three small modules, and a project that needs them.
// A file tree is a complete GOPROXY (see 'go help goproxy'), so the demo needs no network and no server.
//
//	go run . proxy shop
package main

import (
	"archive/zip"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

const version = "v1.4.0"

// The modules and the project, by file name; a module's files lie in its zip under path@version/.
var modules = map[string]map[string]string{
	"example.com/money": {
		"go.mod":    "module example.com/money\n\ngo 1.19\n",
		"money.go":  "package money\n\n// Cents is an amount of money.\ntype Cents int\n",
		"format.go": "package money\n\nimport \"fmt\"\n\nfunc (c Cents) String() string { return fmt.Sprintf(\"%d.%02d\", c/100, c%100) }\n",
		"parse.go":  "package money\n\nimport \"strconv\"\n\n// Parse reads whole cents.\nfunc Parse(s string) Cents {\n\tn, _ := strconv.Atoi(s)\n\treturn Cents(n)\n}\n",
	},
	"example.com/tax": {
		"go.mod": "module example.com/tax\n\ngo 1.19\n\nrequire example.com/money v1.4.0\n",
		"tax.go": "package tax\n\nimport \"example.com/money\"\n\n// Add adds a fifth.\nfunc Add(c money.Cents) money.Cents { return c + c/5 }\n",
	},
	"example.com/text": {
		"go.mod":  "module example.com/text\n\ngo 1.19\n",
		"text.go": "package text\n\n// Label puts a colon behind a word.\nfunc Label(s string) string { return s + \":\" }\n",
	},
}

var project = map[string]string{
	"go.mod": "module example.com/shop\n\ngo 1.19\n\nrequire (\n\texample.com/money v1.4.0\n\texample.com/tax v1.4.0\n\texample.com/text v1.4.0\n)\n",
	"main.go": `package main

import (
	"fmt"

	"example.com/money"
	"example.com/tax"
	"example.com/text"
)

func total() money.Cents { return tax.Add(money.Parse("1000")) }

func main() { fmt.Println(text.Label("total"), total()) }
`,
	"main_test.go": `package main

import "testing"

func TestTotal(t *testing.T) {
	if got := total().String(); got != "12.00" {
		t.Fatal(got)
	}
}
`,
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: demo PROXY-DIRECTORY PROJECT-DIRECTORY")
	}
	for path, files := range modules {
		publish(filepath.Join(os.Args[1], path, "@v"), path, files)
	}
	for name, text := range project {
		write(filepath.Join(os.Args[2], name), text)
	}
}

// publish writes the four files by which a GOPROXY offers one version of a module.
func publish(dir, path string, files map[string]string) {
	write(filepath.Join(dir, "list"), version+"\n")
	write(filepath.Join(dir, version+".info"), fmt.Sprintf("{\"Version\":%q,\"Time\":\"2024-05-01T12:00:00Z\"}", version))
	write(filepath.Join(dir, version+".mod"), files["go.mod"])

	out, err := os.Create(filepath.Join(dir, version+".zip"))
	check(err)
	archive := zip.NewWriter(out)
	for name, text := range files {
		member, err := archive.Create(path + "@" + version + "/" + name)
		check(err)
		_, err = member.Write([]byte(text))
		check(err)
	}
	check(archive.Close())
	check(out.Close())
}

func write(name, text string) {
	check(os.MkdirAll(filepath.Dir(name), 0o777))
	check(os.WriteFile(name, []byte(text), 0o666))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
