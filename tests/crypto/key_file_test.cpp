// Key files: what they refuse, and that writing is all or nothing.
#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ainur/base/rng.hpp"
#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/crypto/key_file.hpp"
#include "crypto/support.hpp"

using namespace ainur;
using namespace ainur::crypto;
using ainur::test::key_of;

namespace {

constexpr key_file_cost cheap{8, 1};
const auto passphrase = as_bytes("correct horse");

key_file_salt salt_of(std::uint8_t fill) {
  key_file_salt salt;
  salt.fill(fill);
  return salt;
}

bytes locked(std::uint64_t index = 1) {
  auto file = lock_key(key_of(index), passphrase, salt_of(7), cheap);
  REQUIRE(file);
  return *file;
}

/// A directory that is gone at the end.
struct scratch {
  std::filesystem::path root;

  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "ainur-key-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    root = name;
  }

  ~scratch() { std::filesystem::remove_all(root); }

  [[nodiscard]] std::string file(const char* name) const { return (root / name).string(); }

  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{root}, {}));
  }
};

// The outer layers of the format, to build files that the room itself never writes.
struct outer_form {
  std::string magic;
  std::uint32_t version = 0;
  bytes body;
  byte_array<16> checksum{};
  AINUR_FIELDS(outer_form, magic, version, body, checksum)
};

struct header_form {
  std::uint32_t memory_kib = 0;
  std::uint32_t passes = 0;
  byte_array<16> salt{};
  byte_array<24> nonce{};
  public_key key;
  AINUR_FIELDS(header_form, memory_kib, passes, salt, nonce, key)
};

struct body_form {
  header_form header;
  bytes sealed;
  AINUR_FIELDS(body_form, header, sealed)
};

bytes with_checksum(outer_form file) {
  const auto digest = hasher{"ainur/key-file/v1"}
                          .add(std::uint64_t{file.version})
                          .add(as_bytes(file.magic))
                          .add(file.body)
                          .finish();
  std::copy_n(digest.value.begin(), 16, file.checksum.begin());
  return codec::encode(file);
}

bytes altered_header(void (*change)(header_form&)) {
  auto outer = codec::decode<outer_form>(locked());
  REQUIRE(outer);
  auto body = codec::decode<body_form>(outer->body);
  REQUIRE(body);
  change(body->header);
  outer->body = codec::encode(*body);
  return with_checksum(*outer);
}

} // namespace

TEST_CASE("what one passphrase locks, it unlocks, and no other does") {
  const auto file = locked();
  const auto key = unlock_key(file, passphrase);
  REQUIRE(key);
  CHECK(key->public_part() == key_of(1).public_part());
  CHECK(locked_public_key(file).value() == key_of(1).public_part());
  CHECK(unlock_key(file, as_bytes("correct hors")).error().is(errc::wrong_passphrase));
  CHECK(unlock_key(file, as_bytes("Correct horse")).error().is(errc::wrong_passphrase));
}

TEST_CASE("the secret does not stand in the file, and salts make files differ") {
  const auto key = key_of(1);
  const auto secret = key.to_seed();
  const auto file = locked();
  CHECK(std::search(file.begin(), file.end(), secret.view().begin(), secret.view().begin() + 8) ==
        file.end());
  const auto other = lock_key(key, passphrase, salt_of(8), cheap);
  REQUIRE(other);
  CHECK(*other != file);
  auto one = key_file_salt_from_system();
  auto two = key_file_salt_from_system();
  REQUIRE(one);
  REQUIRE(two);
  CHECK(*one != *two);
}

TEST_CASE("passphrases are bounded") {
  const bytes longest(passphrase_bytes_max, 'a');
  const bytes too_long(passphrase_bytes_max + 1, 'a');
  CHECK(lock_key(key_of(1), {}, salt_of(1), cheap).error().is(errc::bad_passphrase));
  CHECK(lock_key(key_of(1), too_long, salt_of(1), cheap).error().is(errc::bad_passphrase));
  CHECK(unlock_key(locked(), {}).error().is(errc::bad_passphrase));
  CHECK(unlock_key(locked(), too_long).error().is(errc::bad_passphrase));
  const auto file = lock_key(key_of(1), longest, salt_of(1), cheap);
  REQUIRE(file);
  CHECK(unlock_key(*file, longest).has_value());
}

TEST_CASE("a flipped bit anywhere is found, and is not called a wrong passphrase") {
  const auto file = locked();
  for (std::size_t i = 0; i < file.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      auto altered = file;
      altered[i] ^= static_cast<std::uint8_t>(1u << bit);
      CAPTURE(i);
      const auto key = unlock_key(altered, passphrase);
      REQUIRE_FALSE(key);
      CHECK((key.error().is(errc::damaged) || key.error().is(errc::not_a_key_file)));
      CHECK_FALSE(locked_public_key(altered).has_value());
    }
}

TEST_CASE("every truncation and any addition is refused") {
  const auto file = locked();
  for (std::size_t size = 0; size < file.size(); ++size) {
    CAPTURE(size);
    const auto key = unlock_key(bytes_view{file}.first(size), passphrase);
    REQUIRE_FALSE(key);
    CHECK((key.error().is(errc::damaged) || key.error().is(errc::not_a_key_file)));
  }
  auto longer = file;
  longer.push_back(0);
  CHECK(unlock_key(longer, passphrase).error().is(errc::damaged));
  CHECK(unlock_key(bytes(1 << 16), passphrase).error().is(errc::not_a_key_file));
  CHECK(unlock_key(as_bytes("-----BEGIN KEY-----"), passphrase).error().is(errc::not_a_key_file));
}

TEST_CASE("random changes never crash and never unlock") {
  rng random{20241};
  const auto file = locked();
  for (int round = 0; round < 5000; ++round) {
    auto altered = file;
    for (auto changes = random.below(6) + 1; changes > 0; --changes)
      altered[random.below(altered.size())] = static_cast<std::uint8_t>(random.next());
    if (random.chance_ppm(300'000))
      altered.resize(random.below(altered.size() + 1));
    CAPTURE(round);
    CHECK((altered == file || !unlock_key(altered, passphrase).has_value()));
  }
}

TEST_CASE("a file's own cost is bounded before it is paid") {
  CHECK(unlock_key(altered_header([](header_form&) {}), passphrase).has_value());
  for (auto change :
       {+[](header_form& h) { h.memory_kib = (1u << 20) + 1; },
        +[](header_form& h) { h.memory_kib = 7; }, +[](header_form& h) { h.passes = 17; },
        +[](header_form& h) { h.passes = 0; }})
    CHECK(unlock_key(altered_header(change), passphrase).error().is(errc::parameters_refused));
  // A consistent lie about cost, salt or owner is caught by the tag.
  for (auto change :
       {+[](header_form& h) { h.memory_kib = 9; }, +[](header_form& h) { h.passes = 2; },
        +[](header_form& h) { h.salt[0] ^= 1; }, +[](header_form& h) { h.nonce[0] ^= 1; },
        +[](header_form& h) { h.key.value[0] ^= 1; }})
    CHECK(unlock_key(altered_header(change), passphrase).error().is(errc::wrong_passphrase));
  for (auto bad : {key_file_cost{7, 1}, key_file_cost{8, 0}, key_file_cost{8, 17},
                   key_file_cost{(1u << 20) + 1, 1}})
    CHECK(lock_key(key_of(1), passphrase, salt_of(1), bad).error().is(errc::parameters_refused));
}

TEST_CASE("a later version is named as such") {
  auto outer = codec::decode<outer_form>(locked());
  REQUIRE(outer);
  outer->version = 2;
  CHECK(unlock_key(with_checksum(*outer), passphrase).error().is(errc::unsupported_version));
  outer->version = 1;
  outer->body = {0xc0};
  CHECK(unlock_key(with_checksum(*outer), passphrase).error().is(errc::not_a_key_file));
}

TEST_CASE("files are written with mode 0600 and come back") {
  const scratch dir;
  const auto path = dir.file("host.key");
  ::umask(0);
  REQUIRE(write_key_file(path, locked()));
  ::umask(022);

  struct stat status {};

  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(read_key_file(path).value() == locked());
  CHECK(dir.count() == 1);
}

TEST_CASE("an existing file stays unless replacing is asked for") {
  const scratch dir;
  const auto path = dir.file("host.key");
  REQUIRE(write_key_file(path, locked(1)));
  CHECK(write_key_file(path, locked(2)).error().is(errc::already_exists));
  CHECK(read_key_file(path).value() == locked(1));
  CHECK(dir.count() == 1);
  REQUIRE(write_key_file(path, locked(2), true));
  CHECK(read_key_file(path).value() == locked(2));
  CHECK(dir.count() == 1);
}

TEST_CASE("what others can reach, is missing or is no file is refused") {
  const scratch dir;
  const auto path = dir.file("host.key");
  REQUIRE(write_key_file(path, locked()));
  for (const auto mode : {0640, 0604, 0620, 0601, 0644, 0777}) {
    CAPTURE(mode);
    REQUIRE(::chmod(path.c_str(), static_cast<mode_t>(mode)) == 0);
    CHECK(read_key_file(path).error().is(errc::readable_by_others));
  }
  REQUIRE(::chmod(path.c_str(), 0400) == 0);
  CHECK(read_key_file(path).has_value());
  CHECK(read_key_file(dir.file("none.key")).error().is(errc::not_found));
  CHECK(read_key_file(dir.root.string()).error().is(errc::not_a_key_file));
  REQUIRE(::mkfifo(dir.file("pipe").c_str(), 0600) == 0);
  CHECK(read_key_file(dir.file("pipe")).error().is(errc::not_a_key_file));
  REQUIRE(write_key_file(dir.file("large"), bytes(1 << 16)));
  CHECK(read_key_file(dir.file("large")).error().is(errc::not_a_key_file));
  CHECK(write_key_file(dir.file("no/such/dir.key"), locked()).error().is(errc::io));
}
