#include "ainur/consensus/diagram.hpp"

#include <algorithm>
#include <map>

#include "ainur/base/xml_text.hpp"

namespace ainur::consensus {

namespace {

constexpr int lane_width = 150;
constexpr int row_height = 14;
constexpr int margin_left = 110;
constexpr int margin_top = 50;

struct style {
  std::string_view beginning; ///< of what is shown so
  std::string_view colour;
};

constexpr style styles[] = {
    {"proposal", "#1f5fbf"}, {"prevote", "#2a8f3c"}, {"precommit", "#b8690f"},
    {"status", "#999999"},   {"request", "#777777"}, {"blocks", "#6b3fa0"},
};

std::string_view colour_of(std::string_view what) {
  for (const auto& s : styles)
    if (what.starts_with(s.beginning))
      return s.colour;
  return "#c02020"; // what befalls a validator
}

class drawing {
public:
  drawing(const std::vector<trace_entry>& entries, const std::vector<std::string>& lanes)
      : lanes_(lanes) {
    for (const auto& e : entries)
      if (e.from < lanes.size() && e.to < lanes.size()) {
        shown_.push_back(&e);
        rows_[e.sent];
        rows_[e.arrived];
      }
    int row = 0;
    for (auto& [at, y] : rows_)
      y = margin_top + row_height * row++;
  }

  std::string draw() {
    const auto height = margin_top + row_height * static_cast<int>(rows_.size() + 1);
    const auto width = margin_left + lane_width * static_cast<int>(lanes_.size());
    out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(width) +
           "\" height=\"" + std::to_string(height) +
           "\" font-family=\"sans-serif\" font-size=\"10\">\n"
           "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
    draw_lanes(height);
    draw_times();
    for (const auto* e : shown_)
      e->from == e->to ? draw_event(*e) : draw_message(*e);
    return out_ + "</svg>\n";
  }

private:
  static int x_of(std::uint32_t lane) {
    return margin_left + lane_width * static_cast<int>(lane) + lane_width / 2;
  }

  void text(int x, int y, std::string_view what, std::string_view colour = "#333333",
            std::string_view anchor = "start") {
    out_ += "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" fill=\"" +
            std::string{colour} + "\" text-anchor=\"" + std::string{anchor} + "\">" +
            xml_escaped(what) + "</text>\n";
  }

  void line(int x1, int y1, int x2, int y2, std::string_view attributes) {
    out_ += "<line x1=\"" + std::to_string(x1) + "\" y1=\"" + std::to_string(y1) + "\" x2=\"" +
            std::to_string(x2) + "\" y2=\"" + std::to_string(y2) + "\" " + std::string{attributes};
  }

  void draw_lanes(int height) {
    for (std::uint32_t i = 0; i < lanes_.size(); ++i) {
      text(x_of(i), margin_top - 20, lanes_[i], "#000000", "middle");
      line(x_of(i), margin_top - 10, x_of(i), height, "stroke=\"#dddddd\"/>\n");
    }
  }

  void draw_times() {
    for (const auto& [at, y] : rows_)
      text(margin_left - 10, y + 3, ainur::to_string(duration{at - instant{}}), "#aaaaaa", "end");
  }

  void draw_event(const trace_entry& e) {
    const auto y = rows_.at(e.sent);
    out_ += "<circle cx=\"" + std::to_string(x_of(e.from)) + "\" cy=\"" + std::to_string(y) +
            "\" r=\"3\" fill=\"" + std::string{colour_of(e.what)} + "\"/>\n";
    text(x_of(e.from) + 6, y + 3, e.what, colour_of(e.what));
  }

  void draw_message(const trace_entry& e) {
    const bool lost = e.what.ends_with(" lost");
    const auto colour = std::string{colour_of(e.what)};
    const auto x1 = x_of(e.from);
    // A lost message goes half of its way.
    const auto x2 = lost ? (x1 + x_of(e.to)) / 2 : x_of(e.to);
    const auto y2 = rows_.at(e.arrived);
    line(x1, rows_.at(e.sent), x2, y2,
         "stroke=\"" + colour + "\" stroke-opacity=\"0.7\"" +
             (lost ? " stroke-dasharray=\"3 3\">" : ">"));
    out_ += "<title>" + xml_escaped(e.what) + "</title></line>\n";
    out_ += "<circle cx=\"" + std::to_string(x2) + "\" cy=\"" + std::to_string(y2) +
            "\" r=\"2\" fill=\"" + colour + "\"><title>" + xml_escaped(e.what) +
            "</title></circle>\n";
  }

  const std::vector<std::string>& lanes_;
  std::vector<const trace_entry*> shown_;
  std::map<instant, int> rows_;
  std::string out_;
};

} // namespace

std::string draw_diagram(const std::vector<trace_entry>& entries,
                         const std::vector<std::string>& lanes) {
  return drawing{entries, lanes}.draw();
}

} // namespace ainur::consensus
