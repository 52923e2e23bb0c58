// The JSON form of a proof. The siblings of all levels are listed, null where a subtree is empty.
#include <nlohmann/json.hpp>

#include "ainur/ledger/proof.hpp"

namespace ainur::ledger {

namespace {

using json = nlohmann::ordered_json;

tl::unexpected<error> malformed(const std::string& member, const std::string& what) {
  return fail(base_errc::malformed, member + ": " + what);
}

/// Reads members of one object; the first failure sticks.
class member_reader {
public:
  explicit member_reader(const json& from) : from_(from) {}

  void read(const char* name, bytes& to) {
    const auto* text = find(name);
    if (text == nullptr)
      return;
    if (!text->is_string())
      return fault(name, "hexadecimal digits in quotes are expected");
    auto raw = from_hex(text->get_ref<const std::string&>());
    if (!raw)
      return fault(name, raw.error().to_string());
    to = std::move(*raw);
  }

  template <std::size_t N>
  void read(const char* name, byte_array<N>& to) {
    bytes raw;
    read(name, raw);
    if (!failure)
      copy(name, raw, to);
  }

  void read(const char* name, hash256& to) { read(name, to.value); }

  template <class Number>
    requires std::is_integral_v<Number>
  void read(const char* name, Number& to) {
    const auto* number = find(name);
    if (number == nullptr)
      return;
    // Library numbers are 64 bits wide; the sign tells which.
    const bool fits = std::is_signed_v<Number>
                          ? number->is_number_integer()
                          : number->is_number_unsigned() &&
                                number->get<std::uint64_t>() <= std::numeric_limits<Number>::max();
    if (!fits)
      return fault(name, "a number of its range is expected");
    to = number->get<Number>();
  }

  template <class T>
  void read(const char* name, std::optional<T>& to) {
    const auto* value = find(name);
    if (value != nullptr && !value->is_null())
      read(name, to.emplace());
  }

  void read(const char* name, state_proof::leaf& to) {
    const auto* value = find(name);
    if (value == nullptr)
      return;
    if (!value->is_object())
      return fault(name, "an object is expected");
    member_reader inner{*value};
    inner.read("path", to.path);
    inner.read("value", to.value);
    failure = failure ? failure : inner.failure;
  }

  void read_siblings(state_proof& p) {
    const auto* list = find("siblings");
    if (list == nullptr)
      return;
    if (!list->is_array() || list->size() > 256)
      return fault("siblings", "a list of at most 256 is expected");
    p.depth = static_cast<std::uint16_t>(list->size());
    p.present.resize((p.depth + 7u) / 8);
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto& item = (*list)[i];
      if (item.is_null())
        continue;
      auto raw = item.is_string() ? from_hex(item.get_ref<const std::string&>())
                                  : result<bytes>{fail(base_errc::malformed)};
      if (!raw)
        return fault("siblings", "64 hexadecimal digits or null are expected");
      p.present[i / 8] |= static_cast<std::uint8_t>(0x80 >> i % 8);
      copy("siblings", *raw, p.siblings.emplace_back().value);
    }
  }

  std::optional<error> failure;

private:
  const json* find(const char* name) {
    if (failure)
      return nullptr;
    const auto at = from_.find(name);
    if (at == from_.end()) {
      fault(name, "it is missing");
      return nullptr;
    }
    return &*at;
  }

  template <std::size_t N>
  void copy(const char* name, const bytes& raw, byte_array<N>& to) {
    if (raw.size() != N)
      return fault(name, std::to_string(2 * N) + " hexadecimal digits are expected");
    std::copy(raw.begin(), raw.end(), to.begin());
  }

  void fault(const char* name, const std::string& what) {
    if (!failure)
      failure = malformed(name, what).value();
  }

  const json& from_;
};

} // namespace

std::string proof_to_json(const state_proof& p) {
  json siblings = json::array();
  std::size_t next = 0;
  for (std::size_t level = 0; level < p.depth; ++level) {
    const bool present = level / 8 < p.present.size() && next < p.siblings.size() &&
                         (p.present[level / 8] >> (7 - level % 8) & 1) != 0;
    siblings.push_back(present ? json(to_string(p.siblings[next++])) : json(nullptr));
  }
  const json out{{"version", p.version},
                 {"chain", to_string(p.at.chain)},
                 {"height", p.at.height},
                 {"block_hash", to_string(p.at.block_hash)},
                 {"time_us", micros(p.at.time)},
                 {"state_hash", to_string(p.at.state_hash)},
                 {"table", p.table},
                 {"key", to_hex(p.key)},
                 {"record", p.record ? json(to_hex(*p.record)) : json(nullptr)},
                 {"other", p.other ? json{{"path", to_string(p.other->path)},
                                          {"value", to_string(p.other->value)}}
                                   : json(nullptr)},
                 {"siblings", siblings},
                 {"signature", p.signature ? json(to_hex(*p.signature)) : json(nullptr)}};
  return out.dump(2);
}

result<state_proof> proof_from_json(std::string_view text) {
  if (text.size() > 4 * proof_bytes_max)
    return fail(base_errc::malformed, "the text is too long for a proof");
  const auto parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object())
    return fail(base_errc::malformed, "one JSON object is expected");
  state_proof p;
  std::int64_t time = 0;
  member_reader in{parsed};
  in.read("version", p.version);
  in.read("chain", p.at.chain);
  in.read("height", p.at.height);
  in.read("block_hash", p.at.block_hash);
  in.read("time_us", time);
  in.read("state_hash", p.at.state_hash);
  in.read("table", p.table);
  in.read("key", p.key);
  in.read("record", p.record);
  in.read("other", p.other);
  in.read_siblings(p);
  in.read("signature", p.signature);
  if (in.failure)
    return fail(*in.failure);
  p.at.time = timestamp_at(time);
  return p;
}

} // namespace ainur::ledger
