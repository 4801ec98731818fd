// What `go list -e -json` says of packages that could not be loaded, as go's own words. The data
// are go 1.26's.
#include "shim/watch/list_errors.hpp"

#include "tests/catch.hpp"

TEST_CASE("the errors in go list -e's data read as go would print them, each once") {
  const char* data = R"({
	"Dir": "/src/app/pkg/report",
	"ImportPath": "example.com/app/pkg/report",
	"DepsErrors": [
		{
			"ImportStack": [
				"example.com/app",
				"example.com/app/pkg/report"
			],
			"Pos": "pkg/report/report.go:9:2",
			"Err": "unzip /m/cache/download/github.com/acme/alpha/@v/v1.1.0.zip: zip: not a valid zip file"
		}
	]
}
{
	"ImportPath": "github.com/acme/alpha",
	"Error": {
		"ImportStack": [
			"example.com/app",
			"example.com/app/pkg/report"
		],
		"Pos": "pkg/report/report.go:9:2",
		"Err": "unzip /m/cache/download/github.com/acme/alpha/@v/v1.1.0.zip: zip: not a valid zip file"
	}
}
{
	"ImportPath": "github.com/acme/beta",
	"Error": {
		"ImportStack": [],
		"Pos": "",
		"Err": "# github.com/acme/beta\n/m/github.com/acme/beta@v1.0.0/b.go:3:9: undefined: \"x\""
	}
}
)";
  CHECK(shim::list_errors_text(data) ==
        "pkg/report/report.go:9:2: unzip "
        "/m/cache/download/github.com/acme/alpha/@v/v1.1.0.zip: zip: not a valid zip file\n"
        "# github.com/acme/beta\n"
        "/m/github.com/acme/beta@v1.0.0/b.go:3:9: undefined: \"x\"\n");
}

TEST_CASE("data without errors, or no data, have none") {
  CHECK(shim::list_errors_text("") == "");
  CHECK(shim::list_errors_text("{\n\t\"Doc\": \"prints \\\"Err\\\": \\\"x\\\"\"\n}\n") == "");
  CHECK(shim::list_errors_text("{\n\t\"Err\": \"cut o") == "");
}
