#include "recovery/go/go_imports.hpp"

#include <algorithm>

namespace recovery {
namespace {

struct Token {
  enum Kind { end, word, string, other } kind = end;
  std::string text;  // of a string: what is between the quotes
};

bool is_of_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Scanner {
 public:
  explicit Scanner(std::string_view source) : rest_(source) {
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
  }

  // A line's end after a word, a string or a closing parenthesis is a semicolon.
  Token next() {
    const bool ends_line = skip_blanks();
    if (ends_line && may_end_) return last(Token::other, ";");
    if (rest_.empty()) return {};
    if (rest_.front() == '"' || rest_.front() == '`') return take_string();
    std::size_t size = 0;
    while (size < rest_.size() && is_of_word(rest_[size])) ++size;
    const Token::Kind kind = size > 0 ? Token::word : Token::other;
    const std::string text(rest_.substr(0, std::max<std::size_t>(size, 1)));
    rest_.remove_prefix(text.size());
    return last(kind, text);
  }

 private:
  Token last(Token::Kind kind, std::string text) {
    may_end_ = kind != Token::other || text == ")";
    return {kind, std::move(text)};
  }

  // True if a line has ended among them.
  bool skip_blanks() {
    bool ends_line = false;
    while (!rest_.empty()) {
      std::size_t size = 1;
      if (rest_.starts_with("//")) {
        size = std::min(rest_.find('\n'), rest_.size());
      } else if (rest_.starts_with("/*")) {
        const std::size_t close = rest_.find("*/", 2);
        size = close == rest_.npos ? rest_.size() : close + 2;
        ends_line = ends_line || rest_.substr(0, size).find('\n') != rest_.npos;
      } else if (rest_.front() == '\n') {
        ends_line = true;
      } else if (rest_.front() != ' ' && rest_.front() != '\t' && rest_.front() != '\r') {
        return ends_line;
      }
      rest_.remove_prefix(size);
    }
    return true;
  }

  // No import path has an escape in it that would have to be undone: such a string is kept as it
  // is.
  Token take_string() {
    const char quote = rest_.front();
    std::size_t close = 1;
    while (close < rest_.size() && rest_[close] != quote) {
      if (quote == '"' && rest_[close] == '\n') break;
      close += quote == '"' && rest_[close] == '\\' ? 2 : 1;
    }
    if (close >= rest_.size() || rest_[close] != quote) {
      rest_ = {};
      return last(Token::other, "unfinished");
    }
    Token token = last(Token::string, std::string(rest_.substr(1, close - 1)));
    rest_.remove_prefix(close + 1);
    return token;
  }

  std::string_view rest_;
  bool may_end_ = false;
};

class Reader {
 public:
  explicit Reader(std::string_view source) : scanner_(source) { move(); }

  std::vector<GoImport> read() {
    skip_package();
    while (is_word("import")) {
      move();
      if (!is_other("(")) {
        if (!take_one()) break;
      } else {
        move();
        while (!is_other(")") && take_one()) continue;
        if (!is_other(")")) break;
        move();
      }
      while (is_other(";")) move();
    }
    return std::move(imports_);
  }

 private:
  void move() { now_ = scanner_.next(); }
  bool is_word(std::string_view text) const {
    return now_.kind == Token::word && now_.text == text;
  }
  bool is_other(std::string_view text) const {
    return now_.kind == Token::other && now_.text == text;
  }

  void skip_package() {
    if (is_word("package")) {
      move();
      if (now_.kind == Token::word) move();
    }
    while (is_other(";")) move();
  }

  bool take_one() {
    while (is_other(";")) move();
    if (is_other(")")) return true;
    GoImport import;
    if (now_.kind == Token::word || is_other(".")) {
      import.name = now_.text;
      move();
    }
    if (now_.kind != Token::string) return false;
    import.path = now_.text;
    imports_.push_back(std::move(import));
    move();
    if (is_other(";")) move();
    return true;
  }

  Scanner scanner_;
  Token now_;
  std::vector<GoImport> imports_;
};

}  // namespace

std::vector<GoImport> read_go_imports(std::string_view source) {
  return Reader(source).read();
}

}  // namespace recovery
