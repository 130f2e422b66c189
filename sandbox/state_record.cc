// SPDX-License-Identifier: Apache-2.0
#include "sandbox/state_record.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "config/base/fd.h"
#include "config/base/file.h"
#include "config/base/json.h"
#include "sandbox/host_actions_json.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Json;

constexpr const char* kPod = "/pod";
constexpr const char* kCreator = "/creator";

// Records are ours, but a snapshot may be larger than a config.json.
constexpr base::JsonLimits kRecordLimits{16U << 20, 64, 65536};

base::Status WriteNew(const std::string& path, std::string_view text) {
  base::UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return base::FailErrno(ErrorKind::kHost, errno, path);
  return base::WriteAll(fd.get(), text, path);
}

base::Status WriteLink(const std::string& path, const std::string& text) {
  if (symlink(text.c_str(), path.c_str()) == 0) return {};
  return base::FailErrno(ErrorKind::kHost, errno, path);
}

// "" if it is not there.
std::string LinkText(const std::string& path) {
  std::array<char, 256> buffer;  // an id has 200 bytes at most
  const ssize_t got = readlink(path.c_str(), buffer.data(), buffer.size());
  return got < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(got));
}

Json ToJson(const StateRecord& record) {
  const Container& container = record.container;
  return Json{{"version", 2},
              {"id", container.id},
              {"bundle", container.bundle},
              {"role", RoleName(container.role)},
              {"sandboxId", container.sandbox_id},
              {"podUid", container.pod_uid},
              {"namespace", container.name_space},
              {"pod", container.pod},
              {"class", record.class_name},
              {"delegate", record.delegate},
              {"delegateRoot", record.delegate_root},
              {"initFilters", record.init_filters},
              {"actions", HostActionsToJson(record.actions)}};
}

Role RoleFromName(std::string_view name) {
  for (const Role role : {Role::kPodSandbox, Role::kPodContainer}) {
    if (name == RoleName(role)) return role;
  }
  return Role::kStandalone;
}

StateRecord FromJson(const Json& json) {
  StateRecord record;
  Container& container = record.container;
  container.id = json.at("id").get<std::string>();
  container.bundle = json.at("bundle").get<std::string>();
  container.role = RoleFromName(json.at("role").get<std::string>());
  container.sandbox_id = json.at("sandboxId").get<std::string>();
  container.pod_uid = json.at("podUid").get<std::string>();
  container.name_space = json.at("namespace").get<std::string>();
  container.pod = json.at("pod").get<std::string>();
  record.class_name = json.at("class").get<std::string>();
  record.delegate = json.at("delegate").get<std::string>();
  record.delegate_root = json.at("delegateRoot").get<std::string>();
  record.init_filters = json.at("initFilters").get<std::vector<std::string>>();
  record.actions = HostActionsFromJson(json.value("actions", Json()));
  return record;
}

// The text files of a record: where they stand, and in which members.
struct TextFile {
  const char* name;
  bool RecordParts::*part;
  std::string StateRecord::*text;
};
constexpr TextFile kTextFiles[] = {
    {"/policy.json", &RecordParts::policy, &StateRecord::policy_snapshot},
    {"/class.json", &RecordParts::loaded_class, &StateRecord::class_snapshot},
    {"/changes.json", &RecordParts::changes, &StateRecord::changes},
    {"/original.json", &RecordParts::original, &StateRecord::original},
    {"/final.json", &RecordParts::final_text, &StateRecord::final_text},
};

}  // namespace

base::Status WriteRecord(const std::string& path, const StateRecord& record) {
  STOCKADE_TRY(WriteNew(path + "/record.json", base::DumpJson(ToJson(record))));
  for (const TextFile& file : kTextFiles) {
    STOCKADE_TRY(WriteNew(path + file.name, record.*file.text));
  }
  STOCKADE_TRY(WriteLink(path + "/delegate", record.delegate));
  STOCKADE_TRY(WriteLink(path + kCreator, record.creator.Text()));
  if (record.actions.ids) STOCKADE_TRY(WriteLink(path + kPod, PodOf(record.container)));
  return {};
}

std::string PodOfRecord(const std::string& path) { return LinkText(path + kPod); }

ProcessId CreatorOfRecord(const std::string& path) {
  return ProcessId::FromText(LinkText(path + kCreator)).value_or(ProcessId());
}

base::Result<StateRecord> ReadRecord(const std::string& path, const RecordParts& parts) {
  const std::string name = path + "/record.json";
  STOCKADE_ASSIGN(const std::string text, base::ReadFile(name, kRecordLimits.max_bytes));
  STOCKADE_ASSIGN(const base::ParsedJson parsed,
                  base::ParseJson(text, kRecordLimits, name, ErrorKind::kHost));
  try {
    StateRecord record = FromJson(parsed.value);
    record.creator = CreatorOfRecord(path);
    for (const TextFile& file : kTextFiles) {
      if (!(parts.*file.part)) continue;
      STOCKADE_ASSIGN(record.*file.text, base::ReadFile(path + file.name, kRecordLimits.max_bytes));
    }
    return record;
  } catch (const Json::exception& error) {
    return base::Fail(ErrorKind::kHost, "{}: not a record of this version: {}", name, error.what());
  }
}

}  // namespace stockade::sandbox
