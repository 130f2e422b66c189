// SPDX-License-Identifier: Apache-2.0
#include "config/base/json.h"

#include <cstdint>
#include <iterator>
#include <unordered_set>
#include <vector>

#include "config/base/number.h"

namespace stockade::base {
namespace {

// An input iterator over text that counts lines into a shared counter: the line of the character
// read last. A line ends after its newline, as the parser reads one character beyond a number.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, int* line) : start_(at), at_(at), line_(line) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (at_ != start_ && at_[-1] == '\n') ++*line_;
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* start_;
  const char* at_;
  int* line_;
};

// Builds the document from the parser's events and stops at the first thing that is not allowed.
class StrictBuilder {
 public:
  StrictBuilder(const JsonLimits& limits, const int* line, bool keep_lines)
      : limits_(limits), line_(line), keep_lines_(keep_lines) {}

  bool null() { return Add(nullptr); }
  bool boolean(bool value) { return Add(value); }
  bool number_integer(std::int64_t value) { return Add(value); }
  bool number_unsigned(std::uint64_t value) { return Add(value); }
  bool number_float(double value, const std::string& text) {
    if (limits_.allow_float) return Add(value);
    return Refuse(fmt::format("the number {} is not a 64-bit integer", text.substr(0, 40)));
  }
  bool string(std::string& value) {
    return HoldsNul(value) ? Refuse("a string holds a NUL") : Add(std::move(value));
  }
  bool binary(Json::binary_t&) { return Refuse("binary data"); }
  bool start_object(std::size_t) { return Open(Json::object()); }
  bool start_array(std::size_t) { return Open(Json::array()); }
  bool end_object() { return Close(); }
  bool end_array() { return Close(); }

  bool key(std::string& value) {
    Level& level = levels_.back();
    if (HoldsNul(value)) return Refuse("a key holds a NUL");
    if (!level.keys.insert(value).second) {
      return Refuse(fmt::format("the key \"{}\" stands twice in one object", value));
    }
    if (level.keys.size() > limits_.max_members) {
      return Refuse(fmt::format("an object has more than {} keys", limits_.max_members));
    }
    level.key = std::move(value);
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..."
    std::string_view text = error.what();
    if (const auto at = text.find("] "); at != std::string_view::npos) text.remove_prefix(at + 2);
    if (!text.starts_with("parse error")) return Refuse(std::string(text));
    if (const auto at = text.find(": "); at != std::string_view::npos) text.remove_prefix(at + 2);
    return Refuse(std::string(text));
  }

  ParsedJson Take() && { return ParsedJson{std::move(root_), std::move(lines_)}; }
  const std::string& problem() const { return problem_; }
  int problem_line() const { return problem_line_; }

 private:
  struct Level {
    Json value;
    std::string pointer;
    std::string key;
    std::unordered_set<std::string> keys;
  };

  // A reader in C would stop at an escaped NUL: "linux\u0000" would be "linux" to it.
  static bool HoldsNul(const std::string& value) { return value.find('\0') != std::string::npos; }

  bool Refuse(std::string problem) {
    problem_ = std::move(problem);
    problem_line_ = *line_;
    return false;
  }

  // The pointer of the value that is about to be added to the innermost level.
  std::string NextPointer() const {
    if (levels_.empty()) return {};
    const Level& top = levels_.back();
    return top.value.is_object() ? top.pointer + "/" + PointerToken(top.key)
                                 : fmt::format("{}/{}", top.pointer, top.value.size());
  }

  void NoteLine() {
    if (keep_lines_) lines_.emplace(NextPointer(), *line_);
  }

  bool Add(Json value) {
    NoteLine();
    return Attach(std::move(value));
  }

  bool Attach(Json value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Level& top = levels_.back();
    if (top.value.is_object()) {
      // The key is known to be new, so the linear search of ordered_map is skipped.
      auto& members = top.value.get_ref<Json::object_t&>();
      members.emplace_back(std::move(top.key), std::move(value));
    } else {
      top.value.push_back(std::move(value));
    }
    return true;
  }

  bool Open(Json empty) {
    if (levels_.size() >= limits_.max_depth) {
      return Refuse(fmt::format("nested deeper than {} levels", limits_.max_depth));
    }
    NoteLine();
    std::string pointer = keep_lines_ ? NextPointer() : std::string();
    levels_.push_back(Level{std::move(empty), std::move(pointer), {}, {}});
    return true;
  }

  bool Close() {
    Json value = std::move(levels_.back().value);
    levels_.pop_back();
    return Attach(std::move(value));
  }

  const JsonLimits limits_;
  const int* line_;
  const bool keep_lines_;
  std::vector<Level> levels_;
  Json root_;
  std::map<std::string, int, std::less<>> lines_;
  std::string problem_;
  int problem_line_ = 1;
};

// The next reference token of a JSON pointer, unescaped with the help of `token`; advances `rest`
// past it.
std::string_view NextToken(std::string_view& rest, std::string& token) {
  rest.remove_prefix(1);
  const auto end = rest.find('/');
  const std::string_view raw = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  if (raw.find('~') == std::string_view::npos) return raw;
  token.clear();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '~' && i + 1 < raw.size()) {
      token += raw[++i] == '1' ? '/' : '~';
    } else {
      token += raw[i];
    }
  }
  return token;
}

}  // namespace

int ParsedJson::LineOf(std::string_view pointer) const {
  for (;;) {
    if (const auto found = lines.find(pointer); found != lines.end()) return found->second;
    const auto slash = pointer.rfind('/');
    if (slash == std::string_view::npos) return 1;
    pointer = pointer.substr(0, slash);
  }
}

Result<ParsedJson> ParseJson(std::string_view text, const JsonLimits& limits, std::string_view name,
                             ErrorKind kind, bool keep_lines) {
  if (text.size() > limits.max_bytes) {
    return Fail(kind, "{}: {} bytes, more than the limit of {}", name, text.size(),
                limits.max_bytes);
  }
  // A NUL is never JSON, and C-string readers of the same file would stop there.
  if (text.find('\0') != std::string_view::npos) return Fail(kind, "{}: contains a NUL", name);
  // The parser below would skip a byte order mark; readers in Go refuse it.
  if (text.starts_with("\xef\xbb\xbf"))
    return Fail(kind, "{}: begins with a byte order mark", name);
  int line = 1;
  try {
    // Counting lines takes longer than parsing, and a good document needs none.
    if (!keep_lines) {
      StrictBuilder builder(limits, &line, /*keep_lines=*/false);
      if (Json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder).Take();
    }
    StrictBuilder builder(limits, &line, keep_lines);
    const bool good = Json::sax_parse(CountingIterator(text.data(), &line),
                                      CountingIterator(text.data() + text.size(), &line), &builder);
    if (good) return std::move(builder).Take();
    return Fail(kind, "{}:{}: {}", name, builder.problem_line(), builder.problem());
  } catch (const std::exception& error) {
    return Fail(kind, "{}:{}: {}", name, line, error.what());
  }
}

const Json* Find(const Json& document, std::string_view pointer) {
  const Json* at = &document;
  std::string unescaped;
  while (!pointer.empty()) {
    if (pointer.front() != '/') return nullptr;
    const std::string_view token = NextToken(pointer, unescaped);
    if (at->is_object()) {
      const auto member = at->find(token);
      if (member == at->end()) return nullptr;
      at = &*member;
    } else if (at->is_array()) {
      const auto index = WholeNumber<std::size_t>(token);
      if (!index || *index >= at->size()) return nullptr;
      at = &(*at)[*index];
    } else {
      return nullptr;
    }
  }
  return at;
}

Json* Find(Json& document, std::string_view pointer) {
  return const_cast<Json*>(Find(std::as_const(document), pointer));
}

std::string PointerToken(std::string_view key) {
  std::string token;
  for (const char c : key) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

std::string DumpJson(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace stockade::base
