#pragma once
// What is said when no source has the bytes that go.sum wants. Who is right is told by the checksum
// database: it alone saw the module when it was first published.

#include <string>

#include "recovery/mend.hpp"

namespace recovery {

std::string checksum_story(const ModuleVersion& m, const Expected& expected,
                           const Mender::Testimony& testimony);

}  // namespace recovery
