# Sets commit and commit_date for `gomend --version`: of these sources' own repository, not of one around them; empty without
# git. The date is the commit's, in UTC, so two builds of one commit are the same bytes. Asked again when HEAD has moved.
# A source archive may be told: cmake -DGOMEND_COMMIT=… -DGOMEND_COMMIT_DATE=…

set(GOMEND_COMMIT "" CACHE STRING "The commit that is built (empty: asked of git)")
set(GOMEND_COMMIT_DATE "" CACHE STRING "Its date, YYYY-MM-DD (empty: asked of git)")
set(commit "${GOMEND_COMMIT}")
set(commit_date "${GOMEND_COMMIT_DATE}")
find_program(GIT git)
if(GIT AND NOT commit)
  function(ask_git result)
    execute_process(COMMAND ${CMAKE_COMMAND} -E env TZ=UTC ${GIT} ${ARGN} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
      OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    set(${result} "${answer}" PARENT_SCOPE)
  endfunction()
  ask_git(top rev-parse --show-toplevel)
  if(top STREQUAL CMAKE_SOURCE_DIR)
    ask_git(commit rev-parse --short=12 HEAD)
    ask_git(commit_date log -1 --format=%cd --date=format-local:%Y-%m-%d)
    ask_git(moves rev-parse --path-format=absolute --git-path logs/HEAD)
    if(EXISTS "${moves}")
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${moves}")
    endif()
  endif()
endif()
