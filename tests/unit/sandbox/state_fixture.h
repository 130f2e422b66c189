// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "sandbox/state.h"

namespace stockade::sandbox {

// A state directory, a delegate's root and a bundle of their own for each test.
class StateTest : public testing::Test {
 protected:
  StateTest() {
    std::string pattern = testing::TempDir() + "stockade-state-XXXXXX";
    top_ = mkdtemp(pattern.data());
    std::filesystem::create_directories(top_ + "/bundle");
    std::filesystem::create_directories(top_ + "/runc");
  }
  ~StateTest() override { std::filesystem::remove_all(top_); }

  StateRoot Root() const { return {top_ + "/state", top_ + "/runc"}; }
  std::string Bundle() const { return top_ + "/bundle"; }

  StateRecord Record(const std::string& id) const {
    StateRecord record;
    record.container.id = id;
    record.container.bundle = Bundle();
    record.container.role = Role::kStandalone;
    record.container.sandbox_id = "pause";
    record.class_name = "restricted";
    record.delegate = "/usr/sbin/runc";
    record.delegate_root = top_ + "/runc";
    record.class_snapshot = R"({"a":1})";
    record.policy_snapshot = R"({"b":2})";
    record.changes = "[]";
    record.original = "original";
    record.final_text = "final";
    record.creator = ProcessId::Self();
    return record;
  }

  // A process that is over: what a killed creator leaves.
  static ProcessId DeadProcess() {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, nullptr, 0);
    return ProcessId{child, 1};
  }

  base::Status Claim(const StateRecord& record) const {
    const auto lock = Root().Lock();
    EXPECT_TRUE(lock);
    return Root().Claim(record, *lock);
  }

  std::string top_;
};

}  // namespace stockade::sandbox
