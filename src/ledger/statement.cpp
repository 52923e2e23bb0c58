#include "ainur/ledger/statement.hpp"

#include "ainur/codec/msgpack.hpp"

namespace ainur::ledger {

namespace {
constexpr std::string_view domain = "ainur/statement/v1";
} // namespace

std::string_view to_string(statement_kind kind) noexcept {
  switch (kind) {
  case statement_kind::proposal:
    return "proposal";
  case statement_kind::prevote:
    return "prevote";
  case statement_kind::precommit:
    return "precommit";
  }
  return "?";
}

bytes statement_message(const hash256& chain, const account_id& signer, const statement& s) {
  bytes message{chain.value.begin(), chain.value.end()};
  message.insert(message.end(), signer.value.begin(), signer.value.end());
  codec::writer w{message};
  codec::write(w, s);
  return message;
}

signed_statement sign_statement(const hash256& chain, const statement& s, const account_id& signer,
                                const crypto::secret_key& key) {
  return {s, signer, key.sign(domain, statement_message(chain, signer, s)).value};
}

bool verify_statement(const hash256& chain, const byte_array<32>& key,
                      const signed_statement& s) noexcept {
  return crypto::verify(crypto::public_key{key}, domain,
                        statement_message(chain, s.signer, s.statement),
                        crypto::signature{s.signature});
}

bool is_well_formed(const statement& s) noexcept {
  if (s.height == 0 || s.round < 0 || s.round > round_max)
    return false;
  if (s.kind != statement_kind::proposal)
    return s.valid_round == no_round;
  return !s.is_nil() && s.valid_round >= no_round && s.valid_round < s.round;
}

bool contradict(const statement& a, const statement& b) noexcept {
  return a.kind == b.kind && a.height == b.height && a.round == b.round && a != b;
}

} // namespace ainur::ledger
