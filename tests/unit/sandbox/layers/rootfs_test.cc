// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using config::Mode;
using config::WritablePath;
using testing::HasSubstr;

config::ClassPolicy Policy(Mode mode, std::vector<WritablePath> writable = {}) {
  config::ClassPolicy policy = EmptyClass();
  policy.rootfs = {mode, std::move(writable), {}};
  return policy;
}

WritablePath Tmpfs(std::string path) {
  return {.path = std::move(path),
          .kind = WritablePath::Kind::kTmpfs,
          .size_bytes = 65536,
          .mode = 01777,
          .inodes = 32,
          .exec = false,
          .keep_content = false};
}

std::vector<std::string> Destinations(const Outcome& out) {
  std::vector<std::string> all;
  for (const Json& mount : out.At("/mounts")) all.push_back(mount["destination"]);
  return all;
}

TEST(Rootfs, IsReadOnlyWhateverTheSpecSays) {
  for (const char* spec : {"{}", R"({"root": null})", R"({"root": {"readonly": false}})",
                           R"({"root": {"readonly": null}})"}) {
    EXPECT_EQ(RunLayer("rootfs", Policy(Mode::kConfine), spec).At("/root/readonly"), true) << spec;
    EXPECT_THAT(RunLayer("rootfs", Policy(Mode::kRefuse), spec).Refusal(),
                HasSubstr("readOnlyRootFilesystem"));
  }
  EXPECT_FALSE(RunLayer("rootfs", Policy(Mode::kRefuse), R"({"root": {"readonly": true}})").error);
}

TEST(Rootfs, ADeclaredPathBecomesATmpfs) {
  WritablePath kept = Tmpfs("/run");
  kept.keep_content = true;
  kept.exec = true;
  kept.mode = 0755;
  const Outcome out = RunLayer("rootfs", Policy(Mode::kConfine, {Tmpfs("/tmp"), kept}), "{}");
  EXPECT_EQ(out.At("/mounts"), Json::parse(R"([
      {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options":
          ["noexec", "nosuid", "nodev", "size=65536", "mode=1777", "nr_inodes=32"]},
      {"destination": "/run", "type": "tmpfs", "source": "tmpfs", "options":
          ["nosuid", "nodev", "size=65536", "mode=755", "nr_inodes=32", "tmpcopyup"]}])"));
  EXPECT_EQ(out.changes.back().origin, "test.json:1");
}

TEST(Rootfs, ParentsComeBeforeChildren) {
  const Outcome out = RunLayer(
      "rootfs", Policy(Mode::kConfine, {Tmpfs("/var/lib/x"), Tmpfs("/run"), Tmpfs("/var/lib")}),
      R"({"mounts": [{"destination": "/proc", "type": "proc"},
                     {"destination": "/var", "type": "bind", "source": "/there/v"},
                     {"destination": "/var/run/secrets", "type": "bind", "source": "/there/s"},
                     {"destination": "/run/lock", "type": "tmpfs"}]})");
  ASSERT_FALSE(out.error) << out.Refusal();
  EXPECT_THAT(Destinations(out),
              testing::ElementsAre("/run", "/proc", "/var", "/var/lib", "/var/lib/x",
                                   "/var/run/secrets", "/run/lock"));
}

TEST(Rootfs, ThePodsOwnMountStaysUnderTheClassesFlags) {
  const Outcome out = RunLayer("rootfs", Policy(Mode::kConfine, {Tmpfs("/tmp")}),
                               R"({"mounts": [
      {"destination": "/tmp/.", "type": "bind", "source": "/there/d", "options": ["rbind", "exec", "suid"]},
      {"destination": "/data", "type": "bind", "source": "/there/d", "options": ["rbind"]},
      {"destination": "/tmp", "type": "tmpfs", "options": ["dev"]}]})");
  ASSERT_FALSE(out.error) << out.Refusal();
  EXPECT_EQ(out.At("/mounts").size(), 3U);
  EXPECT_EQ(out.At("/mounts/0/options").dump(),
            R"(["rbind","noexec","nosuid","nodev","rnoexec","rnosuid","rnodev"])");
  EXPECT_EQ(out.At("/mounts/1/options").dump(), R"(["rbind"])");
  EXPECT_EQ(out.At("/mounts/2/options").dump(),
            R"(["noexec","nosuid","nodev","size=65536","nr_inodes=32"])");
}

TEST(Rootfs, WhatIsMountedBelowAVolumeHasTheFlagsToo) {
  WritablePath path = Tmpfs("/data");
  const auto options = [&](std::string_view source, std::string_view given) {
    return RunLayer("rootfs", Policy(Mode::kConfine, {path}),
                    fmt::format(R"({{"mounts": [{{"destination": "/data", "type": "bind",
                                   "source": "{}", "options": [{}]}}]}})",
                                source, given))
        .At("/mounts/0/options")
        .dump();
  };
  EXPECT_EQ(options("/there/d", R"("rbind", "rexec")"),
            R"(["rbind","noexec","nosuid","nodev","rnoexec","rnosuid","rnodev"])");
  EXPECT_EQ(options("/there/d", R"("bind")"), R"(["bind","noexec","nosuid","nodev"])");
  EXPECT_EQ(options("/there/a.file", R"("rbind")"), R"(["rbind","noexec","nosuid","nodev"])");
  path.exec = true;
  EXPECT_EQ(options("d", R"("rbind", "rexec")"),
            R"(["rbind","rexec","nosuid","nodev","rnosuid","rnodev"])");
}

TEST(Rootfs, AVolumeMustBeThere) {
  WritablePath volume = Tmpfs("/data");
  volume.kind = WritablePath::Kind::kVolume;
  const Outcome missing = RunLayer("rootfs", Policy(Mode::kConfine, {volume}), "{}");
  EXPECT_THAT(missing.Refusal(), HasSubstr("mount a volume at /data"));
  EXPECT_FALSE(
      RunLayer("rootfs", Policy(Mode::kConfine, {volume}),
               R"({"mounts": [{"destination": "/data", "type": "bind", "source": "/there/d",
                            "options": ["rbind", "rw"]}]})")
          .error);
}

}  // namespace
}  // namespace stockade::sandbox
