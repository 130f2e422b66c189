// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/overlay_options.h"

#include <sys/mount.h>

#include "sandbox/host/mount_info.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;

struct FlagWord {
  std::string_view word;
  unsigned long flag;
};
// What the kernel prints of a super block before the file system's own options.
constexpr FlagWord kFlagWords[] = {
    {"rw", 0},
    {"ro", MS_RDONLY},
    {"sync", MS_SYNCHRONOUS},
    {"dirsync", MS_DIRSYNC},
    {"mand", MS_MANDLOCK},
    {"lazytime", MS_LAZYTIME},
};

bool IsContext(std::string_view key) {
  return key == "context" || key == "fscontext" || key == "defcontext" || key == "rootcontext";
}

// Takes the next option off `text`, a quoted context as a whole.
std::string_view TakeOption(std::string_view& text) {
  std::size_t end = text.find(',');
  const auto equals = text.find('=');
  if (equals != std::string_view::npos && equals < end && IsContext(text.substr(0, equals)) &&
      text.substr(equals + 1).starts_with('"')) {
    const auto quote = text.find('"', equals + 2);
    end = quote == std::string_view::npos ? quote : text.find(',', quote);
  }
  const std::string_view option = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return option;
}

// A path without the backslashes that protected its characters from mount(2).
std::string Unprotected(std::string_view text) {
  std::string path;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    path += text[i];
  }
  return path;
}

// The layers of lowerdir=. "::" only marks what the layers after it are for.
std::vector<std::string> SplitLayers(std::string_view text) {
  std::vector<std::string> layers;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '\\') {
      ++i;
      continue;
    }
    if (i < text.size() && text[i] != ':') continue;
    if (i > begin) layers.push_back(Unprotected(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  return layers;
}

bool TakeFlag(std::string_view option, unsigned long& flags) {
  for (const FlagWord& each : kFlagWords) {
    if (option == each.word) {
      flags |= each.flag;
      return true;
    }
  }
  return option == "seclabel";  // a statement of SELinux, not an option
}

void Note(OverlayOptions& options, const OverlayOptions::Option& option) {
  if (option.key == "lowerdir") {
    for (std::string& layer : SplitLayers(option.value)) options.layers.push_back(std::move(layer));
  } else if (option.key == "lowerdir+" || option.key == "datadir+") {
    options.layers.push_back(option.value);
    options.one_by_one = true;
  } else if (option.key == "upperdir") {
    options.upper = options.one_by_one ? option.value : Unprotected(option.value);
  } else if (option.key == "workdir") {
    options.work = options.one_by_one ? option.value : Unprotected(option.value);
  } else if (option.key == "volatile" || (option.key == "fsync" && option.value == "volatile")) {
    options.is_volatile = true;
  }
}

}  // namespace

base::Result<OverlayOptions> ParseOverlayOptions(std::string_view super_options) {
  OverlayOptions options;
  while (!super_options.empty()) {
    const std::string_view text = TakeOption(super_options);
    if (text.empty() || TakeFlag(text, options.flags)) continue;
    const auto equals = text.find('=');
    OverlayOptions::Option option{std::string(text.substr(0, equals)), {}};
    if (equals != std::string_view::npos) {
      option.value = UnescapeMountField(text.substr(equals + 1));
    }
    Note(options, option);
    options.all.push_back(std::move(option));
  }
  if (options.layers.empty()) {
    return base::Fail(ErrorKind::kHost, "an overlay without a lower layer");
  }
  if (options.upper.empty() != options.work.empty()) {
    return base::Fail(ErrorKind::kHost, "an overlay with only one of upperdir and workdir");
  }
  return options;
}

std::string OverlayOptions::Option::Plain() const {
  const bool quoted =
      IsContext(key) && value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

std::string OverlayOptions::Data() const {
  std::string data;
  for (const Option& option : all) {
    if (!data.empty()) data += ',';
    data += option.key;
    if (!option.value.empty()) data += '=' + option.value;
  }
  return data;
}

std::vector<std::string> FoldersAbove(const std::string& path) {
  std::vector<std::string> folders;
  for (std::string at = path; at.size() > 1;) {
    at.resize(at.rfind('/'));
    folders.push_back(at.empty() ? "/" : at);
  }
  return folders;
}

}  // namespace stockade::sandbox
