#include "ainur/ledger/touches.hpp"

#include <deque>
#include <tuple>
#include <type_traits>
#include <variant>

#include "ainur/codec/msgpack.hpp"

namespace ainur::ledger {

namespace {

/// Looks through whatever has a field list.
template <class T>
bool names(const T& x, const account_id& who) {
  if constexpr (std::is_same_v<T, account_id>)
    return x == who;
  else if constexpr (codec::detail::is_optional<T>::value)
    return x && names(*x, who);
  else if constexpr (codec::detail::is_vector<T>::value) {
    if constexpr (!std::is_integral_v<typename T::value_type>)
      for (const auto& item : x)
        if (names(item, who))
          return true;
    return false;
  } else if constexpr (codec::detail::is_variant<T>::value)
    return std::visit([&who](const auto& one) { return names(one, who); }, x);
  else if constexpr (has_fields<T>)
    return std::apply([&who](const auto&... part) { return (names(part, who) || ...); },
                      x.fields());
  else
    return false;
}

} // namespace

bool mentions(const call& c, const account_id& who) {
  return names(c, who);
}

bool mentions(const event::any& e, const account_id& who) {
  return names(e, who);
}

result<std::vector<touch>> touches_of(const store::view& log, const account_id& who,
                                      std::uint64_t from, std::size_t limit,
                                      election_rules elections) {
  std::deque<touch> found;
  const auto keep = [&found, limit](touch t) {
    found.push_back(std::move(t));
    if (found.size() > limit)
      found.pop_front();
  };
  const auto done = replay_log(
      log,
      [&](const block& b, const applied& after) {
        if (b.height < from)
          return;
        for (std::size_t i = 0; i < b.batches.size(); ++i) {
          const auto& batch = b.batches[i].batch;
          for (std::size_t k = 0; k < batch.entries.size(); ++k) {
            const auto& e = batch.entries[k];
            if (batch.signer == who || e.origin == who || mentions(e.call, who))
              keep({b.height, b.time, batch.signer, e, after.batches[i].entries[k], std::nullopt});
          }
        }
        for (const auto& e : after.events)
          if (mentions(e, who))
            keep({b.height, b.time, {}, std::nullopt, errc::ok, e});
      },
      ~std::uint64_t{0}, elections);
  if (!done)
    return fail(done.error());
  return std::vector<touch>{std::make_move_iterator(found.begin()),
                            std::make_move_iterator(found.end())};
}

} // namespace ainur::ledger
