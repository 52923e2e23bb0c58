// ainur metrics: every metric with its meaning and unit
#include <cstdio>
#include <memory>

#include "ainur/scenario/metrics.hpp"
#include "command.hpp"

namespace ainur::cli {

void add_metrics(frame& f) {
  auto as_json = std::make_shared<bool>(false);
  auto* command =
      f.add("metrics", "List every metric with its unit and meaning", "ainur metrics", [as_json] {
        std::fputs((*as_json ? scenario::metrics_json() : scenario::metrics_text()).c_str(),
                   stdout);
        return static_cast<int>(exit_ok);
      });
  command->add_flag("--json", *as_json, "print a JSON list");
}

} // namespace ainur::cli
