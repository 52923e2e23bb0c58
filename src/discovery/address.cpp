#include "ainur/discovery/address.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>

#include "varint.hpp"

namespace ainur::discovery {

namespace {

enum class content : std::uint8_t { nothing, port, ip4, ip6, name, peer };

struct part_form {
  address_part code;
  std::string_view name;
  content holds;
};

constexpr std::array forms{
    part_form{address_part::ip4, "ip4", content::ip4},
    part_form{address_part::tcp, "tcp", content::port},
    part_form{address_part::ip6, "ip6", content::ip6},
    part_form{address_part::dns, "dns", content::name},
    part_form{address_part::dns4, "dns4", content::name},
    part_form{address_part::dns6, "dns6", content::name},
    part_form{address_part::dnsaddr, "dnsaddr", content::name},
    part_form{address_part::udp, "udp", content::port},
    part_form{address_part::p2p, "p2p", content::peer},
    part_form{address_part::quic_v1, "quic-v1", content::nothing},
};

constexpr std::size_t name_max = 253;

/// Bytes of a value of fixed size.
constexpr std::size_t size_of(content c) noexcept {
  switch (c) {
  case content::port:
    return 2;
  case content::ip4:
    return 4;
  case content::ip6:
    return 16;
  default:
    return 0;
  }
}

constexpr bool has_length(content c) noexcept {
  return c == content::name || c == content::peer;
}

bool is_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= name_max && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

std::string_view as_text(bytes_view data) noexcept {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

struct part {
  const part_form* form;
  bytes_view value;
};

/// Takes the next component off; null if `rest` does not begin with one.
std::optional<part> take_part(bytes_view& rest) noexcept {
  const auto code = take_varint(rest);
  const auto form = std::ranges::find_if(
      forms, [&](auto& f) { return code == static_cast<std::uint32_t>(f.code); });
  if (!code || form == forms.end())
    return std::nullopt;
  auto size = size_of(form->holds);
  if (has_length(form->holds)) {
    const auto length = take_varint(rest);
    if (!length || *length > name_max)
      return std::nullopt;
    size = *length;
  }
  if (size > rest.size())
    return std::nullopt;
  const part p{form, rest.first(size)};
  rest = rest.subspan(size);
  if ((form->holds == content::name && !is_name(as_text(p.value))) ||
      (form->holds == content::peer && !peer_from_multihash(p.value)))
    return std::nullopt;
  return p;
}

result<bytes> value_of(content c, const std::string& text) {
  const auto bad = [&] {
    return fail(errc::malformed, "\"" + text + "\" does not fit its place in an address");
  };
  bytes out(size_of(c));
  switch (c) {
  case content::nothing:
    break;
  case content::port: {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size())
      return bad();
    out = {static_cast<std::uint8_t>(port >> 8), static_cast<std::uint8_t>(port)};
    break;
  }
  case content::ip4:
  case content::ip6:
    if (inet_pton(c == content::ip4 ? AF_INET : AF_INET6, text.c_str(), out.data()) != 1)
      return bad();
    break;
  case content::name:
    if (!is_name(text))
      return bad();
    out.assign(text.begin(), text.end());
    break;
  case content::peer: {
    const auto id = peer_from_text(text);
    if (!id)
      return fail(id.error());
    const auto form = to_multihash(*id);
    out.assign(form.begin(), form.end());
  }
  }
  return out;
}

std::string text_of(const part& p) {
  char buffer[INET6_ADDRSTRLEN] = {};
  switch (p.form->holds) {
  case content::port:
    return std::to_string(p.value[0] << 8 | p.value[1]);
  case content::ip4:
    return inet_ntop(AF_INET, p.value.data(), buffer, sizeof buffer);
  case content::ip6:
    return inet_ntop(AF_INET6, p.value.data(), buffer, sizeof buffer);
  case content::name:
    return std::string{as_text(p.value)};
  case content::peer:
    return to_text(*peer_from_multihash(p.value));
  case content::nothing:
    break;
  }
  return {};
}

} // namespace

result<multiaddr> multiaddr::from_binary(bytes_view data) {
  if (data.size() > size_max)
    return fail(errc::too_large, "an address of " + std::to_string(data.size()) + " bytes");
  std::size_t parts = 0;
  for (auto rest = data; !rest.empty();) {
    if (++parts > parts_max)
      return fail(errc::too_large, "an address of more than 8 components");
    if (!take_part(rest))
      return fail(errc::malformed, "component " + std::to_string(parts) +
                                       " of an address is cut, unknown or not canonical");
  }
  if (parts == 0)
    return fail(errc::malformed, "an address has at least one component");
  multiaddr out;
  out.binary_.assign(data.begin(), data.end());
  return out;
}

result<multiaddr> multiaddr::from_text(std::string_view text) {
  if (text.size() > 2 * size_max)
    return fail(errc::too_large, "an address of " + std::to_string(text.size()) + " characters");
  const auto word = [&text]() -> std::optional<std::string_view> {
    if (text.empty() || text.front() != '/')
      return std::nullopt;
    const auto end = std::min(text.find('/', 1), text.size());
    const auto w = text.substr(1, end - 1);
    text.remove_prefix(end);
    return w;
  };
  bytes binary;
  do {
    const auto name = word();
    const auto form = std::ranges::find_if(forms, [&](auto& f) { return name == f.name; });
    if (form == forms.end())
      return fail(errc::malformed, name ? "addresses have no component \"" + std::string{*name} +
                                              "\" here; there are ip4, ip6, dns, dns4, dns6, "
                                              "dnsaddr, tcp, udp, quic-v1 and p2p"
                                        : "an address begins with /, as /ip4/192.0.2.1/tcp/4001");
    put_varint(binary, static_cast<std::uint32_t>(form->code));
    if (form->holds == content::nothing)
      continue;
    const auto value = value_of(form->holds, std::string{word().value_or("")});
    if (!value)
      return fail(value.error().within(form->name));
    if (has_length(form->holds))
      put_varint(binary, value->size());
    binary.insert(binary.end(), value->begin(), value->end());
  } while (!text.empty());
  return from_binary(binary);
}

multiaddr multiaddr::tcp4(std::uint32_t ip, std::uint16_t port) {
  multiaddr out;
  out.binary_ = {4,
                 static_cast<std::uint8_t>(ip >> 24),
                 static_cast<std::uint8_t>(ip >> 16),
                 static_cast<std::uint8_t>(ip >> 8),
                 static_cast<std::uint8_t>(ip),
                 6,
                 static_cast<std::uint8_t>(port >> 8),
                 static_cast<std::uint8_t>(port)};
  return out;
}

std::optional<peer_id> multiaddr::peer() const {
  std::optional<peer_id> last;
  bytes_view rest{binary_};
  while (const auto p = take_part(rest))
    if (p->form->holds == content::peer)
      last = *peer_from_multihash(p->value);
  return last;
}

std::string to_text(const multiaddr& address) {
  std::string out;
  bytes_view rest{address.binary()};
  while (const auto p = take_part(rest)) {
    out += "/" + std::string{p->form->name};
    if (p->form->holds != content::nothing)
      out += "/" + text_of(*p);
  }
  return out;
}

ip_group group_of(const multiaddr& address) noexcept {
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const auto number = [](bytes_view v, std::size_t first, std::size_t size) {
    std::uint64_t n = 0;
    for (const auto b : v.subspan(first, size))
      n = n << 8 | b;
    return n;
  };
  bytes_view rest{address.binary()};
  while (const auto p = take_part(rest)) {
    if (p->form->holds == content::ip4)
      return {std::uint64_t{4} << 32 | number(p->value, 0, 2)};
    if (p->form->holds != content::ip6)
      continue;
    if (std::equal(mapped.begin(), mapped.end(), p->value.begin()))
      return {std::uint64_t{4} << 32 | number(p->value, 12, 2)};
    return {std::uint64_t{6} << 32 | number(p->value, 0, 4)};
  }
  return {};
}

} // namespace ainur::discovery
