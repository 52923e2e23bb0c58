// Whether a store's file holds every page that the store refers to.
#pragma once

#include <cstdint>
#include <string>

#include <lmdb.h>

#include "ainur/base/error.hpp"

namespace ainur::store::raw {

/// Before LMDB opens a file: it believes the page size that stands there, and reads where that
/// says. Errors: `damaged`, `io`. A file that is not there, or empty, is fine.
[[nodiscard]] result<void> expect_page_size(const std::string& file);

/// Reads all of it in a process of its own, which may die of what it finds. Errors: `damaged`,
/// `io`.
[[nodiscard]] result<void> expect_readable(const std::string& file, std::uint64_t map_bytes);

/// A read behind the end of the file would end the process, so this is asked before the first one.
/// `env` is open on `file`. Errors: `damaged` if pages are missing, `io`.
[[nodiscard]] result<void> expect_whole(MDB_env* env, const std::string& file,
                                        std::uint64_t map_bytes);

} // namespace ainur::store::raw
