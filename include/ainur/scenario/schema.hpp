// The one table of everything a scenario file can say. Each section lists its keys with type, range
// and meaning; reading, checking, defaults, `--set`, the canonical text, the starter file of `ainur
// new` and docs/scenario-reference.md all follow from it. The defaults are those of config.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ainur/scenario/config.hpp"

namespace ainur::scenario {

enum class value_kind : std::uint8_t {
  integer, ///< std::uint64_t
  share,   ///< ratio; 0.25 or "25%"
  money,   ///< amount; "12.5 AINU", "300 uAINU"
  time,    ///< duration; "250ms"
  boolean,
  text,
  choice,       ///< an enum of one byte
  texts,        ///< std::vector<std::string>
  integers,     ///< std::vector<std::uint64_t>
  table,        ///< a struct
  tables,       ///< a vector of structs
  expectations, ///< std::vector<expectation>: keys are metrics, values are rules
  max_value = expectations,
};

struct section;

/// One key of a section.
struct key_spec {
  std::string_view name{};
  std::string_view meaning{};
  value_kind kind = value_kind::integer;
  std::uint64_t min = 0; ///< of numbers in µAINU, µs, ppm; of lists their length
  std::uint64_t max = ~std::uint64_t{0};
  std::span<const std::string_view> choices{}; ///< spellings of a choice, by value
  const section* table = nullptr;              ///< of table, tables
  void* (*member)(void*) = nullptr;            ///< the member in its struct
  std::size_t (*size)(const void*) = nullptr;  ///< of tables
  void* (*element)(void*, std::size_t) = nullptr;
  void* (*append)(void*) = nullptr; ///< a new default element of tables

  [[nodiscard]] const void* read(const void* object) const {
    return member(const_cast<void*>(object)); // NOLINT(cppcoreguidelines-pro-type-const-cast)
  }
};

/// The keys of one table.
struct section {
  std::string_view meaning;
  std::vector<key_spec> keys;
  std::string_view shorthand{};   ///< the key that a bare value stands for (models)
  const void* defaults = nullptr; ///< a default-constructed struct
  void (*reset)(void*) = nullptr; ///< makes a struct so

  /// True for the quantities of model.hpp.
  [[nodiscard]] bool is_model() const noexcept { return shorthand == "value"; }

  [[nodiscard]] const key_spec* find(std::string_view name) const noexcept;
};

/// The whole file: its root table. Lives for the whole program.
[[nodiscard]] const section& schema();

/// Bounds on a scenario file, checked before it is parsed.
inline constexpr std::size_t file_size_max = 1u << 20;
inline constexpr std::size_t nesting_max = 16;
inline constexpr std::size_t text_size_max = 4096;
inline constexpr std::size_t agents_max = 5'000'000;

/// docs/scenario-reference.md.
[[nodiscard]] std::string reference_markdown();

} // namespace ainur::scenario
