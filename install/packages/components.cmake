# Read by CPack for each kind of package: the archive has other files than the packages of a distribution.
if(CPACK_GENERATOR STREQUAL TGZ)
  set(CPACK_COMPONENTS_ALL archive)
else()
  set(CPACK_COMPONENTS_ALL package)
endif()
