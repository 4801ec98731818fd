# Cross-compiles for arm64 on amd64 Debian: g++-aarch64-linux-gnu, and the libraries' arm64 packages unpacked into
# build/sysroot-arm64 (install/setup: arm64_sysroot). The compiler brings its own libc, so nothing is a --sysroot.
#
#   . install/setup; install_missing $(arm64_packages); arm64_sysroot; build release-arm64
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CXX_COMPILER_TARGET aarch64-linux-gnu)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static)

get_filename_component(SYSROOT ${CMAKE_CURRENT_LIST_DIR}/../build/sysroot-arm64 ABSOLUTE)
set(CMAKE_FIND_ROOT_PATH ${SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# Where Debian keeps the headers that differ by processor.
set(CMAKE_CXX_FLAGS_INIT "-isystem ${SYSROOT}/usr/include/aarch64-linux-gnu")
# And the libraries that pkg-config names without their directory. Static: what links to shared ones names them by paths of an arm64 machine.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -L${SYSROOT}/usr/lib/aarch64-linux-gnu")
set(ENV{PKG_CONFIG_LIBDIR} ${SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${SYSROOT}/usr/share/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${SYSROOT})
