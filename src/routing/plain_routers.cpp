// The routers to compare with: ask everybody, or anybody. They learn nothing.
#include <algorithm>

#include "ainur/base/assert.hpp"
#include "ainur/routing/router.hpp"
#include "candidate_list.hpp"

namespace ainur::routing {

namespace {

class plain_router : public router {
public:
  capability_index capability(std::string_view name) override {
    const auto [number, fresh] = names_.intern(name);
    if (fresh)
      lists_.emplace_back();
    return number;
  }

  void set_candidates(capability_index capability, std::span<const peer_index> peers) override {
    assign_candidates(list(capability), peers, [](slot_index, bool) {});
  }

  bool add(capability_index capability, peer_index peer) override {
    auto& l = list(capability);
    const auto slot = l.intern(peer);
    const bool fresh = !l.is_present(slot);
    l.set_present(slot, true);
    return fresh;
  }

  bool remove(capability_index capability, peer_index peer) override {
    auto& l = list(capability);
    const auto slot = l.find(peer);
    if (slot == candidate_list::none || !l.is_present(slot))
      return false;
    l.set_present(slot, false);
    return true;
  }

  std::size_t candidates(capability_index capability) const override {
    AINUR_ASSERT(capability < lists_.size());
    return lists_[capability].present().size();
  }

  void learn(capability_index, peer_index, const outcome&) override {}

  expectation expected(capability_index, peer_index) const override { return {}; }

protected:
  candidate_list& list(capability_index capability) {
    AINUR_ASSERT(capability < lists_.size());
    return lists_[capability];
  }

private:
  name_table names_;
  std::vector<candidate_list> lists_;
};

class broadcast_router final : public plain_router {
public:
  void choose(capability_index capability, const route_request&, peer_filter eligible, rng&,
              std::vector<peer_index>& out) override {
    out.clear();
    auto& l = list(capability);
    for (const auto slot : l.present())
      if (eligible(l.peer(slot)))
        out.push_back(l.peer(slot));
  }
};

class random_router final : public plain_router {
public:
  void choose(capability_index capability, const route_request& request, peer_filter eligible,
              rng& random, std::vector<peer_index>& out) override {
    out.clear();
    auto& l = list(capability);
    const auto present = l.present();
    const auto wanted = std::min(request.count, present.size());
    auto looks = std::max<std::size_t>(256, 16 * wanted);
    if (wanted * 2 > present.size() || present.size() <= looks) {
      order_.assign(present.begin(), present.end());
      random.shuffle(std::span{order_});
      for (std::size_t i = 0; i < order_.size() && out.size() < wanted; ++i)
        if (eligible(l.peer(order_[i])))
          out.push_back(l.peer(order_[i]));
      return;
    }
    while (out.size() < wanted && looks-- > 0) {
      const auto peer = l.peer(present[random.below(present.size())]);
      if (eligible(peer) && std::find(out.begin(), out.end(), peer) == out.end())
        out.push_back(peer);
    }
  }

private:
  std::vector<slot_index> order_;
};

} // namespace

std::unique_ptr<router> make_broadcast_router() {
  return std::make_unique<broadcast_router>();
}

std::unique_ptr<router> make_random_router() {
  return std::make_unique<random_router>();
}

} // namespace ainur::routing
