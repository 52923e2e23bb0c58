// Shared by the tests of this room.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <stdlib.h>

#include "ainur/base/rng.hpp"
#include "ainur/store/environment.hpp"
#include "ainur/store/memory_store.hpp"

namespace ainur::test {

inline bytes text(const std::string& s) {
  return {s.begin(), s.end()};
}

/// A directory that is gone at the end.
struct scratch {
  std::filesystem::path root;

  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "ainur-store-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    root = name;
  }

  ~scratch() { std::filesystem::remove_all(root); }

  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  [[nodiscard]] std::string path(const char* name) const { return (root / name).string(); }
};

/// Small and without waiting for the disk, for tests that do not ask for more.
inline store::environment_options quick_options() {
  store::environment_options out;
  out.map_bytes = 256u << 20;
  out.synced = false;
  return out;
}

inline std::unique_ptr<store::lmdb_environment>
open_lmdb(const std::string& path, const store::environment_options& options = quick_options()) {
  auto env = store::lmdb_environment::open(path, options);
  if (!env)
    FAIL(env.error().to_string());
  return std::move(*env);
}

inline std::unique_ptr<store::view> view_of(const store::backend& from) {
  auto out = from.open_view();
  if (!out)
    FAIL(out.error().to_string());
  return std::move(*out);
}

/// Runs `body` on both kinds of store, fresh.
inline void on_both(const std::function<void(store::backend&)>& body) {
  SUBCASE("in memory") {
    store::memory_store memory;
    body(memory);
  }
  SUBCASE("on disk") {
    const scratch dir;
    const auto env = open_lmdb(dir.path("store"));
    body(*env);
  }
}

/// Everything there is, by table and journal, for comparisons.
inline std::vector<store::entry> dump(const store::view& from, store::table_id table) {
  auto all = from.scan(table, {{}, {}, ~std::size_t{0}, ~std::size_t{0}, false});
  if (!all)
    FAIL(all.error().to_string());
  return all->entries;
}

} // namespace ainur::test
