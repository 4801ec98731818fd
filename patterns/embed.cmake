# Writes the rule files, in the order of their names, into one C++ string: `patterns::rules_text()`.
# Called by CMakeLists.txt with OUT and DIR. MSVC-style length limits don't concern us, but a raw string must not
# contain its own end mark: `)rules"`.
file(GLOB files ${DIR}/*.toml)
list(SORT files)
set(body "#include <string_view>\n#include <vector>\n#include \"patterns/rules.hpp\"\nnamespace patterns {\nconst std::vector<RuleFile>& rule_files() {\n  static const std::vector<RuleFile> files{\n")
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  string(APPEND body "    {\"${name}\", R\"rules(${text})rules\"},\n")
endforeach()
string(APPEND body "  };\n  return files;\n}\n}  // namespace patterns\n")
file(WRITE ${OUT} "${body}")
