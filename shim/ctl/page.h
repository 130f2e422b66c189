// SPDX-License-Identifier: Apache-2.0
// What a command shows to people: lines and tables, in order. Everything goes through Printable on
// its way out, so commands add text as they got it.
//
//   Page page;
//   page.Heading("kernel");
//   Table table{{"what", "state"}, {}};
//   table.rows.push_back({"seccomp", {"ok", Tone::kGood}});
//   page.Add(std::move(table));
//   fputs(page.Render(/*colour=*/true).c_str(), stdout);
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stockade::ctl {

// How a text is meant; a terminal shows it as a colour.
enum class Tone { kPlain, kGood, kWarn, kBad, kStrong };

struct Cell {
  Cell(const char* words) : text(words) {}             // NOLINT(*-explicit-*)
  Cell(std::string words) : text(std::move(words)) {}  // NOLINT(*-explicit-*)
  Cell(std::string_view words) : text(words) {}        // NOLINT(*-explicit-*)
  Cell(std::string words, Tone how) : text(std::move(words)), tone(how) {}

  std::string text;
  Tone tone = Tone::kPlain;
};

// Left-aligned columns, two spaces apart, as wide as their widest cell; nothing is wrapped or cut.
struct Table {
  std::vector<std::string> header;      // shown in capitals; empty for none
  std::vector<std::vector<Cell>> rows;  // a row may be shorter than the header
};

class Page {
 public:
  // One line, indented by `indent` spaces.
  void Line(std::string text, Tone tone = Tone::kPlain, std::size_t indent = 0);
  // An empty line (but not at the top), then the text, strong.
  void Heading(std::string text);
  void Add(Table table);

  // The whole page, each line ended by a newline; with ANSI colours where `colour` is set.
  std::string Render(bool colour) const;

 private:
  struct TextLine {
    Cell cell;
    std::size_t indent;
  };
  std::vector<std::variant<TextLine, Table>> blocks_;
};

// True if colour is wanted on the descriptor: a terminal that is not "dumb", and no NO_COLOR in the
// environment (https://no-color.org: any value that is not empty).
bool WantsColour(int fd);

}  // namespace stockade::ctl
