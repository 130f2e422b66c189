// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/page.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "shim/ctl/text.h"

namespace stockade::ctl {
namespace {

constexpr std::size_t kGap = 2;

std::string_view ColourOf(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "\x1b[32m";
    case Tone::kWarn:
      return "\x1b[33m";
    case Tone::kBad:
      return "\x1b[1;31m";
    case Tone::kStrong:
      return "\x1b[1m";
    case Tone::kPlain:
      break;
  }
  return "";
}

// `text` is printable already.
std::string Painted(std::string_view text, Tone tone, bool colour) {
  const std::string_view start = colour ? ColourOf(tone) : "";
  if (start.empty() || text.empty()) return std::string(text);
  return std::string(start) + std::string(text) + "\x1b[0m";
}

std::string Upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

std::string RenderTable(const Table& table, bool colour) {
  std::vector<std::vector<Cell>> rows;
  if (!table.header.empty()) {
    rows.emplace_back();
    for (const std::string& name : table.header)
      rows.back().emplace_back(Upper(name), Tone::kStrong);
  }
  rows.insert(rows.end(), table.rows.begin(), table.rows.end());
  std::vector<std::size_t> widths;
  for (std::vector<Cell>& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i].text = Printable(row[i].text);
      widths[i] = std::max(widths[i], Width(row[i].text));
    }
  }
  std::string out;
  for (const std::vector<Cell>& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += Painted(row[i].text, row[i].tone, colour);
      if (i + 1 < row.size()) line.append(widths[i] - Width(row[i].text) + kGap, ' ');
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

}  // namespace

void Page::Line(std::string text, Tone tone, std::size_t indent) {
  blocks_.emplace_back(TextLine{Cell(std::move(text), tone), indent});
}

void Page::Heading(std::string text) {
  if (!blocks_.empty()) Line("");
  Line(std::move(text), Tone::kStrong);
}

void Page::Add(Table table) { blocks_.emplace_back(std::move(table)); }

std::string Page::Render(bool colour) const {
  std::string out;
  for (const auto& block : blocks_) {
    if (const auto* line = std::get_if<TextLine>(&block)) {
      out.append(line->cell.text.empty() ? 0 : line->indent, ' ');
      out += Painted(Printable(line->cell.text), line->cell.tone, colour) + "\n";
    } else {
      out += RenderTable(std::get<Table>(block), colour);
    }
  }
  return out;
}

bool WantsColour(int fd) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  if (terminal == nullptr || std::string_view(terminal) == "dumb") return false;
  return isatty(fd) == 1;
}

}  // namespace stockade::ctl
