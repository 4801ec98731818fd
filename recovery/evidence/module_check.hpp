#pragma once
// Is one module version in the cache right? Each file of its zip is unpacked and hashed once, and
// the extracted tree is compared with it byte for byte rather than hashed a second time. Where the
// memo knows the module, only names and times are looked at.
//
// It is done in pieces, so that many threads can share it (verifier.hpp): look(), then each piece
// once, in any order and from any thread, then conclude().

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recovery/evidence/module_stamps.hpp"
#include "recovery/go/unpacker.hpp"
#include "recovery/os/progress.hpp"
#include "recovery/state/memo.hpp"

namespace recovery {

struct VerifyTarget {
  ModuleVersion module;
  Expected expected;
};

struct VerifyResult {
  bool is_sound = false;
  bool is_unchanged = false;  // the memo knew all of it
  // What to note when it turns out to be sound by other means; has_stamps: it could be looked at.
  bool has_stamps = false;
  Stamp facts;    // the small files
  Stamp content;  // zip, ziphash and tree
  Stamp index;    // go's index of the tree, if it has one
  long long changed_ns = 0;
};

struct VerifyContext {
  const Root& cache;
  IndexPlace index;
  Memo& memo;
  Progress& progress;
  std::atomic<std::uint64_t> bytes_read = 0;
};

class ModuleCheck {
 public:
  ModuleCheck(VerifyContext& context, const VerifyTarget& target, VerifyResult& result)
      : context_(context),
        cache_(context.cache),
        target_(target),
        m_(target.module),
        result_(result) {}

  // Looks at names and times, and at the small files. False: the contents need not be read, or
  // can't help.
  bool look();
  std::size_t pieces() const { return pieces_.size(); }
  // `unpacker`: the thread's own, for all that it does.
  void check_piece(std::size_t piece, std::optional<Unpacker>& unpacker);
  void conclude();
  void refute();  // something failed: it is not proven

 private:
  class TreeReader;
  bool knows(const Stamp& stamp);
  void note(const Stamp& stamp) { context_.memo.note(stamp, result_.changed_ns); }
  bool stamp();
  bool facts_are_right();
  bool list_is_right() const;
  bool index_is_right();

  bool open();
  bool names_fit();
  bool list_names();
  void cut_into_pieces();
  bool check_entry(std::size_t i, Unpacker& unpacker, TreeReader& reader, Sha256& sum);
  bool hash_file(std::size_t i, TreeReader& reader, Sha256& sum);
  void count(std::uint64_t progress, std::uint64_t read);

  std::string h1_of_contents() const;
  bool is_right(const std::string& h1) const;
  bool go_mod_is_right() const;

  // Of the zip's entries; where there is no zip, of the tree's files.
  std::size_t size() const { return zip() ? zip()->entries().size() : files_->tree.size(); }
  std::uint64_t size_of(std::size_t i) const;
  std::string name(std::size_t i) const;  // as in a zip: "example.com/a@v1.0.0/a.go"
  const std::optional<ZipFile>& zip() const { return files_->zip; }

  VerifyContext& context_;
  const Root& cache_;
  const VerifyTarget& target_;
  const ModuleVersion& m_;
  VerifyResult& result_;
  std::optional<StampedFiles> files_;
  std::vector<std::pair<std::size_t, std::size_t>> pieces_;
  std::vector<Digest> digests_;
  std::atomic<bool> is_refuted_ = false;
};

}  // namespace recovery
