// SPDX-License-Identifier: Apache-2.0
// What stockadectl says of filters: answers, reasons, differences, and programs as text.
#include <gmock/gmock.h>

#include <fstream>

#include "shim/ctl/bpf_text.h"
#include "shim/ctl/call_text.h"
#include "shim/ctl/call_view.h"
#include "shim/ctl/filter_diff.h"
#include "shim/ctl/filter_source.h"

namespace stockade::ctl {
namespace {

using base::Json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

FilterSource Source(const std::string& name, const std::string& capabilities = "",
                    const std::string& architectures = "") {
  Request request;
  if (!capabilities.empty()) request.options["capabilities"] = capabilities;
  if (!architectures.empty()) request.options["architectures"] = architectures;
  auto source = FindFilter(name, request);
  EXPECT_TRUE(source) << source.error().Text();
  return source.value_or(FilterSource{});
}

Outcome Asked(const FilterSource& source, std::string_view call,
              const std::vector<std::string>& classes = {}) {
  auto outcome = ShowCall(source, ParseCall(call).value(), classes);
  EXPECT_TRUE(outcome) << outcome.error().Text();
  return outcome.value_or(Outcome{});
}

std::string WriteDocument(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "/" + name + ".json";
  std::ofstream(path) << text;
  return path;
}

TEST(ShowCallTest, SaysWhyACallIsRefusedAndWhatWouldOpenIt) {
  const Outcome refused =
      Asked(Source("class:baseline"), "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)", {"web"});
  EXPECT_FALSE(refused.ok);
  EXPECT_EQ(refused.json["answer"], "ERRNO EPERM");
  EXPECT_EQ(refused.json["errno"], 1);
  EXPECT_EQ(refused.json["group"], "socket-raw");
  EXPECT_EQ(refused.json["openedBy"]["capabilities"][0], "CAP_NET_RAW");
  EXPECT_THAT(refused.page.Render(false),
              AllOf(HasSubstr("ping uses a ping socket"), HasSubstr("CAP_NET_RAW in the class's"),
                    HasSubstr("class web"), HasSubstr("no annotation")));

  const Outcome allowed =
      Asked(Source("baseline", "net_raw"), "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)");
  EXPECT_TRUE(allowed.ok);
  EXPECT_EQ(allowed.json["while"][0], "CAP_NET_RAW");
}

TEST(ShowCallTest, KnowsTheDefault) {
  const Outcome outcome = Asked(Source("restricted"), "cachestat");
  EXPECT_EQ(outcome.json["answer"], "ERRNO ENOSYS");
  EXPECT_FALSE(outcome.json.contains("group"));
}

#if defined(__x86_64__)
TEST(ShowCallTest, KnowsClosedInterfaces) {
  const Outcome closed = Asked(Source("baseline"), "i386:getpid");
  EXPECT_EQ(closed.json["answer"], "KILL_THREAD");
  EXPECT_EQ(closed.json["openedBy"]["architecture"], "SCMP_ARCH_X86");
  EXPECT_TRUE(Asked(Source("baseline", "", "x86"), "i386:getpid").ok);
  EXPECT_FALSE(Asked(Source("baseline", "", "x86,x32"), "i386:socketcall(1)").ok);
}
#endif

TEST(ShowCallTest, NamesTheRuleOfAnOciDocument) {
  const std::string path =
      WriteDocument("rule", R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
    {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_NE"}]}]})");
  const Outcome vsock = Asked(Source(path), "socket(AF_VSOCK)");
  EXPECT_FALSE(vsock.ok);
  EXPECT_TRUE(vsock.json["rules"].empty());
  EXPECT_EQ(Asked(Source(path), "socket(AF_UNIX)").json["rules"][0], "ALLOW for arg0 != 0x28");
}

TEST(FindFilterTest, RefusesAProgramThatIsMiscompiled) {
  const std::string path =
      WriteDocument("wrong", R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
    {"names": ["getppid"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_LT"}]},
    {"names": ["getppid"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 4294967296, "op": "SCMP_CMP_GE"}]}]})");
  const auto source = FindFilter(path, {});
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().message, HasSubstr("answers ALLOW to getppid(0x1)"));
}

TEST(FindFilterTest, SaysWhatIsNoFilter) {
  EXPECT_THAT(FindFilter("profile:nosuch", {}).error().hint, HasSubstr("baseline"));
  EXPECT_EQ(FindFilter("nosuch", {}).error().kind, base::ErrorKind::kPolicy);
  EXPECT_THAT(FindFilter("class:permissive", {}).error().message, HasSubstr("to the engine"));
  EXPECT_THAT(FindFilter(WriteDocument("none", "{}"), {}).error().message,
              HasSubstr("neither /linux/seccomp nor /defaultAction"));
}

TEST(DiffFiltersTest, FindsWhatDiffersAndNothingElse) {
  const FilterSource baseline = Source("baseline");
  EXPECT_TRUE(DiffFilters(baseline, baseline).empty());
  const FilterSource restricted = Source("restricted");
  const auto differences = DiffFilters(baseline, restricted);
  std::set<std::string> calls;
  for (const CallDifference& each : differences) {
    calls.insert(each.call);
    EXPECT_EQ(each.left, SECCOMP_RET_ALLOW) << each.call;  // restricted closes more, opens nothing
    EXPECT_EQ(filters::Evaluate(baseline.program, each.example), each.left);
    EXPECT_EQ(filters::Evaluate(restricted.program, each.example), each.right);
    EXPECT_EQ(each.always, each.call == "ptrace" || each.call == "modify_ldt") << each.call;
  }
  EXPECT_THAT(calls,
              ElementsAre("modify_ldt", "ptrace", "sendmmsg", "sendmsg", "sendto", "setsockopt"));
  const Outcome shown = ShowDiff(baseline, restricted, differences);
  EXPECT_FALSE(shown.ok);
  EXPECT_EQ(shown.json["differences"].size(), differences.size());
  EXPECT_THAT(shown.page.Render(false), HasSubstr("ERRNO EOPNOTSUPP"));
}

TEST(BpfTextTest, NamesWordsTargetsAndAnswers) {
  const filters::Program program{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args) + 8),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 38),
  };
  EXPECT_THAT(BpfText(program),
              ElementsAre("ld arg1.low", "jeq 0x6, 2, 3", "ret ALLOW", "ret ERRNO ENOSYS"));
  EXPECT_THAT(BpfText(Source("restricted").program), Contains("ld arg0.low"));
}

}  // namespace
}  // namespace stockade::ctl
