// SPDX-License-Identifier: Apache-2.0
// What verify says when stockade-init is not what starts the container, or installs something else.
#include <gmock/gmock.h>

#include "filters/class_filter.h"
#include "filters/filter_text.h"
#include "filters/floor.h"
#include "filters/seccomp_compiler.h"
#include "sandbox/init/protocol.h"
#include "sandbox/init_command.h"
#include "sandbox/verify.h"
#include "tests/unit/sandbox/verify_fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

using Filters = std::vector<std::string>;

config::ClassPolicy InitClass() {
  config::ClassPolicy policy = StrictClass();
  policy.seccomp.installed_by = config::FilterInstaller::kInit;
  return policy;
}

Filters ClassFilters() {
  return {std::string(filters::ShippedProgram("restricted", {}, {})->text)};
}

// GoodConfig, started by stockade-init.
Json InitConfig() {
  Json config = GoodConfig();
  config["process"]["args"] = WrapArguments(config["process"]["args"], ClassFilters());
  config["mounts"].push_back(InitMount("/opt/stockade-init"));
  config["linux"]["seccomp"] = *filters::BuildUnderFloor("restricted", {}, {});
  return config;
}

Filters Broken(const Json& config, const Filters& filters = ClassFilters(),
               const config::ClassPolicy& policy = InitClass()) {
  return BrokenPromises(AsDocument(config, DocumentKind::kConfig), policy, PodContainer(),
                        FakeHost(), {.init_filters = filters});
}

TEST(VerifyInit, IsSilentAboutAGoodDocument) { EXPECT_THAT(Broken(InitConfig()), IsEmpty()); }

TEST(VerifyInit, SeesThatNothingInstallsTheFilter) {
  EXPECT_THAT(Broken(InitConfig(), {}), Contains(HasSubstr("nothing installs")));
  Json config = InitConfig();
  config["process"]["args"] = Json::array({"sh"});
  EXPECT_THAT(Broken(config), Contains(HasSubstr("does not start with stockade-init")));
}

TEST(VerifyInit, SeesOtherArguments) {
  for (const auto& change : std::vector<void (*)(Json&)>{
           [](Json& args) { args[0] = "/bin/stockade-init"; },
           [](Json& args) { args[1] = "0:BgAAAAAA/38="; },
           [](Json& args) { args.insert(args.begin() + 1, Json("0:BgAAAAAA/38=")); },
           [](Json& args) { args.erase(1); },
           [](Json& args) { args.erase(args.begin() + 3, args.end()); },
       }) {
    Json config = InitConfig();
    change(config["process"]["args"]);
    EXPECT_THAT(Broken(config), Contains(HasSubstr("does not start with stockade-init")));
  }
}

TEST(VerifyInit, SeesAnotherProgram) {
  const auto weaker = filters::CompileSeccomp(*filters::BuildFloor("baseline", {}, {}));
  ASSERT_TRUE(weaker);
  for (const std::string& text : {filters::EncodeFilter(*weaker, 0), std::string("0:BgAAAAAA/38="),
                                  std::string("0:x"), ClassFilters()[0].replace(0, 1, "1")}) {
    const Filters filters{text};
    Json config = InitConfig();
    config["process"]["args"] = WrapArguments(Json::array({"sh"}), filters);
    EXPECT_THAT(Broken(config, filters), testing::Not(IsEmpty())) << text.substr(0, 40);
  }
}

TEST(VerifyInit, ProvesAProgramThatTheBuildDidNotCompile) {
  const auto same = filters::CompileSeccomp(*filters::BuildFloor("restricted", {}, {}));
  ASSERT_TRUE(same);
  filters::Program longer = *same;
  longer.insert(longer.begin(), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0));
  const Filters filters{filters::EncodeFilter(longer, 0)};
  Json config = InitConfig();
  config["process"]["args"] = WrapArguments(Json::array({"sh"}), filters);
  EXPECT_THAT(Broken(config, filters), IsEmpty());
}

TEST(VerifyInit, SeesAnotherMountInItsPlace) {
  const auto with = [](const Json& mount) {
    Json config = InitConfig();
    config["mounts"].push_back(mount);
    return Broken(config);
  };
  EXPECT_THAT(with(InitMount("/srv/files")), Contains(HasSubstr("takes the place")));
  for (const char* over : {"/dev", "/dev/stockade-init/x"}) {
    Json mount = {{"destination", over}, {"type", "tmpfs"}, {"source", "tmpfs"}};
    EXPECT_THAT(with(mount), Contains(HasSubstr("mounted over it"))) << over;
  }
  // Where the image's /x is a link to /dev/stockade-init or to /dev, it is over it as well.
  for (const char* link : {"/x", "/x/stockade-init"}) {
    const Json mount = {{"destination", link},
                        {"type", "bind"},
                        {"source", "/srv/file"},
                        {"options", Json::array({"bind", "ro"})}};
    EXPECT_THAT(with(mount), Contains(HasSubstr("mounted over it"))) << link;
  }
  EXPECT_THAT(with(InitMount("/opt/stockade-init")), Contains(HasSubstr("mounted 2 times")));
  for (const char* option : {"rw", "noexec"}) {
    Json config = InitConfig();
    config["mounts"].back()["options"].push_back(option);
    EXPECT_THAT(Broken(config), Contains(HasSubstr("takes the place"))) << option;
  }
  Json config = InitConfig();
  config["mounts"].erase(config["mounts"].size() - 1);
  EXPECT_THAT(Broken(config), Contains(HasSubstr("not mounted")));
}

// Without a user namespace: what the host does before decides who may look into stockade-init.
TEST(VerifyInit, SeesThatItCouldBeRead) {
  Json config = InitConfig();
  config["linux"]["namespaces"] =
      Json::parse(R"([{"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"},
                      {"type": "mount"}, {"type": "cgroup"}])");
  config["mounts"].back()["source"] = "/stage/init";
  config::ClassPolicy policy = InitClass();
  policy.user_namespace.force = false;
  const auto broken = [&](StagedBind::Ids ids) {
    const HostActions actions{.binds = {{.source = "/opt/stockade-init",
                                         .name = "init",
                                         .recursive = false,
                                         .ids = ids,
                                         .destination = init::kPath,
                                         .flags = {"ro", "nosuid", "nodev"}}}};
    return BrokenPromises(AsDocument(config, DocumentKind::kConfig), policy, PodContainer(),
                          FakeHost(),
                          {.init_filters = ClassFilters(), .actions = actions, .stage = "/stage"});
  };
  EXPECT_THAT(broken(StagedBind::Ids::kNobody), IsEmpty());
  EXPECT_THAT(broken(StagedBind::Ids::kAsTheyAre), Contains(HasSubstr("could read")));
  // A user namespace of which the host's root is part, or whose ids nobody has written down.
  config["linux"]["namespaces"].push_back(Json{{"type", "user"}, {"path", "/proc/77/ns/user"}});
  const Json mapping = config["linux"]["gidMappings"];
  for (const Json& uids :
       {Json::parse(R"([{"containerID": 5, "hostID": 0, "size": 1}])"), Json()}) {
    config["linux"]["uidMappings"] = uids;
    config["linux"]["gidMappings"] = mapping;
    EXPECT_THAT(broken(StagedBind::Ids::kNobody), IsEmpty());
    EXPECT_THAT(broken(StagedBind::Ids::kAsTheyAre), Contains(HasSubstr("could read")));
    std::swap(config["linux"]["uidMappings"], config["linux"]["gidMappings"]);
    EXPECT_THAT(broken(StagedBind::Ids::kAsTheyAre), Contains(HasSubstr("could read")));
  }
  config["linux"]["uidMappings"] = config["linux"]["gidMappings"] = mapping;
  EXPECT_THAT(broken(StagedBind::Ids::kAsTheyAre), IsEmpty());
  config["linux"]["namespaces"].erase(config["linux"]["namespaces"].size() - 1);
  config["process"]["capabilities"]["bounding"].push_back("CAP_SYS_PTRACE");
  EXPECT_THAT(broken(StagedBind::Ids::kNobody), Contains(HasSubstr("CAP_SYS_PTRACE could look")));
}

TEST(VerifyInit, HoldsWhereTheClassLeavesItOpen) {
  config::ClassPolicy policy = InitClass();
  policy.seccomp.installed_by = config::FilterInstaller::kAuto;
  EXPECT_THAT(Broken(InitConfig(), ClassFilters(), policy), IsEmpty());
  EXPECT_THAT(Broken(GoodConfig(), {}, policy), IsEmpty());
  // Neither of the two has the class's filter.
  EXPECT_THAT(Broken(InitConfig(), {}, policy), Contains(HasSubstr("nothing installs")));
  EXPECT_THAT(Broken(InitConfig(), {"0:BgAAAAAA/38="}, policy), testing::Not(IsEmpty()));
}

TEST(VerifyInit, SeesAFloorThatDoesMoreThanRefuse) {
  for (const char* action : {"SCMP_ACT_TRACE", "SCMP_ACT_NOTIFY", "SCMP_ACT_ALLOW"}) {
    Json config = InitConfig();
    config["linux"]["seccomp"]["syscalls"][0]["action"] = action;
    EXPECT_THAT(Broken(config), Contains(HasSubstr(action)));
  }
}

TEST(VerifyInit, HoldsForExec) {
  Json process = GoodProcess();
  const auto broken = [&](const Filters& filters) {
    return BrokenPromises(AsDocument(process, DocumentKind::kProcess), InitClass(), PodContainer(),
                          FakeHost(), {.init_filters = filters});
  };
  EXPECT_THAT(broken(ClassFilters()), Contains(HasSubstr("does not start with stockade-init")));
  process["args"] = WrapArguments(process["args"], ClassFilters());
  EXPECT_THAT(broken(ClassFilters()), IsEmpty());
  EXPECT_THAT(broken({}), Contains(HasSubstr("nothing installs")));
  // A pod's own profile on a class whose filter the delegate installs.
  const Filters own{"0:BgAAAAAA/38="};
  EXPECT_THAT(BrokenPromises(AsDocument(process, DocumentKind::kProcess), StrictClass(),
                             PodContainer(), FakeHost(), {.init_filters = own}),
              Contains(HasSubstr("does not start with stockade-init")));
}

}  // namespace
}  // namespace stockade::sandbox
