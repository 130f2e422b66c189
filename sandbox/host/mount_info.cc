// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/mount_info.h"

#include <algorithm>
#include <optional>

#include "config/base/number.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;

// Takes what stands before the next `separator` off `text`.
std::string_view Take(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const std::string_view head = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return head;
}

bool InList(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    if (Take(list, ',') == word) return true;
  }
  return false;
}

bool AtOrBelow(std::string_view path, std::string_view point) {
  if (point == "/" || path == point) return true;
  return path.starts_with(point) && path[point.size()] == '/';
}

}  // namespace

std::string UnescapeMountField(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octal = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && i + 3 < text.size() && octal(i + 1) && octal(i + 2) && octal(i + 3)) {
      result += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                  (text[i + 3] - '0'));
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

bool MountEntry::Has(std::string_view option) const { return InList(options, option); }

bool MountEntry::ReadOnly() const { return Has("ro") || InList(super_options, "ro"); }

base::Result<std::vector<MountEntry>> ParseMountInfo(std::string_view text) {
  std::vector<MountEntry> mounts;
  while (!text.empty()) {
    const std::string_view line = Take(text, '\n');
    const auto dash = line.find(" - ");
    if (dash == std::string_view::npos) {
      return base::Fail(ErrorKind::kHost, "mountinfo: not a mount: \"{}\"", line.substr(0, 200));
    }
    std::string_view left = line.substr(0, dash);
    std::string_view right = line.substr(dash + 3);
    MountEntry mount;
    const auto id = base::WholeNumber<std::uint64_t>(Take(left, ' '));
    const auto parent = base::WholeNumber<std::uint64_t>(Take(left, ' '));
    mount.id = id.value_or(0);
    mount.parent = parent.value_or(0);
    mount.device = Take(left, ' ');
    mount.root = UnescapeMountField(Take(left, ' '));
    mount.point = UnescapeMountField(Take(left, ' '));
    mount.options = Take(left, ' ');
    mount.propagation = left;
    mount.type = Take(right, ' ');
    mount.source = UnescapeMountField(Take(right, ' '));
    mount.super_options = right;
    if (!id || !parent || !mount.point.starts_with('/') || mount.options.empty()) {
      return base::Fail(ErrorKind::kHost, "mountinfo: not a mount: \"{}\"", line.substr(0, 200));
    }
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

const MountEntry* MountOf(const std::vector<MountEntry>& mounts, std::string_view path) {
  std::vector<const MountEntry*> stack;  // at the lowest place
  for (const MountEntry& mount : mounts) {
    if (!AtOrBelow(path, mount.point)) continue;
    if (!stack.empty() && mount.point.size() < stack.front()->point.size()) continue;
    if (!stack.empty() && mount.point.size() > stack.front()->point.size()) stack.clear();
    stack.push_back(&mount);
  }
  const auto is_top = [&](const MountEntry* each) {
    return std::ranges::none_of(stack, [&](const MountEntry* other) {
      return other->parent == each->id && other->id != each->id;
    });
  };
  const auto top = std::find_if(stack.rbegin(), stack.rend(), is_top);
  return top == stack.rend() ? nullptr : *top;
}

}  // namespace stockade::sandbox
