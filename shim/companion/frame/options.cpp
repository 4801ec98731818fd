#include "shim/companion/frame/options.hpp"

#include <algorithm>
#include <boost/program_options.hpp>

namespace shim {

namespace po = boost::program_options;

namespace {
constexpr char words_key[] = "<word>";  // no name that can be typed by accident
}

ParsedArguments parse(const CommandRow& row, const Arguments& arguments) {
  po::options_description known;
  for (const Option& option : row.options) {
    const std::string name(option.name);
    if (option.value.empty())
      known.add_options()(name.c_str(), "");
    else
      known.add_options()(name.c_str(), po::value<std::string>(), "");
  }
  known.add_options()(words_key, po::value<std::vector<std::string>>(), "");
  po::positional_options_description words;
  words.add(words_key, -1);
  namespace style = po::command_line_style;
  constexpr int as_go_has_it = style::allow_long | style::long_allow_adjacent |
                               style::long_allow_next | style::allow_long_disguise;
  ParsedArguments given;
  try {
    const auto parsed = po::command_line_parser(arguments)
                            .options(known)
                            .positional(words)
                            .style(as_go_has_it)
                            .run();
    for (const po::option& option : parsed.options) {
      if (option.string_key == words_key)
        given.positionals.insert(given.positionals.end(), option.value.begin(), option.value.end());
      else
        given.options[option.string_key] = option.value.empty() ? "" : option.value.front();
    }
  } catch (const po::error& error) {
    throw UsageError(error.what());
  }
  for (const std::string& word : given.positionals) {
    const bool is_behind_dashes = std::ranges::find(arguments, "--") != arguments.end();
    if (word.size() > 1 && word[0] == '-' && !is_behind_dashes)
      throw UsageError("unknown option '" + word + "'");
  }
  if (given.positionals.size() > row.most_positionals)
    throw UsageError("unexpected argument '" + given.positionals[row.most_positionals] + "'");
  return given;
}

}  // namespace shim
