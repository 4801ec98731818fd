#pragma once
// What go and git have said about a source of modules, and the words that the advice about sources
// has in common. Text that anyone can print is put into a line only if it is plain: hosts and
// modules come out of here, or nothing does.
//
// Example: host_of(d) is "proxy.example.com:8080" of a line with
// "https://me:secret@proxy.example.com:8080/…"

#include <string>
#include <string_view>

#include "recovery/advice/advice.hpp"

namespace recovery {

// What go said from the diagnosed line on: git's words stand below it.
std::string text_of(const Circumstances& c, const patterns::Diagnosis& d);

// The host of the first URL of these schemes, with its port and without a password.
std::string host_in(const std::string& text, std::string_view scheme);

// The host of a source whose URL go printed.
std::string host_of(const patterns::Diagnosis& d);
std::string without_port(const std::string& host);

// The module that the line is about, with its version if it names one.
std::string subject(const patterns::Diagnosis& d);

// The variable that names an HTTP proxy; empty: none does.
std::string proxy_variable(const Request& request);

// `what` is wrong, and this system's command to install the package: "apt-get install -y git".
Advice install(const std::string& what, const std::string& package);

}  // namespace recovery
