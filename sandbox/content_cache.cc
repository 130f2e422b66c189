// SPDX-License-Identifier: Apache-2.0
#include "sandbox/content_cache.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <iterator>
#include <span>

#include "config/base/fd.h"
#include "config/base/file.h"
#include "config/base/json.h"

namespace stockade::sandbox {
namespace {

constexpr std::ptrdiff_t kMaxFiles = 256;
// The largest file that Keep is asked to write.
constexpr std::size_t kMaxFile = base::kSpecLimits.max_bytes + (1U << 20);

// The build-id in the notes from `data` on, in hexadecimal digits; "" if there is none.
std::string BuildIdIn(std::string_view notes) {
  ElfW(Nhdr) note;
  const auto padded = [](std::size_t size) { return (size + 3) / 4 * 4; };
  while (notes.size() >= sizeof(note)) {
    std::memcpy(&note, notes.data(), sizeof(note));
    notes.remove_prefix(sizeof(note));
    const std::size_t name = padded(note.n_namesz);
    if (notes.size() < name + padded(note.n_descsz)) break;
    if (note.n_type == NT_GNU_BUILD_ID && notes.starts_with(std::string_view("GNU\0", 4))) {
      std::string digits;
      for (const char byte : notes.substr(name, note.n_descsz)) {
        digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
      }
      return digits;
    }
    notes.remove_prefix(name + padded(note.n_descsz));
  }
  return "";
}

int FindBuildId(dl_phdr_info* object, std::size_t, void* found) {
  for (const ElfW(Phdr) & part : std::span(object->dlpi_phdr, object->dlpi_phnum)) {
    if (part.p_type != PT_NOTE) continue;
    const auto* const notes = reinterpret_cast<const char*>(object->dlpi_addr + part.p_vaddr);
    std::string id = BuildIdIn({notes, part.p_memsz});
    if (id.empty()) continue;
    *static_cast<std::string*>(found) = std::move(id);
    break;
  }
  return 1;  // the first object is the program itself
}

// What a file begins with; "" for a program that cannot tell itself from another build.
std::string Header(std::string_view question) {
  std::string id;
  dl_iterate_phdr(FindBuildId, &id);
  if (id.empty()) return "";
  // The NUL ends the question: none is the beginning of another.
  return "stockade " + id + "\n" + std::string(question) + std::string(1, '\0');
}

// FNV-1a with 64 bits: a name, not a proof; the text in the file is the proof.
std::string PathOf(const std::string& directory, std::string_view header) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : header) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{}/{:016x}", directory, hash);
}

// Every distinct profile of every pod would stay otherwise.
void MakeRoom(const std::string& directory) {
  std::error_code ignored;
  const auto count = std::distance(std::filesystem::directory_iterator(directory, ignored),
                                   std::filesystem::directory_iterator());
  if (count >= kMaxFiles) (void)base::RemoveTree(directory);
}

}  // namespace

std::optional<std::string> ContentCache::Find(std::string_view question) const {
  const std::string header = Header(question);
  const std::string path = PathOf(directory_, header);
  const base::UniqueFd file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat info = {};
  if (header.empty() || !file || fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) ||
      info.st_uid != 0 || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return std::nullopt;
  }
  auto text = base::ReadFd(file.get(), kMaxFile, path);
  if (!text || !text->starts_with(header)) return std::nullopt;
  return text->substr(header.size());
}

// Writes a file without a name and links it when it is whole: whoever comes first wins, nobody sees
// a part, and a killed writer leaves nothing.
void ContentCache::Keep(std::string_view question, std::string_view answer) const {
  const std::string header = Header(question);
  if (header.empty()) return;
  const std::string path = PathOf(directory_, header);
  MakeRoom(directory_);
  if (!base::MakeDirectories(directory_, 0700)) return;
  const base::UniqueFd file(open(directory_.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  if (!file || !base::WriteAll(file.get(), header + std::string(answer), path)) return;
  unlink(path.c_str());  // what could not be believed
  const std::string nameless = fmt::format("/proc/self/fd/{}", file.get());
  // A failure costs the next create the same work.
  [[maybe_unused]] const int linked =
      linkat(AT_FDCWD, nameless.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW);
}

}  // namespace stockade::sandbox
