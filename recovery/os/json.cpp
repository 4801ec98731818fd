#include "recovery/os/json.hpp"

#include <limits>
#include <map>
#include <nlohmann/json.hpp>

namespace recovery {
namespace {

// nlohmann::ordered_map compares each new name with all before it: minutes for an object of 1 MB,
// which any source can serve. This one knows the places of many. Nothing is ever erased.
template <class Name, class Node, class Less, class Allocator>
class Members : public nlohmann::ordered_map<Name, Node, Less, Allocator> {
  using Base = nlohmann::ordered_map<Name, Node, Less, Allocator>;

 public:
  std::pair<typename Base::iterator, bool> emplace(const Name& name, Node&& node) {
    if (this->size() < many) return Base::emplace(name, std::move(node));
    for (std::size_t i = places_.size(); i < this->size(); ++i)
      places_.emplace(this->data()[i].first, i);
    const auto [place, is_new] = places_.try_emplace(name, this->size());
    if (is_new) this->emplace_back(name, std::move(node));
    return {this->begin() + static_cast<std::ptrdiff_t>(place->second), is_new};
  }
  Node& operator[](const Name& name) { return emplace(name, Node()).first->second; }

 private:
  static constexpr std::size_t many = 32;
  std::map<Name, std::size_t> places_;  // once there are many
};

using Node = nlohmann::basic_json<Members>;
using Object = Node::object_t;
using Array = Node::array_t;

const Node* member(const Node& node, std::string_view key) {
  const auto* object = node.get_ptr<const Object*>();
  if (object == nullptr) return nullptr;
  const auto found = object->find(std::string(key));
  return found == object->end() ? nullptr : &found->second;
}

std::string written(const Node& node, int indent) {
  return node.dump(indent, ' ', false, Node::error_handler_t::replace);
}

}  // namespace

// What value_ points to: a node, or one inside the node that it owns.
struct Json::Inside {
  static const Node& of(const Json& json) {
    static const Node null;
    return json.value_ ? *static_cast<const Node*>(json.value_.get()) : null;
  }
  static Json make(Node node) {
    Json json;
    json.value_ = std::make_shared<Node>(std::move(node));
    return json;
  }
  static Json part(const Json& whole, const Node& node) {
    Json json;
    json.value_ = std::shared_ptr<void>(whole.value_, const_cast<Node*>(&node));
    return json;
  }
  static Node& to_change(Json& json) {
    if (json.value_.use_count() != 1) json = make(of(json));
    return *static_cast<Node*>(json.value_.get());
  }
};

Json::Json(bool flag) : Json(Inside::make(flag)) {}
Json::Json(double number) : Json(Inside::make(number)) {}
Json::Json(const char* text) : Json(Inside::make(text)) {}
Json::Json(std::string_view text) : Json(Inside::make(text)) {}
Json::Json(const std::string& text) : Json(Inside::make(text)) {}
Json::Json(const std::vector<std::string>& texts) : Json(Inside::make(texts)) {}

Json::Json(const std::vector<Json>& elements) : Json(array()) {
  for (const Json& element : elements) push_back(element);
}

Json::Json(std::initializer_list<std::pair<std::string, Json>> members) : Json(object()) {
  for (const auto& [key, value] : members) set(key, value);
}

Json Json::whole(std::int64_t number) {
  return Inside::make(number);
}
Json Json::natural(std::uint64_t number) {
  return Inside::make(number);
}
Json Json::array() {
  return Inside::make(Node::array());
}
Json Json::object() {
  return Inside::make(Node::object());
}

Json Json::parse(std::string_view text) {
  Node node = Node::parse(text, nullptr, false);
  return node.is_discarded() ? Json() : Inside::make(std::move(node));
}

void Json::push_back(const Json& element) {
  if (!is_array()) *this = array();
  Inside::to_change(*this).push_back(Inside::of(element));
}

void Json::set(std::string_view key, const Json& value) {
  if (!is_object()) *this = object();
  Inside::to_change(*this)[std::string(key)] = Inside::of(value);
}

bool Json::is_object() const {
  return Inside::of(*this).is_object();
}
bool Json::is_array() const {
  return Inside::of(*this).is_array();
}
bool Json::is_string() const {
  return Inside::of(*this).is_string();
}
bool Json::contains(std::string_view key) const {
  return member(Inside::of(*this), key) != nullptr;
}

Json Json::operator[](std::string_view key) const {
  const Node* found = member(Inside::of(*this), key);
  return found == nullptr ? Json() : Inside::part(*this, *found);
}

Json Json::operator[](std::size_t index) const {
  const auto* array = Inside::of(*this).get_ptr<const Array*>();
  return array == nullptr || index >= array->size() ? Json() : Inside::part(*this, (*array)[index]);
}

std::string Json::text() const {
  const auto* text = Inside::of(*this).get_ptr<const std::string*>();
  return text == nullptr ? std::string() : *text;
}

std::vector<std::string> Json::texts() const {
  std::vector<std::string> all;
  for (const Json& element : elements()) {
    if (element.is_string()) all.push_back(element.text());
  }
  return all;
}

std::int64_t Json::number(std::int64_t otherwise) const {
  const Node& node = Inside::of(*this);
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  if (!node.is_number_integer() ||
      (node.is_number_unsigned() && node.get<std::uint64_t>() > largest))
    return otherwise;
  return node.get<std::int64_t>();
}

std::vector<Json> Json::elements() const {
  std::vector<Json> all;
  if (const auto* array = Inside::of(*this).get_ptr<const Array*>()) {
    for (const Node& element : *array) all.push_back(Inside::part(*this, element));
  }
  return all;
}

std::vector<std::pair<std::string, Json>> Json::members() const {
  std::vector<std::pair<std::string, Json>> all;
  if (const auto* object = Inside::of(*this).get_ptr<const Object*>()) {
    for (const auto& [key, value] : *object) all.emplace_back(key, Inside::part(*this, value));
  }
  return all;
}

std::size_t Json::size() const {
  return is_object() || is_array() ? Inside::of(*this).size() : 0;
}

std::string Json::dump() const {
  return written(Inside::of(*this), -1);
}
std::string Json::pretty() const {
  return written(Inside::of(*this), 2) + "\n";
}

bool operator==(const Json& one, const Json& other) {
  return Json::Inside::of(one) == Json::Inside::of(other);
}

}  // namespace recovery
