#include "ainur/codec/msgpack.hpp"

#include <msgpack.hpp>

namespace ainur::codec {

error_info describe(errc code) noexcept {
  switch (code) {
  case errc::too_large:
    return {"codec", "too_large",
            "the message is longer, deeper or has more elements than allowed"};
  case errc::truncated:
    return {"codec", "truncated", "the message ends before its last value"};
  case errc::trailing:
    return {"codec", "trailing", "bytes follow the message"};
  case errc::wrong_type:
    return {"codec", "wrong_type", "a value of another type stands where a field is expected"};
  case errc::out_of_range:
    return {"codec", "out_of_range", "a number does not fit its field"};
  case errc::not_canonical:
    return {"codec", "not_canonical", "the message is not in its one canonical form"};
  }
  return {"codec", "unknown", "unknown"};
}

namespace {

/// The stream that msgpack::packer wants.
struct sink {
  bytes& out;

  void write(const char* data, std::size_t size) { out.insert(out.end(), data, data + size); }
};

msgpack::packer<sink> packer(sink& s) {
  return msgpack::packer<sink>{s};
}

} // namespace

void writer::unsigned_integer(std::uint64_t value) {
  sink s{out_};
  packer(s).pack_uint64(value);
}

void writer::signed_integer(std::int64_t value) {
  sink s{out_};
  packer(s).pack_int64(value);
}

void writer::boolean(bool value) {
  sink s{out_};
  auto p = packer(s);
  value ? p.pack_true() : p.pack_false();
}

void writer::nil() {
  sink s{out_};
  packer(s).pack_nil();
}

void writer::text(std::string_view value) {
  sink s{out_};
  auto p = packer(s);
  p.pack_str(static_cast<std::uint32_t>(value.size()));
  p.pack_str_body(value.data(), static_cast<std::uint32_t>(value.size()));
}

void writer::blob(bytes_view value) {
  sink s{out_};
  auto p = packer(s);
  p.pack_bin(static_cast<std::uint32_t>(value.size()));
  p.pack_bin_body(reinterpret_cast<const char*>(value.data()),
                  static_cast<std::uint32_t>(value.size()));
}

void writer::array(std::size_t count) {
  sink s{out_};
  packer(s).pack_array(static_cast<std::uint32_t>(count));
}

struct reader::tree {
  struct level {
    const msgpack::object* next;
    const msgpack::object* end;
  };

  msgpack::object_handle root;
  std::vector<level> path;

  const msgpack::object* peek() const {
    return path.back().next == path.back().end ? nullptr : path.back().next;
  }
};

reader::reader(bytes_view in, const limits& bounds) : tree_(std::make_unique<tree>()) {
  if (in.size() > bounds.bytes_max) {
    fail(errc::too_large, "more than " + std::to_string(bounds.bytes_max) + " bytes");
    return;
  }
  const msgpack::unpack_limit limit{bounds.elements_max, 0, bounds.blob_max,
                                    bounds.blob_max,     0, bounds.depth_max};
  std::size_t used = 0;
  // Strings stay in the input instead of being copied.
  const auto by_reference = [](msgpack::type::object_type, std::size_t, void*) { return true; };
  try {
    tree_->root = msgpack::unpack(reinterpret_cast<const char*>(in.data()), in.size(), used,
                                  by_reference, nullptr, limit);
  } catch (const msgpack::size_overflow& e) {
    fail(errc::too_large, e.what());
    return;
  } catch (const msgpack::insufficient_bytes&) {
    fail(errc::truncated, "after byte " + std::to_string(in.size()));
    return;
  } catch (const std::exception& e) {
    fail(errc::wrong_type, e.what());
    return;
  }
  if (used != in.size()) {
    fail(errc::trailing, std::to_string(in.size() - used) + " bytes");
    return;
  }
  const auto* root = &tree_->root.get();
  tree_->path.push_back({root, root + 1});
}

reader::~reader() = default;

void reader::fail(errc code, std::string_view what) {
  if (!failure_)
    failure_.emplace(code, std::string{what});
}

namespace {

const msgpack::object* take(auto& tree, bool failed) {
  if (failed)
    return nullptr;
  const auto* here = tree.peek();
  if (here != nullptr)
    ++tree.path.back().next;
  return here;
}

} // namespace

std::uint64_t reader::unsigned_integer() {
  const auto* o = take(*tree_, failed());
  if (o == nullptr || o->type != msgpack::type::POSITIVE_INTEGER)
    return fail(errc::wrong_type, "an unsigned integer is expected"), 0;
  return o->via.u64;
}

std::int64_t reader::signed_integer() {
  const auto* o = take(*tree_, failed());
  if (o != nullptr && o->type == msgpack::type::NEGATIVE_INTEGER)
    return o->via.i64;
  if (o == nullptr || o->type != msgpack::type::POSITIVE_INTEGER)
    return fail(errc::wrong_type, "an integer is expected"), 0;
  if (o->via.u64 > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return fail(errc::out_of_range, "a signed integer"), 0;
  return static_cast<std::int64_t>(o->via.u64);
}

bool reader::boolean() {
  const auto* o = take(*tree_, failed());
  if (o == nullptr || o->type != msgpack::type::BOOLEAN)
    return fail(errc::wrong_type, "a boolean is expected"), false;
  return o->via.boolean;
}

bool reader::take_nil() {
  if (failed() || tree_->peek() == nullptr || tree_->peek()->type != msgpack::type::NIL)
    return false;
  ++tree_->path.back().next;
  return true;
}

std::string reader::text() {
  const auto* o = take(*tree_, failed());
  if (o == nullptr || o->type != msgpack::type::STR)
    return fail(errc::wrong_type, "a string is expected"), std::string{};
  return {o->via.str.ptr, o->via.str.size};
}

bytes_view reader::blob() {
  const auto* o = take(*tree_, failed());
  if (o == nullptr || o->type != msgpack::type::BIN)
    return fail(errc::wrong_type, "a byte string is expected"), bytes_view{};
  return {reinterpret_cast<const std::uint8_t*>(o->via.bin.ptr), o->via.bin.size};
}

std::size_t reader::array() {
  const auto* o = take(*tree_, failed());
  if (o == nullptr || o->type != msgpack::type::ARRAY)
    return fail(errc::wrong_type, "an array is expected"), 0;
  tree_->path.push_back({o->via.array.ptr, o->via.array.ptr + o->via.array.size});
  return o->via.array.size;
}

void reader::leave() {
  if (!failed())
    tree_->path.pop_back();
}

} // namespace ainur::codec
