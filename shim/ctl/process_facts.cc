// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/process_facts.h"

#include "config/base/number.h"
#include "config/names.h"

namespace stockade::ctl {
namespace {

using base::ErrorKind;

// The next line of `text`, taken off.
std::string_view TakeLine(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return line;
}

// The next word of `line` between blanks, taken off; "" at the end.
std::string_view TakeWord(std::string_view& line) {
  const auto start = std::min(line.find_first_not_of(" \t"), line.size());
  const auto end = std::min(line.find_first_of(" \t", start), line.size());
  const std::string_view word = line.substr(start, end - start);
  line.remove_prefix(end);
  return word;
}

template <class Number>
bool ToNumber(std::string_view word, Number& number, int base = 10) {
  const auto whole = base::WholeNumber<Number>(word, base);
  number = whole.value_or(number);
  return whole.has_value();
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kLimitNames{{
    {"Max cpu time", "RLIMIT_CPU"},
    {"Max file size", "RLIMIT_FSIZE"},
    {"Max data size", "RLIMIT_DATA"},
    {"Max stack size", "RLIMIT_STACK"},
    {"Max core file size", "RLIMIT_CORE"},
    {"Max resident set", "RLIMIT_RSS"},
    {"Max processes", "RLIMIT_NPROC"},
    {"Max open files", "RLIMIT_NOFILE"},
    {"Max locked memory", "RLIMIT_MEMLOCK"},
    {"Max address space", "RLIMIT_AS"},
    {"Max file locks", "RLIMIT_LOCKS"},
    {"Max pending signals", "RLIMIT_SIGPENDING"},
    {"Max msgqueue size", "RLIMIT_MSGQUEUE"},
    {"Max nice priority", "RLIMIT_NICE"},
    {"Max realtime priority", "RLIMIT_RTPRIO"},
    {"Max realtime timeout", "RLIMIT_RTTIME"},
}};

bool ToLimit(std::string_view word, std::optional<std::uint64_t>& limit) {
  if (word == "unlimited") return true;
  return ToNumber(word, limit.emplace());
}

// One line of status, "Key:\tvalue"; false if the value is not what it should be.
bool TakeStatusLine(std::string_view key, std::string_view value, ProcessFacts& facts, int& seen) {
  constexpr std::array<std::string_view, kCapabilitySets> kCapabilityKeys = {
      "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
  for (std::size_t set = 0; set < kCapabilitySets; ++set) {
    if (key != kCapabilityKeys[set]) continue;
    ++seen;
    return ToNumber(TakeWord(value), facts.capabilities[set], 16);
  }
  if (key == "Name") facts.name = value.substr(std::min<std::size_t>(1, value.size()));
  if (key == "NoNewPrivs") return ToNumber(TakeWord(value), facts.no_new_privs);
  if (key == "Seccomp") return ToNumber(TakeWord(value), facts.seccomp);
  if (key == "Seccomp_filters") return ToNumber(TakeWord(value), facts.seccomp_filters);
  if (key == "Uid") {
    ++seen;
    for (std::uint32_t& uid : facts.uids) {
      if (!ToNumber(TakeWord(value), uid)) return false;
    }
  }
  return true;
}

}  // namespace

base::Status ParseStatus(std::string_view text, ProcessFacts& facts) {
  int seen = 0;
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (!TakeStatusLine(line.substr(0, colon), line.substr(colon + 1), facts, seen)) {
      return base::Fail(ErrorKind::kHost, "status: not understood: \"{}\"", line.substr(0, 200));
    }
  }
  if (seen != kCapabilitySets + 1) {
    return base::Fail(ErrorKind::kHost, "status: the uids or capabilities are missing");
  }
  return {};
}

base::Result<std::vector<IdMapping>> ParseIdMap(std::string_view text) {
  std::vector<IdMapping> map;
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    std::string_view rest = line;
    IdMapping entry;
    if (!ToNumber(TakeWord(rest), entry.inside) || !ToNumber(TakeWord(rest), entry.outside) ||
        !ToNumber(TakeWord(rest), entry.count)) {
      return base::Fail(ErrorKind::kHost, "uid_map: not understood: \"{}\"", line.substr(0, 200));
    }
    map.push_back(entry);
  }
  return map;
}

base::Result<std::map<std::string, Limit, std::less<>>> ParseLimits(std::string_view text) {
  std::map<std::string, Limit, std::less<>> limits;
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    for (const auto& [words, name] : kLimitNames) {
      if (!line.starts_with(words)) continue;
      std::string_view rest = line.substr(words.size());
      Limit limit;
      if (!ToLimit(TakeWord(rest), limit.soft) || !ToLimit(TakeWord(rest), limit.hard)) {
        return base::Fail(ErrorKind::kHost, "limits: not understood: \"{}\"", line.substr(0, 200));
      }
      limits[std::string(name)] = limit;
    }
  }
  return limits;
}

std::optional<std::uint32_t> InsideId(const std::vector<IdMapping>& map, std::uint32_t outside) {
  for (const IdMapping& entry : map) {
    if (outside >= entry.outside && outside - entry.outside < entry.count) {
      return entry.inside + (outside - entry.outside);
    }
  }
  return std::nullopt;
}

std::string CapabilityText(std::uint64_t set) {
  std::string text;
  for (unsigned bit = 0; bit < 64; ++bit) {
    if ((set >> bit & 1U) == 0) continue;
    const auto& names = config::CapabilityTable();
    text += text.empty() ? "" : ", ";
    text += bit < names.size() ? std::string(names[bit]) : fmt::format("capability {}", bit);
  }
  return text.empty() ? "none" : text;
}

}  // namespace stockade::ctl
