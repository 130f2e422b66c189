// SPDX-License-Identifier: Apache-2.0
#include "sandbox/state.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <optional>

#include "config/base/file.h"
#include "sandbox/id_claims.h"
#include "sandbox/supervisor_cgroup.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;

constexpr std::string_view kNewPrefix = ".new-";  // a record that is not complete yet

// A path as one file name, reversibly: "/" and "%" are percent-encoded.
std::string Escape(std::string_view path) {
  std::string name;
  for (const char c : path) {
    if (c == '/') {
      name += "%2F";
    } else if (c == '%') {
      name += "%25";
    } else {
      name += c;
    }
  }
  return name;
}

std::string Unescape(std::string_view name) {
  std::string path;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const std::string_view three = name.substr(i, 3);
    if (three == "%2F" || three == "%25") {
      path += three == "%2F" ? '/' : '%';
      i += 2;
    } else {
      path += name[i];
    }
  }
  return path;
}

// Nothing if they cannot be read; none of a directory that is not there.
std::optional<std::vector<std::string>> TryEntriesOf(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  if (!directory && errno == ENOENT) return names;
  if (!directory) return std::nullopt;
  while (const dirent* entry = readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> EntriesOf(const std::string& path) {
  return TryEntriesOf(path).value_or(std::vector<std::string>());
}

bool IsDirectory(const std::string& path) {
  struct stat info = {};
  return lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// Undoes what create did to the bundle: the original document, unless somebody has changed it
// since, and no temporary file. A bundle that is gone needs nothing.
base::Status RestoreBundle(const StateRecord& record) {
  const std::string path = record.container.bundle + "/config.json";
  unlink(base::TemporaryName(path).c_str());
  const auto current = base::ReadFile(path, record.final_text.size());
  if (!current || *current != record.final_text) return {};
  return base::ReplaceFile(path, record.original, 0600);
}

// Removes the record in `path` and the cgroup that it names, or leaves both: the next sweep tries
// again.
base::Status RemoveRecord(const std::string& path) {
  STOCKADE_TRY(RemoveSupervisorCgroup(path));
  return base::RemoveTree(path);
}

// True if the state root in `directory` has a record of the pod: its sandbox's, or that of a
// container which has outlived it and still runs with the pod's ids.
bool HasRecordOf(const std::string& directory, const std::string& pod) {
  if (IsDirectory(directory + "/" + pod)) return true;
  const auto names = TryEntriesOf(directory);
  if (!names) return true;  // what cannot be looked at may be there: ids are not given to a second
  return std::any_of(names->begin(), names->end(), [&](const std::string& name) {
    return ValidContainerId(name) && PodOfRecord(directory + "/" + name) == pod;
  });
}

}  // namespace

StateRoot::StateRoot(const std::string& state_directory, std::string delegate_root)
    : state_directory_(state_directory),
      directory_(state_directory + "/" + Escape(delegate_root)),
      delegate_root_(std::move(delegate_root)) {}

base::Result<StateLock> StateRoot::Lock() const {
  // Others pass it on their way to the stage (host/stage.h); what stands in it is closed to them.
  STOCKADE_TRY(base::MakeDirectories(state_directory_, 0711));
  STOCKADE_TRY(base::MakeDirectories(directory_, 0700));
  const std::string path = directory_ + "/.lock";
  base::UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return base::FailErrno(ErrorKind::kHost, errno, path);
  while (flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return base::FailErrno(ErrorKind::kHost, errno, "lock " + path);
  }
  return StateLock(std::move(fd));
}

bool StateRoot::Exists(const std::string& id) const {
  return ValidContainerId(id) && IsDirectory(PathOf(id));
}

bool StateRoot::DelegateKnows(const std::string& id) const {
  return ValidContainerId(id) && IsDirectory(delegate_root_ + "/" + id);
}

bool StateRoot::BeingCreated(const std::string& id) const {
  const ProcessId creator = CreatorOfRecord(PathOf(id));
  return creator.Alive() && creator != ProcessId::Self();
}

bool StateRoot::InUse(const std::string& id) const {
  // The delegate is asked again at the end, for a creator may have become it, made the container
  // and ended between the first two questions.
  return DelegateKnows(id) || CreatorOfRecord(PathOf(id)).Alive() || DelegateKnows(id);
}

base::Status StateRoot::CheckFree(const std::string& id) const {
  if (!ValidContainerId(id)) {
    return base::Fail(ErrorKind::kUsage, "invalid container ID format: \"{}\"", id);
  }
  if (!InUse(id)) return {};
  return base::Fail(ErrorKind::kUsage, "container with given ID already exists: {}", id);
}

base::Status StateRoot::Claim(const StateRecord& record, const StateLock&) const {
  const std::string& id = record.container.id;
  STOCKADE_TRY(CheckFree(id));
  // A sandbox that went while its container was planned has given the pod's ids back.
  if (record.container.role == Role::kPodContainer && !Exists(record.container.sandbox_id)) {
    return base::Fail(ErrorKind::kSpec, "the pod's sandbox {} is gone",
                      record.container.sandbox_id);
  }
  const std::string fresh = fmt::format("{}/{}{}", directory_, kNewPrefix, id);
  STOCKADE_TRY(base::RemoveTree(fresh));
  STOCKADE_TRY(base::MakeDirectories(fresh, 0700));
  base::Status done = WriteRecord(fresh, record);
  if (done) done = RemoveRecord(PathOf(id));
  if (done && rename(fresh.c_str(), PathOf(id).c_str()) != 0) {
    done = base::FailErrno(ErrorKind::kHost, errno, "rename " + fresh);
  }
  if (!done) (void)base::RemoveTree(fresh);  // the first error is the one to tell
  return done;
}

base::Result<StateRecord> StateRoot::Read(const std::string& id, const RecordParts& parts) const {
  if (!Exists(id)) {
    return base::Fail(ErrorKind::kSpec, "no record of container {} in {}", id, directory_);
  }
  return ReadRecord(PathOf(id), parts);
}

base::Result<std::string> StateRoot::DelegateOf(const std::string& id) const {
  if (!ValidContainerId(id)) return base::Fail(ErrorKind::kUsage, "invalid container ID: {}", id);
  const std::string path = PathOf(id) + "/delegate";
  std::array<char, PATH_MAX> buffer;
  const ssize_t got = readlink(path.c_str(), buffer.data(), buffer.size());
  if (got < 0) return base::FailErrno(ErrorKind::kHost, errno, path);
  return std::string(buffer.data(), static_cast<std::size_t>(got));
}

bool StateRoot::Unfinished(const std::string& id) const {
  return ValidContainerId(id) && IsDirectory(PathOf(std::string(kNewPrefix) + id));
}

base::Status StateRoot::Release(const std::string& id, const StateLock&) const {
  // Whoever began this record held the lock that we hold now.
  if (Unfinished(id)) STOCKADE_TRY(base::RemoveTree(PathOf(std::string(kNewPrefix) + id)));
  if (!Exists(id)) return SweepIds();  // a create that was killed has claimed some before
  base::Status restored;
  // A record that cannot be read has no bundle to restore, and goes all the same.
  if (const auto record = ReadRecord(PathOf(id), {.original = true, .final_text = true})) {
    restored = RestoreBundle(*record);
  }
  const std::string pod = PodOfRecord(PathOf(id));
  const ProcessId creator = CreatorOfRecord(PathOf(id));
  STOCKADE_TRY(RemoveRecord(PathOf(id)));
  // Last, for nobody may get the ids while something says that they are this pod's. Of a record
  // that a killed release left half there, the pod is not known any more.
  STOCKADE_TRY(pod.empty() ? SweepIds() : ReleaseIds(pod, creator));
  return restored;
}

base::Status StateRoot::ReleaseUnlessUsed(const std::string& id) const {
  STOCKADE_ASSIGN(const StateLock lock, Lock());
  // In this order, for a creator may have become the delegate, made the container and ended. A new
  // one has to wait for the lock.
  if (BeingCreated(id) || DelegateKnows(id)) return {};
  return Release(id, lock);
}

base::Result<IdRange> StateRoot::ClaimIds(const std::string& pod,
                                          const std::vector<IdRange>& usable) const {
  return IdClaims(state_directory_).Claim({key(), pod}, ProcessId::Self(), usable);
}

base::Status StateRoot::ReleaseIds(const std::string& pod, const ProcessId& claimer) const {
  if (HasRecordOf(directory_, pod)) return {};
  return IdClaims(state_directory_).Release({key(), pod}, claimer);
}

base::Status StateRoot::SweepIds() const {
  return IdClaims(state_directory_).Sweep([&](const IdOwner& owner) {
    return HasRecordOf(state_directory_ + "/" + owner.root_key, owner.pod);
  });
}

std::vector<std::string> StateRoot::Leftovers() const {
  std::vector<std::string> names = EntriesOf(directory_);
  std::erase_if(names, [&](const std::string& name) {
    return !name.starts_with(kNewPrefix) && (!ValidContainerId(name) || InUse(name));
  });
  return names;
}

base::Status StateRoot::Sweep() const {
  if (Leftovers().empty()) return SweepIds();
  STOCKADE_ASSIGN(const StateLock lock, Lock());
  for (const std::string& name : Leftovers()) {
    if (name.starts_with(kNewPrefix)) {
      STOCKADE_TRY(base::RemoveTree(PathOf(name)));
    } else {
      // A bundle that cannot be restored must not keep other containers from starting.
      (void)Release(name, lock);
    }
  }
  return SweepIds();
}

std::vector<std::string> StateRoot::List() const {
  std::vector<std::string> ids = EntriesOf(directory_);
  std::erase_if(ids, [](const std::string& name) { return !ValidContainerId(name); });
  return ids;
}

std::vector<StateRoot> AllStateRoots(const std::string& state_directory) {
  std::vector<StateRoot> roots;
  for (const std::string& name : EntriesOf(state_directory)) {
    // A name with a dot is ours: .filters.
    if (!name.starts_with('.') && IsDirectory(state_directory + "/" + name)) {
      roots.emplace_back(state_directory, Unescape(name));
    }
  }
  return roots;
}

bool ValidContainerId(std::string_view id) {
  if (id.empty() || id.size() > 200 || id.front() == '.') return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '.' || c == '-';
  });
}

}  // namespace stockade::sandbox
