#pragma once
// Catch2 in whichever of its two shapes the distribution has: Debian 12 packages 2.13 (one big
// header), Debian 13 and Ubuntu 24.04 package 3.x. Tests include this one; what they use must exist
// in both (TEST_CASE, SECTION, DYNAMIC_SECTION, CHECK, REQUIRE, INFO, CAPTURE, GENERATE).

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
