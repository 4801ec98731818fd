#pragma once
// What an installation consists of, for those who put it there and take it away: the names, the
// texts, and how a file is known again.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shim/companion/frame/row.hpp"
#include "shim/companion/install/ground.hpp"
#include "shim/companion/install/installation.hpp"

namespace shim {

// The words of an error, and with them the paths, as a person knows them.
Done on_ground(Ground& ground, const std::function<Done()>& act);

inline constexpr char system_link[] = "/usr/bin/gomend";  // leads to a machine's installation

struct TextFile {
  std::string name;  // below the installation
  std::string text;
};

std::vector<TextFile> text_files(const Commands& commands, const Installation& place,
                                 bool is_alias);

std::optional<Record> read_record(const Installation& place, Ground& ground);

std::string own_binary();  // the file that runs
bool is_there(const std::string& path);

// Of a link that of where it leads; empty: nothing is there, or it can't be read.
std::string hash_of(const std::string& path);

void add_once(std::vector<std::string>& all, const std::string& one);

}  // namespace shim
