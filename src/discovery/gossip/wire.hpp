// The part of the wire form that signatures cover.
#pragma once

#include <string>

#include "ainur/discovery/gossip/message.hpp"

namespace ainur::discovery::gossip {

/// Appends a message's protocol buffer without signature and key.
void write_unsigned(std::string& out, const message& m);

} // namespace ainur::discovery::gossip
