// SPDX-License-Identifier: Apache-2.0
// What SpecDocument takes, keeps and refuses. Each refusal below is one that real delegates were
// seen to read in two ways (runc 1.1.5 and 1.3.6, crun 1.8.1 and 1.28): Go folds the case of keys
// and lets the last win, crun takes the first; crun stops at an escaped NUL, reads comments, and
// takes a field of the wrong type as not given where runc refuses it.
#include "sandbox/spec_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "config/base/file.h"
#include "sandbox/oci_keys.h"

namespace stockade::sandbox {
namespace {

using ::testing::HasSubstr;

base::Result<SpecDocument> Config(std::string text) {
  return SpecDocument::Parse(std::move(text), DocumentKind::kConfig, "config.json");
}

std::string ErrorOf(const base::Result<SpecDocument>& result) {
  if (result) return "no error";
  EXPECT_EQ(result.error().kind, base::ErrorKind::kSpec);
  return result.error().Text();
}

struct Refusal {
  const char* text;
  const char* says;
};

class RefusedConfig : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusedConfig, NamesTheReason) {
  EXPECT_THAT(ErrorOf(Config(GetParam().text)), HasSubstr(GetParam().says)) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    FoldedKeys, RefusedConfig,
    ::testing::Values(
        Refusal{R"({"linux":{},"LINUX":{"seccomp":null}})",
                R"(/: the key "LINUX" would be read as "linux")"},
        Refusal{R"({"proce\u017f\u017f":{}})",
                R"(the key "proce\u017f\u017f" would be read as "process")"},
        Refusal{"{\"proce\u017f\u017f\":{}}", R"("proce\u017f\u017f")"},
        Refusal{R"({"hoo\u212as":{}})", R"(would be read as "hooks")"},
        Refusal{R"({"\u004cinux":{}})", R"(would be read as "linux")"},
        Refusal{R"({"OCIVERSION":"1"})", R"(would be read as "ociVersion")"},
        Refusal{R"({"process":{"nonewprivileges":false}})",
                R"(/process: the key "nonewprivileges")"},
        Refusal{R"({"process":{"capabilities":{"Ambient":["CAP_SYS_ADMIN"]}}})",
                "/process/capabilities"},
        Refusal{R"({"process":{"user":{"UID":0}}})", "/process/user"},
        Refusal{R"({"process":{"rlimits":[{"type":"a","HARD":1}]}})", "/process/rlimits/0"},
        Refusal{R"({"root":{"readOnly":false}})", R"(write "readonly")"},
        Refusal{R"({"mounts":[{},{"destination":"/x","Source":"/etc"}]})", "/mounts/1"},
        Refusal{R"({"mounts":[{"uidMappings":[{"hostid":0}]}]})", "/mounts/0/uidMappings/0"},
        Refusal{R"({"hooks":{"prestart":[{"PATH":"/x"}]}})", "/hooks/prestart/0"},
        Refusal{R"({"hooks":{"preStart":[]}})", R"("prestart")"},
        Refusal{R"({"linux":{"maskedpaths":[]}})", R"(/linux: the key "maskedpaths")"},
        Refusal{R"({"linux":{"resources":{"Devices":[]}}})", "/linux/resources"},
        Refusal{R"({"linux":{"resources":{"devices":[{"allow":false},{"Allow":true}]}}})",
                "/linux/resources/devices/1"},
        Refusal{R"({"linux":{"resources":{"rdma":{"mlx":{"hcahandles":1}}}}})",
                "/linux/resources/rdma/mlx"},
        Refusal{R"({"linux":{"seccomp":{"defaultaction":"SCMP_ACT_ALLOW"}}})", "/linux/seccomp"},
        Refusal{R"({"linux":{"seccomp":{"syscalls":[{"NAMES":["x"]}]}}})",
                "/linux/seccomp/syscalls/0"},
        Refusal{R"({"linux":{"seccomp":{"syscalls":[{"args":[{"Op":"x"}]}]}}})",
                "/linux/seccomp/syscalls/0/args/0"},
        Refusal{R"({"linux":{"namespaces":[{"type":"pid","\u0050ath":"/proc/1/ns/pid"}]}})",
                "/linux/namespaces/0"},
        Refusal{R"({"linux":{"timeOffsets":{"monotonic":{"SECS":1}}}})", "/linux/timeOffsets"},
        // Two keys that this version does not know, but a newer delegate may.
        Refusal{R"({"linux":{"newField":1,"NewField":2}})", "twice but for its case"}));

INSTANTIATE_TEST_SUITE_P(
    TwoReadings, RefusedConfig,
    ::testing::Values(Refusal{R"({"linux":{},"linux":{}})", "stands twice"},
                      Refusal{R"({"linux":{},"l\u0069nux":{}})", "stands twice"},
                      Refusal{R"({"annotations":{"a":"1","a":"2"}})", "stands twice"},
                      Refusal{R"({"linux\u0000":{}})", "a key holds a NUL"},
                      Refusal{R"({"root":{"path":"/tmp\u0000/x"}})", "a string holds a NUL"},
                      Refusal{"{} x", "config.json:1"}, Refusal{"{}{}", "config.json:1"},
                      Refusal{"\xef\xbb\xbf{}", "byte order mark"},
                      Refusal{"{/* c */}", "config.json:1"}, Refusal{"{}// c", "config.json:1"},
                      Refusal{"{\"hostname\":\"\xff\"}", "config.json:1"},
                      Refusal{"{\"hostname\":\"\xc0\xaf\"}", "config.json:1"},
                      Refusal{"{\"hostname\":\"\xed\xa0\x80\"}", "config.json:1"},
                      Refusal{R"({"hostname":"\ud800"})", "config.json:1"},
                      Refusal{"{\"hostname\":\"a\nb\"}", "config.json:1"},
                      Refusal{"{'hostname':'a'}", "config.json:1"},
                      Refusal{R"({"hostname":"a",})", "config.json:1"},
                      Refusal{"[]", "not a JSON object"}, Refusal{"null", "not a JSON object"},
                      Refusal{"", "config.json:1"}, Refusal{"{\n\n\"a\":", "config.json:3"}));

INSTANTIATE_TEST_SUITE_P(
    WrongTypes, RefusedConfig,
    ::testing::Values(
        Refusal{R"({"process":[]})", "/process: is an array, must be an object"},
        Refusal{R"({"process":{"noNewPrivileges":"true"}})", R"(is "true", must be true or false)"},
        Refusal{R"({"process":{"noNewPrivileges":1}})", "must be true or false"},
        Refusal{R"({"process":{"user":{"uid":"1000"}}})", R"(/process/user/uid: is "1000")"},
        Refusal{R"({"process":{"user":{"uid":-1}}})", "is -1, must be an integer 0 to 4294967295"},
        Refusal{R"({"process":{"user":{"uid":4294967296}}})", "must be an integer 0 to 4294967295"},
        Refusal{R"({"process":{"user":{"uid":1.0}}})", "not a 64-bit integer"},
        Refusal{R"({"process":{"user":{"uid":1e3}}})", "not a 64-bit integer"},
        Refusal{R"({"process":{"user":{"uid":18446744073709551616}}})", "not a 64-bit integer"},
        Refusal{R"({"process":{"rlimits":[{"type":"RLIMIT_NOFILE","hard":-1,"soft":1}]}})",
                "/process/rlimits/0/hard"},
        Refusal{R"({"process":{"capabilities":["CAP_SYS_ADMIN"]}})", "/process/capabilities"},
        Refusal{R"({"process":{"capabilities":{"bounding":"CAP_SYS_ADMIN"}}})", "must be an array"},
        Refusal{R"({"process":{"args":["a",null]}})", "/process/args/1: is null, must be a string"},
        Refusal{R"({"mounts":{"destination":"/x"}})", "/mounts: is an object, must be an array"},
        Refusal{R"({"mounts":[null]})", "/mounts/0"}, Refusal{R"({"mounts":[[]]})", "/mounts/0"},
        Refusal{R"({"root":{"readonly":0}})", "/root/readonly"},
        Refusal{R"({"linux":{"sysctl":{"a":1}}})", "/linux/sysctl/a"},
        Refusal{R"({"linux":{"resources":{"devices":[{"major":9223372036854775808}]}}})", "major"},
        Refusal{R"({"linux":{"seccomp":"unconfined"}})", "/linux/seccomp"},
        Refusal{R"({"linux":{"seccomp":{"syscalls":[{"args":[{"index":6}]}]}}})", "0 to 5"},
        Refusal{R"({"annotations":{"a":null}})", "/annotations/a"},
        Refusal{R"({"annotations":["a"]})", "/annotations"}));

TEST(SpecDocument, KeepsWhatItDoesNotKnowInItsOrder) {
  const std::string text =
      R"({"zeta":[1,{"LINUX":null,"b":"é\u0001"}],"ociVersion":"1.0.2","linux":{"future":{"A":1,"a":2},)"
      R"("sysctl":{"net.A":"1","net.a":"2"}},"annotations":{"LINUX":"1","linux":"2"},"hooks":null,)"
      R"("process":{"rlimits":[{"type":"x","hard":18446744073709551615,"soft":0}]}})";
  const auto document = Config(text);
  ASSERT_TRUE(document) << document.error().Text();
  EXPECT_EQ(document->Text(), text);
  EXPECT_EQ(document->original(), text);
}

TEST(SpecDocument, FreeMapsAreCaseSensitiveEverywhere) {
  EXPECT_TRUE(Config(R"({"linux":{"resources":{"unified":{"Memory.max":"1","memory.max":"2"},
      "rdma":{"mlx":{},"MLX":{}}},"timeOffsets":{"boottime":{}},"netDevices":{"Eth0":{},"eth0":{}}},
      "windows":{"LayerFolders":1}})"));
}

TEST(SpecDocument, NullSectionsAreSectionsThatAreNotGiven) {
  EXPECT_TRUE(Config(
      R"({"linux":{"seccomp":null,"resources":null},"process":{"args":null},"mounts":null})"));
}

TEST(SpecDocument, ProcessDocumentsStartAtProcess) {
  const auto process = [](const char* text) {
    return SpecDocument::Parse(text, DocumentKind::kProcess, "process.json");
  };
  EXPECT_TRUE(process(R"({"args":["sh"],"LINUX":{},"user":{"uid":4294967295}})"));
  EXPECT_THAT(ErrorOf(process(R"({"Capabilities":{}})")), HasSubstr("process.json: /: the key"));
  EXPECT_THAT(ErrorOf(process(R"({"user":{"Gid":0}})")), HasSubstr("/user"));
}

TEST(SpecDocument, LimitsHold) {
  EXPECT_THAT(ErrorOf(Config(R"({"a":)" + std::string(100, '[') + std::string(100, ']') + "}")),
              HasSubstr("nested deeper"));
  EXPECT_THAT(ErrorOf(Config(R"({"a":")" + std::string(5U << 20, 'x') + "\"}")),
              HasSubstr("more than the limit"));
  std::string wide = "{\"a\":1";
  for (int i = 0; i < 5000; ++i) wide += fmt::format(",\"k{}\":1", i);
  EXPECT_THAT(ErrorOf(Config(wide + "}")), HasSubstr("more than 4096 keys"));
}

TEST(SpecDocument, MessagesStaySmallAndPlain) {
  const std::string error = ErrorOf(Config(R"({"hostname":{"\u001b[31m":1},"LINUX)"
                                           "\":1}"));
  EXPECT_EQ(error.find('\033'), std::string::npos);
  const std::string huge = ErrorOf(
      Config(R"({"process":{"cwd":1,"user":{"uid":")" + std::string(100000, 'x') + "\"}}}"));
  EXPECT_LT(huge.size(), 400U);
}

TEST(SpecDocument, LoadsRegularFilesOnly) {
  char directory[] = "/tmp/spec_document_test.XXXXXX";
  ASSERT_NE(mkdtemp(directory), nullptr);
  const std::string path = std::string(directory) + "/config.json";
  const auto load = [&] { return SpecDocument::Load(path, DocumentKind::kConfig); };
  EXPECT_THAT(ErrorOf(load()), HasSubstr(path));
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(ErrorOf(load()), HasSubstr("not a regular file"));
  ASSERT_EQ(unlink(path.c_str()), 0);
  ASSERT_TRUE(base::ReplaceFile(path, R"({"ociVersion":"1.0.2"})", 0600));
  const auto good = load();
  ASSERT_TRUE(good) << good.error().Text();
  EXPECT_EQ(good->root()["ociVersion"], "1.0.2");
  ASSERT_EQ(truncate(path.c_str(), 5 << 20), 0);
  EXPECT_THAT(ErrorOf(load()), HasSubstr("limit"));
  ASSERT_TRUE(base::RemoveTree(directory));
}

TEST(OciKeys, FoldingIsThatOfGo) {
  EXPECT_EQ(FoldKey("PROCE\u017f\u017f"), "process");
  EXPECT_EQ(FoldKey("\u212aernelTCP"), "kerneltcp");
  EXPECT_EQ(FoldKey("[@`{"), "[@`{");              // the neighbours of the letters in ASCII stay
  EXPECT_EQ(FoldKey("L\u0130nux"), "l\u0130nux");  // dotted I does not fold to i
  EXPECT_EQ(FoldKey("\xc5"), "\xc5");
}

// No two fields of a struct fold together, or a key could mean either.
void ExpectDistinct(const OciStruct& of, int depth = 0) {
  ASSERT_LT(depth, 10);
  for (const OciField& field : of.fields) {
    EXPECT_EQ(of.Named(field.name), &field);
    EXPECT_EQ(of.FoldsTo(field.name), field.name);
    if (field.of != nullptr) ExpectDistinct(*field.of, depth + 1);
  }
}

TEST(OciKeys, NoTwoFieldsFoldTogether) {
  ExpectDistinct(OciConfig());
  EXPECT_EQ(OciConfig().Named("process")->of, &OciProcess());
}

}  // namespace
}  // namespace stockade::sandbox
