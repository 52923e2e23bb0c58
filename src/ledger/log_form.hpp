// Keys of the ledger's records in a store (docs/formats.md).
#pragma once

#include "ainur/ledger/log.hpp"
#include "ainur/store/key.hpp"

namespace ainur::ledger {

inline const auto genesis_key = as_bytes("genesis");
inline const auto format_key = as_bytes("format");
inline const auto tables_key = as_bytes("tables"); ///< the header of the pages
inline const auto bases_key = as_bytes("bases");

struct page_key {
  std::uint8_t table = 0;
  std::uint32_t number = 0;
  AINUR_FIELDS(page_key, table, number)
};

struct chunk_key {
  std::uint64_t height = 0;
  std::uint32_t number = 0;
  AINUR_FIELDS(chunk_key, height, number)
};

} // namespace ainur::ledger
