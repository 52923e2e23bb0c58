// What only a disk has: reopening, owners, full disks, damaged files, backups.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ainur/base/rng.hpp"
#include "ainur/store/journal.hpp"
#include "store/support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::store;
using test::open_lmdb;
using test::text;
using test::view_of;

namespace {

write_set one(const std::string& key, bytes value) {
  write_set out;
  out.put(1, text(key), value);
  return out;
}

bytes content_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
}

void overwrite(const std::string& path, const bytes& content) {
  std::ofstream out{path, std::ios::binary | std::ios::trunc};
  out.write(reinterpret_cast<const char*>(content.data()),
            static_cast<std::streamsize>(content.size()));
}

} // namespace

TEST_CASE("what was committed is there after reopening") {
  const test::scratch dir;
  const auto path = dir.path("store");
  for (const bool synced : {true, false}) {
    auto options = test::quick_options();
    options.synced = synced;
    const auto name = synced ? "synced" : "unsynced";
    {
      const auto env = open_lmdb(path, options);
      auto set = one(name, text("here"));
      set.append({synced ? 1u : 2u}, 1, text("r1"));
      REQUIRE(env->commit(set));
      REQUIRE(env->sync());
    }
    const auto env = open_lmdb(path, options);
    CHECK(view_of(*env)->get(1, text(name)).value() == text("here"));
    CHECK(extent_of(*view_of(*env), {synced ? 1u : 2u}).value() == journal_extent{1, 2});
  }
}

TEST_CASE("the defaults open: a sparse map of a tebibyte") {
  const test::scratch dir;
  const auto env = open_lmdb(dir.path("store"), {});
  REQUIRE(env->commit(one("k", text("v"))));

  struct stat status {};

  REQUIRE(::stat(dir.path("store/store.mdb").c_str(), &status) == 0);
  CHECK(status.st_size < (1 << 20));
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(env->size_bytes() < (1u << 20));
}

TEST_CASE("a second owner is refused, in this process and in another") {
  const test::scratch dir;
  const auto path = dir.path("store");
  // The child is forked before anything is open, and told by a pipe when to try.
  int go[2];
  REQUIRE(::pipe(go) == 0);
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    char c = 0;
    if (::read(go[0], &c, 1) != 1)
      ::_exit(3);
    auto env = lmdb_environment::open(path, test::quick_options());
    const auto parent = std::to_string(::getppid());
    const bool refused = !env && env.error().is(errc::in_use) &&
                         env.error().detail().find(parent) != std::string::npos;
    ::_exit(refused ? 0 : 1);
  }
  auto env = open_lmdb(path);
  CHECK(lmdb_environment::open(path, test::quick_options()).error().is(errc::in_use));
  CHECK(::write(go[1], "g", 1) == 1);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  ::close(go[0]);
  ::close(go[1]);
  // It still works, and opens again after it was closed.
  CHECK(env->commit(one("k", text("v"))));
  env.reset();
  CHECK(open_lmdb(path) != nullptr);
}

TEST_CASE("what is missing or cannot be made is an error by name") {
  const test::scratch dir;
  auto options = test::quick_options();
  options.create = false;
  CHECK(lmdb_environment::open(dir.path("none"), options).error().is(errc::not_found));
  CHECK_FALSE(std::filesystem::exists(dir.path("none")));
  CHECK(lmdb_environment::open(dir.path("no/such"), test::quick_options()).error().is(errc::io));
  std::ofstream{dir.path("file")} << "x";
  CHECK(lmdb_environment::open(dir.path("file"), test::quick_options()).error().is(errc::io));
}

TEST_CASE("a full map refuses the commit and leaves everything readable") {
  const test::scratch dir;
  auto options = test::quick_options();
  options.map_bytes = 1u << 20;
  const auto path = dir.path("store");
  std::uint64_t stored = 0;
  {
    const auto env = open_lmdb(path, options);
    for (;; ++stored) {
      const auto done = env->commit(one(std::to_string(stored), bytes(10'000, 1)));
      if (!done) {
        CHECK(done.error().is(errc::disk_full));
        break;
      }
      REQUIRE(stored < 1000);
    }
    CHECK(stored > 10);
    CHECK(test::dump(*view_of(*env), 1).size() == stored);
    // There is room again once something is erased; LMDB reuses pages two commits later.
    for (std::uint64_t i = 0; i < stored / 2; ++i) {
      write_set erase;
      erase.erase(1, text(std::to_string(i)));
      REQUIRE(env->commit(erase));
    }
    REQUIRE(env->commit(one("again", bytes(10'000, 2))));
  }
  options.map_bytes = 16u << 20;
  const auto larger = open_lmdb(path, options);
  CHECK(larger->commit(one("more", bytes(2u << 20, 3))));
  CHECK(view_of(*larger)->check().value().values == stored - stored / 2 + 3);
}

TEST_CASE("a byte flipped in the file is found, and the rest stays readable") {
  const test::scratch dir;
  const auto path = dir.path("store");
  {
    const auto env = open_lmdb(path);
    write_set set;
    for (std::uint64_t i = 1; i <= 50; ++i)
      set.append({1}, i, text("record number " + std::to_string(1000 + i) + " of the journal"));
    set.put(1, text("large"), bytes(50'000, 'L'));
    REQUIRE(env->commit(set));
  }
  const auto file = path + "/store.mdb";
  const auto sound = content_of(file);
  const auto flip_and_open = [&](const bytes& wanted) {
    auto altered = sound;
    const auto at = std::search(altered.begin(), altered.end(), wanted.begin(), wanted.end());
    REQUIRE(at != altered.end());
    at[static_cast<std::ptrdiff_t>(wanted.size() / 2)] ^= 0x10;
    overwrite(file, altered);
    return open_lmdb(path);
  };
  {
    const auto env = flip_and_open(text("number 1031 of"));
    const auto from = view_of(*env);
    CHECK(from->check().error().is(errc::damaged));
    CHECK(read_journal(*from, {1}, 1).error().is(errc::damaged));
    CHECK(read_journal(*from, {1}, 32).value().size() == 19);
    CHECK(from->get(1, text("large")).value() == bytes(50'000, 'L'));
  }
  {
    const auto env = flip_and_open(bytes(40'000, 'L'));
    const auto from = view_of(*env);
    CHECK(from->get(1, text("large")).error().is(errc::damaged));
    CHECK(read_journal(*from, {1}, 1).value().size() == 50);
  }
  overwrite(file, sound);
  CHECK(view_of(*open_lmdb(path))->check().has_value());
}

TEST_CASE("with its pages read first, a store with a flipped bit ends no process") {
  const test::scratch dir;
  const auto path = dir.path("store");
  {
    const auto env = open_lmdb(path);
    for (std::uint64_t i = 1; i <= 60; ++i) {
      write_set set;
      set.append({1}, i, bytes(900, 'r'));
      set.put(1, text("key " + std::to_string(i)), text("value"));
      REQUIRE(env->commit(set));
    }
  }
  const auto file = path + "/store.mdb";
  const auto sound = content_of(file);
  rng random{3};
  CHECK(lmdb_environment::open(path, {.create = false, .check_pages = true}).has_value());
  std::size_t damaged = 0;
  for (int i = 0; i < 300 * test::count_factor(); ++i) {
    auto broken = sound;
    // Most of all the heads of pages, where the tree is.
    const auto page = random.below(sound.size() / 4'096);
    const auto at = page * 4'096 + random.below(i % 3 == 0 ? 4'096 : 64);
    broken[at] ^= static_cast<std::uint8_t>(1u << random.below(8));
    INFO("byte " << at);
    overwrite(file, broken);
    const auto env = lmdb_environment::open(path, {.create = false, .check_pages = true});
    if (!env)
      ++damaged;
    else if (const auto view = (*env)->open_view())
      damaged += (*view)->check() ? 0u : 1u;
  }
  // Much of a page is free, and of the two meta pages the older is not used.
  CHECK(damaged > 30);
  CHECK(damaged < 290 * static_cast<std::size_t>(test::count_factor()));
  overwrite(file, sound);
  CHECK(view_of(*open_lmdb(path))->check().has_value());
}

TEST_CASE("a file cut short at any page is found, and ends no process") {
  const test::scratch dir;
  const auto path = dir.path("store");
  {
    const auto env = open_lmdb(path);
    for (std::uint64_t i = 1; i <= 200; ++i) {
      write_set set;
      set.append({1}, i, bytes(3'000, 'r'));
      set.put(1, text("key " + std::to_string(i)), text("value"));
      REQUIRE(env->commit(set));
    }
  }
  const auto file = path + "/store.mdb";
  const auto sound = content_of(file);
  std::size_t damaged = 0;
  for (std::size_t size = 0; size < sound.size(); size += 4'096 * 7) {
    INFO(size);
    overwrite(file, {sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(size)});
    const auto env = lmdb_environment::open(path);
    if (!env) {
      damaged += env.error().is(errc::damaged) ? 1u : 0u;
      continue;
    }
    const auto checked = view_of(**env)->check();
    damaged += checked || !checked.error().is(errc::damaged) ? 0u : 1u;
  }
  CHECK(damaged > 10); // an empty file is a new store, and the last pages may be unused
  overwrite(file, sound);
  CHECK(view_of(*open_lmdb(path))->check().has_value());
}

TEST_CASE("a file that is no store is refused") {
  const test::scratch dir;
  std::filesystem::create_directory(dir.path("store"));
  overwrite(dir.path("store/store.mdb"), bytes(20'000, 'x'));
  CHECK_FALSE(lmdb_environment::open(dir.path("store"), test::quick_options()).has_value());
  CHECK(content_of(dir.path("store/store.mdb")) == bytes(20'000, 'x'));
}

TEST_CASE("a backup is the committed state, taken while commits go on") {
  const test::scratch dir;
  const auto env = open_lmdb(dir.path("store"));
  std::uint64_t next = 1;
  const auto commit_some = [&] {
    write_set set;
    for (int i = 0; i < 50; ++i, ++next)
      set.append({1}, next, bytes(500, static_cast<std::uint8_t>(next)));
    REQUIRE(env->commit(set));
  };
  commit_some();
  std::thread copier{[&] {
    for (int i = 0; i < 3; ++i)
      if (!env->backup(dir.path(("copy" + std::to_string(i)).c_str())))
        return;
  }};
  for (int i = 0; i < 20; ++i)
    commit_some();
  copier.join();
  CHECK(env->backup(dir.path("copy0")).error().is(errc::already_exists));
  CHECK(env->backup(dir.path("no/such/place")).error().is(errc::io));
  for (int i = 0; i < 3; ++i) {
    const auto copy = open_lmdb(dir.path(("copy" + std::to_string(i)).c_str()));
    const auto from = view_of(*copy);
    const auto extent = extent_of(*from, {1});
    REQUIRE(extent);
    CHECK(extent->next > 50);
    CHECK((extent->next - 1) % 50 == 0); // no half commit
    CHECK(from->check().has_value());
  }
}

TEST_CASE("another process may copy a store that is open here") {
  const test::scratch dir;
  int go[2];
  REQUIRE(::pipe(go) == 0);
  const auto child = ::fork(); // before anything is open
  REQUIRE(child >= 0);
  if (child == 0) {
    char c = 0;
    const bool told = ::read(go[0], &c, 1) == 1;
    const auto copied = lmdb_environment::backup_of(dir.path("store"), dir.path("copy"));
    const auto again = lmdb_environment::backup_of(dir.path("store"), dir.path("copy"));
    const auto none = lmdb_environment::backup_of(dir.path("nothing"), dir.path("other"));
    const bool right = told && copied && !again && again.error().is(errc::already_exists) &&
                       !none && none.error().is(errc::not_found);
    ::_exit(right ? 0 : 1);
  }
  {
    const auto env = open_lmdb(dir.path("store"));
    write_set set;
    set.put(1, text("key"), text("value"));
    REQUIRE(env->commit(set));
    REQUIRE(::write(go[1], "x", 1) == 1);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    set.clear();
    set.put(1, text("key"), text("later"));
    REQUIRE(env->commit(set)); // and it goes on
  }
  ::close(go[0]);
  ::close(go[1]);
  const auto copy = open_lmdb(dir.path("copy"));
  CHECK(view_of(*copy)->get(1, text("key")).value() == text("value"));
}

TEST_CASE("many threads read while one commits") {
  const test::scratch dir;
  const auto env = open_lmdb(dir.path("store"));
  write_set first;
  first.put(1, text("a"), bytes(8, 0));
  first.put(1, text("b"), bytes(8, 0));
  REQUIRE(env->commit(first));
  std::atomic<bool> stop = false;
  std::atomic<int> torn = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!stop) {
        // Two views in one thread at once are allowed.
        const auto one_view = env->open_view();
        const auto other_view = env->open_view();
        if (!one_view || !other_view)
          ++torn;
        else if ((*one_view)->get(1, text("a")).value() != (*one_view)->get(1, text("b")).value())
          ++torn;
      }
    });
  for (std::uint8_t i = 1; i < 200; ++i) {
    write_set set;
    set.put(1, text("a"), bytes(8, i));
    set.put(1, text("b"), bytes(8, i));
    CHECK(env->commit(set));
  }
  stop = true;
  for (auto& t : readers)
    t.join();
  CHECK(torn == 0);
}
