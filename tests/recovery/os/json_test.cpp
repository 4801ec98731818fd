// What go, a server or a file says as JSON is read whatever it is; what gomend writes can be read.

#include "recovery/os/json.hpp"

#include <string>
#include <vector>

#include "tests/bed/json.hpp"

namespace tests {
namespace {

const std::string replacement = "\xEF\xBF\xBD";

}  // namespace

TEST_CASE("JSON: what is written is read as the same, in the same order", "[recovery]") {
  const Json value{{"zeta", 1},
                   {"alpha", std::vector<std::string>{"a", "b"}},
                   {"none", nullptr},
                   {"flag", true},
                   {"half", 0.5},
                   {"inner", {{"y", "x"}, {"x", std::vector<Json>{1, "two", Json::object()}}}},
                   {"empty", Json::array()}};
  const std::string text = R"({"zeta":1,"alpha":["a","b"],"none":null,"flag":true,"half":0.5,)"
                           R"("inner":{"y":"x","x":[1,"two",{}]},"empty":[]})";
  CHECK(value.dump() == text);
  CHECK(Json::parse(text) == value);
  CHECK(Json::parse(value.pretty()).dump() == text);
  CHECK(Json{{"a", {{"b", 1}}}, {"c", Json::array()}}.pretty() ==
        "{\n  \"a\": {\n    \"b\": 1\n  },\n  \"c\": []\n}\n");
  CHECK(Json().dump() == "null");
}

TEST_CASE("JSON: what is no JSON is null", "[recovery]") {
  for (const char* text :
       {"", " ", "{", "[1,]", "{\"a\":1}}", "{\"a\":1} {}", "{a:1}", "'a'", "nul", "NaN", "1e999",
        "\"\t\"", "\"\\x\"", "\"\\ud800\"", "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\""}) {
    CAPTURE(text);
    CHECK(Json::parse(text) == Json());
  }
}

TEST_CASE("JSON: what is not there, or of another type, is null, empty or what was asked for",
          "[recovery]") {
  const Json value = Json::parse(R"({"text":"t","list":["a",1,null,"b"],"number":7,"none":null})");
  CHECK(value["list"][1] == 1);
  CHECK(value["list"].texts() == std::vector<std::string>{"a", "b"});
  CHECK(value["list"][4] == Json());
  CHECK(value["list"]["text"] == Json());
  CHECK(value["text"]["text"] == Json());
  CHECK(value["text"][0] == Json());
  CHECK(value[0] == Json());
  CHECK(value["absent"]["text"][3].text().empty());
  CHECK(value["number"].text().empty());
  CHECK(value["text"].texts().empty());
  CHECK(value["text"].number(3) == 3);
  CHECK(value["number"].number() == 7);
  CHECK(value["text"].elements().empty());
  CHECK(value["list"].members().empty());
  CHECK((value.contains("none") && !value.contains("absent") && !value["list"].contains("a")));
  CHECK((value.size() == 4 && value["list"].size() == 4 && value["text"].size() == 0));
  CHECK((value.is_object() && !value.is_array() && value["text"].is_string()));
  std::string names;
  for (const auto& [name, member] : value.members()) names += name + " ";
  CHECK(names == "text list number none ");
}

TEST_CASE("JSON: integers are exact up to 64 bits", "[recovery]") {
  const Json value = Json::parse(
      "[9223372036854775807,-9223372036854775808,9223372036854775808,18446744073709551615,"
      "18446744073709551616,1.0]");
  CHECK(value.dump() ==
        "[9223372036854775807,-9223372036854775808,9223372036854775808,18446744073709551615,"
        "1.8446744073709552e+19,1.0]");
  CHECK(value[0].number() == 9223372036854775807);
  CHECK(value[1].number() == -9223372036854775807 - 1);
  for (const std::size_t i : {2, 3, 4, 5}) CHECK(value[i].number(-1) == -1);
  CHECK(Json(18446744073709551615U).dump() == "18446744073709551615");
  CHECK((value[5] == 1 && Json(1) == Json(1U)));
}

TEST_CASE("JSON: bytes that are no UTF-8 are replaced, in names too; a NUL is a character",
          "[recovery]") {
  const Json value{{"a\xff", "b\xe2\x80"}, {"c", std::string("d\0e", 3)}};
  CHECK(value.dump() == "{\"a" + replacement + "\":\"b" + replacement + "\",\"c\":\"d\\u0000e\"}");
  CHECK(Json::parse(value.dump()) != value);
  CHECK(Json::parse(value.dump())["c"].text() == std::string("d\0e", 3));
  CHECK(Json::parse("{\"a\\u0000b\":1}")[std::string("a\0b", 3)] == 1);
}

TEST_CASE("JSON: of members with one name the last counts", "[recovery]") {
  const Json value = Json::parse(R"({"a":1,"b":2,"a":{"c":3}})");
  CHECK(value.dump() == R"({"a":{"c":3},"b":2})");
  std::string many = "{";
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 100; ++i)
      many += "\"name" + std::to_string(i) + "\":" + std::to_string(i + round) + ",";
  const Json counted = Json::parse(many + "\"last\":0}");
  CHECK(counted.size() == 101);
  CHECK(counted["name0"] == 1);
  CHECK(counted["name99"] == 100);
}

TEST_CASE("JSON: what somebody made to be deep or large is read in time", "[recovery]") {
  const std::size_t levels = 1'000'000;
  CHECK(Json::parse(std::string(levels, '[')) == Json());
  CHECK(Json::parse(std::string(levels, '[') + std::string(levels, ']')).size() == 1);
  std::string names = "{";
  for (int i = 0; i < 200'000; ++i) names += "\"" + std::to_string(i) + "\":1,";
  CHECK(Json::parse(names + "\"Version\":\"v1.0.0\"}")["Version"] == "v1.0.0");
}

TEST_CASE("JSON: a copy and a part do not change with the whole", "[recovery]") {
  Json whole{{"list", std::vector<std::string>{"a"}}};
  const Json copy = whole;
  Json part = whole["list"];
  part.push_back("b");
  whole.set("list", part);
  whole.set("more", whole);
  part = Json();
  CHECK(copy.dump() == R"({"list":["a"]})");
  CHECK(whole.dump() == R"({"list":["a","b"],"more":{"list":["a","b"]}})");
  Json inner = whole["more"]["list"];
  whole = Json();
  inner.push_back(1);
  CHECK(inner.dump() == R"(["a","b",1])");
  inner.set("a", 1);
  CHECK(inner.dump() == R"({"a":1})");
  inner.push_back(2);
  CHECK(inner.dump() == "[2]");
}

}  // namespace tests
