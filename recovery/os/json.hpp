#pragma once
// A JSON value (RFC 8259): go's answers are read with it; the journal, and what --json prints, are
// written with it. A copy shares what it holds until one of the two is changed; a part
// (`json["a"]`) is a value of its own, and may outlive the whole.
//
// Errors: none is thrown. What can't be read is null, and so is each part that is not there, so
// that a reader need not ask at every step. Bytes that are no UTF-8 are not read; they are written
// as U+FFFD. Text of any depth may be read; to change, compare or write a value takes stack for
// each level of it.
//
// The library behind it is json.cpp's alone: it costs the compiler seconds in each file.
//
// Example: Json{{"repairs", 3}, {"files", list}}.dump() is {"repairs":3,"files":["go.mod"]};
// Json::parse(answer)["Origin"]["URL"].text() is "" where there is none.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recovery {

class Json {
 public:
  Json() = default;  // null
  // NOLINTBEGIN(google-explicit-constructor): a table of members is written without their types
  Json(std::nullptr_t) {}
  Json(bool flag);
  Json(double number);
  template <std::signed_integral Number>
  Json(Number number) : Json(whole(number)) {}
  template <std::unsigned_integral Number>
  Json(Number number) : Json(natural(number)) {}
  Json(const char* text);
  Json(std::string_view text);
  Json(const std::string& text);
  Json(const std::vector<std::string>& texts);
  Json(const std::vector<Json>& elements);
  Json(std::initializer_list<std::pair<std::string, Json>> members);  // in this order
  // NOLINTEND(google-explicit-constructor)

  static Json array();
  static Json object();

  // Null if it is no JSON, or more than that. Of members with one name the last counts. An integer
  // beyond 64 bits is a floating-point number; one beyond those is no JSON.
  static Json parse(std::string_view text);

  void push_back(const Json& element);                // what is no array becomes one
  void set(std::string_view key, const Json& value);  // what is no object becomes one

  bool is_object() const;
  bool is_array() const;
  bool is_string() const;
  bool contains(std::string_view key) const;

  Json operator[](std::string_view key) const;
  Json operator[](std::size_t index) const;

  std::string text() const;                                   // "" of what is no string
  std::vector<std::string> texts() const;                     // of an array: the strings in it
  std::int64_t number(std::int64_t otherwise = 0) const;      // an integer of this type
  std::vector<Json> elements() const;                         // of an array
  std::vector<std::pair<std::string, Json>> members() const;  // of an object
  std::size_t size() const;                                   // of either; else 0

  std::string dump() const;    // without blanks
  std::string pretty() const;  // a line for each value, the last one ended, too

  // Of the same kind and value, members in the same order; 1 is 1u and 1.0.
  friend bool operator==(const Json& one, const Json& other);

 private:
  struct Inside;
  static Json whole(std::int64_t number);
  static Json natural(std::uint64_t number);

  std::shared_ptr<void> value_;  // null: null
};

}  // namespace recovery
