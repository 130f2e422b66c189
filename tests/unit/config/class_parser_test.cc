// SPDX-License-Identifier: Apache-2.0
#include "config/class_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <sstream>

#include "config/annotations.h"
#include "config/class_loader.h"
#include "config/class_values.h"
#include "config/names.h"

namespace stockade::config {
namespace {

using base::Json;
using ::testing::AllOf;
using ::testing::HasSubstr;

ClassPolicy Restricted() {
  auto policy = LoadClass("restricted", {});
  EXPECT_TRUE(policy) << (policy ? "" : policy.error().Text());
  return policy ? std::move(*policy) : ClassPolicy();
}

// The error of the restricted class with one member changed (or removed, if `value` is "-").
std::string ErrorWith(std::string_view pointer, std::string_view value) {
  ClassPolicy policy = Restricted();
  const auto slash = pointer.rfind('/');
  Json* parent = base::Find(policy.document, pointer.substr(0, slash));
  EXPECT_NE(parent, nullptr) << pointer;
  const std::string key(pointer.substr(slash + 1));
  if (value == "-") {
    EXPECT_EQ(parent->erase(key), 1U) << pointer;
  } else if (parent->is_array()) {
    (*parent)[std::stoul(key)] = Json::parse(value);
  } else {
    (*parent)[key] = Json::parse(value);
  }
  const auto parsed = ParseClass(policy.document, policy.origins);
  if (parsed) return "no error";
  EXPECT_EQ(parsed.error().kind, base::ErrorKind::kPolicy);
  return parsed.error().Text();
}

TEST(ClassParser, RefusesWhatIsWrongAndNamesIt) {
  const struct {
    const char* pointer;
    const char* value;
    const char* error;
  } kCases[] = {
      {"/ceiling", "1", "/ceiling: unknown key"},
      {"/capabilities/ceilng", "[]", "nearest known key is \"ceiling\""},
      {"/capabilities/q x", "[]", "/capabilities/q x: unknown key"},
      {"/seccomp/PROFILE", "\"x\"", "nearest known key is \"profile\""},
      {"/extends", "\"x\"", "/extends: unknown key"},  // the loader's, never left in a merged class
      {"/name", "\"Web\"", "not a class name"},
      {"/name", "7", "/name: not a text"},
      {"/description", "\"a\\u0007b\"", "control character"},
      {"/delegate", "\"/usr/bin/runc\"", "names a delegate, not its path"},
      {"/capabilities", "[]", "/capabilities: not an object"},
      {"/capabilities", "null", "/capabilities: not an object"},
      {"/capabilities/mode", "true", "/capabilities/mode: not a text"},
      {"/capabilities/mode", "\"on\"", "\"on\" is none of off, confine, refuse"},
      {"/capabilities/mode", "\"Confine\"", "the nearest is \"confine\""},
      {"/capabilities/ceiling", "\"CAP_KILL\"", "not an array"},
      {"/capabilities/ceiling/0", "\"CAP_NET_BIND\"", "the nearest is \"CAP_NET_BIND_SERVICE\""},
      {"/capabilities/ceiling/0", "\"ALL\"", "\"ALL\" is not known"},
      {"/capabilities/ceiling", R"(["CAP_KILL", "CAP_KILL"])", "stands twice"},
      {"/noNewPrivileges/mode", "null", "not a text"},
      {"/user/runAsNonRoot", "\"confine\"", "is none of off, refuse"},
      {"/rlimits/max/RLIMIT_CORES", "0", "nearest known key is \"RLIMIT_CORE\""},
      {"/rlimits/max/RLIMIT_CORE", "-1", "not an integer from 0"},
      {"/rlimits/max/RLIMIT_CORE", "\"0\"", "not an integer from 0"},
      {"/seccomp/profile", "\"none\"", "is none of baseline, restricted"},
      {"/seccomp/installedBy", "\"nobody\"", "is none of delegate, init, auto"},
      {"/seccomp/compatArchitectures", R"(["SCMP_ARCH_S390"])", "is none of SCMP_ARCH_X86"},
      {"/hostMounts/guarded/0", "\"etc\"", "not an absolute path"},
      {"/hostMounts/guarded/0", "\"/etc/../x\"", "not an absolute path"},
      {"/hostMounts/guarded/0", "\"/etc/\"", "not an absolute path"},
      {"/hostMounts/allowed/0", "\"etc/*\"", "begins with neither"},
      {"/hostMounts/allowed/0", "\"/x/${pod}/y\"", "a variable other than"},
      {"/hostMounts/readOnly", "\"false\"", "neither true nor false"},
      {"/hostMounts/readOnly", "0", "neither true nor false"},
      {"/hostMounts/noExec", "\"yes\"", "neither true nor false"},
      {"/hostMounts/onlyAllowed", "1", "neither true nor false"},
      {"/hostMounts/executable", "[\"x/*\"]", "begins with neither"},
      {"/hostMounts/fileSystems/0", "\"\"", "an empty text"},
      {"/rootfs/writable/0", "\"/tmp\"", "/rootfs/writable/0: not an object"},
      {"/rootfs/writable/0/path", "\"/\"", "the root itself"},
      {"/rootfs/writable/0/path", "\"/proc/x\"", "lies in /proc"},
      {"/rootfs/writable/0/path", "\"/dev\"", "lies in /dev"},
      {"/rootfs/writable/0/path", "\"/run\"", "/run stands twice"},
      {"/rootfs/writable/0/kind", "\"volume\"", "a volume has no \"size\""},
      {"/rootfs/writable/0/kind", "\"overlay\"", "is none of tmpfs, volume"},
      {"/rootfs/writable/0/size", "\"64MB\"", "not a size"},
      {"/rootfs/writable/0/size", "4095", "4095 is not from 4096"},
      {"/rootfs/writable/0/size", "\"1025Gi\"", "is not from 4096"},
      {"/rootfs/writable/0/size", "\"17179869185Gi\"", "not a size"},  // 2^64 bytes and more
      {"/rootfs/writable/0/size", "-4096", "not an integer"},
      {"/rootfs/writable/0/mode", "\"1778\"", "not an octal mode"},
      {"/rootfs/writable/0/mode", "\"17777\"", "not an octal mode"},
      {"/rootfs/writable/0/mode", "1777", "not a text"},
      {"/rootfs/writable/0/inodes", "0", "0 is not from 1"},
      {"/rootfs/executable", R"(["bin"])", "/rootfs/executable/0: \"bin\" is not an absolute path"},
      {"/rootfs/executable", R"(["/bin", "/bin"])", "stands twice"},
      {"/rootfs/executable", R"(["/bin", "/"])", "/rootfs/executable/1: the root itself"},
      {"/rootfs/executable", R"(["/proc/self"])", "/proc/self cannot be executable"},
      {"/rootfs/executable", R"(["/dev"])", "/dev cannot be executable"},
      {"/rootfs/executable", R"(["/run/x"])", "lies in the writable path /run"},
      {"/rootfs/executable", R"(["/bin"])",
       "/rootfs/executable: needs other mounts to run nothing"},
      {"/rootfs/podMayAdd", R"(["var/*"])", "begins with neither"},
      {"/kernelPaths/masked/0", "7", "/kernelPaths/masked/0: not a text"},
      {"/devices/allowed/0", "\"/etc/null\"", "does not lie in /dev"},
      {"/devices/allowed/0", "\"/dev\"", "does not lie in /dev"},
      {"/sysctls/allowed/0", "\"net.*.x\"", "neither a sysctl's name"},
      {"/sysctls/allowed/0", "\".*\"", "neither a sysctl's name"},
      {"/hooks/allowed", R"(["hook"])", "not an absolute path"},
      {"/lsm/selinux/label", "\"\"", "to confine needs a \"label\""},
      {"/annotations/podMay/0", "\"capabilites\"", "the nearest is \"capabilities\""},
      {"/userNamespace/mode", "\"keepp\"", "is none of keep, force"},
      {"/userNamespace/mode", "\"off\"", "is none of keep, force"},
      {"/userNamespace/mode", "null", "not a text"},
      {"/userNamespace/rootfs", "\"keep\"", "is none of refuse, chown"},
      {"/userNamespace/hostNamespaces", "true", "/userNamespace/hostNamespaces: not a text"},
      {"/userNamespace/hostNamespaces", "\"confine\"", "is none of refuse, share"},
      {"/userNamespace/devices", "\"confine\"", "is none of refuse, keep"},
  };
  for (const auto& test : kCases) {
    const std::string error = ErrorWith(test.pointer, test.value);
    EXPECT_THAT(error, HasSubstr(test.error)) << test.pointer << " = " << test.value;
    EXPECT_THAT(error, HasSubstr("built-in ")) << test.pointer;
  }
}

TEST(ClassParser, AcceptsTheEdgesOfItsRanges) {
  const struct {
    const char* pointer;
    const char* value;
  } kCases[] = {
      {"/rootfs/writable/0/size", "4096"},
      {"/rootfs/writable/0/size", "\"1024Gi\""},
      {"/rootfs/writable/0/inodes", "4294967296"},
      {"/rootfs/writable/0/mode", "\"7777\""},
      {"/rlimits/max/RLIMIT_CORE", "18446744073709551615"},
      {"/interposition", "null"},
      {"/denialEvents", "false"},
      {"/delegate", "\"crun\""},
      {"/userNamespace", R"({"mode": "keep"})"},
      {"/userNamespace/mode", "\"force\""},
      {"/sysctls/allowed/0", "\"net.ipv4.*\""},
      {"/comment", "\"text\""},
      {"/rootfs/comment", "\"text\""},
      {"/rootfs/executable", "[]"},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(ErrorWith(test.pointer, test.value), "no error") << test.pointer << test.value;
  }
  EXPECT_THAT(ErrorWith("/rootfs/comment", "1"), HasSubstr("/rootfs/comment: not a text"));
}

TEST(ClassParser, AListOfWhatRunsNeedsWhatHoldsIt) {
  const auto policy = LoadClass("isolated", {});
  ASSERT_TRUE(policy) << policy.error().Text();
  EXPECT_EQ(policy->rootfs.executable, std::vector<std::string>{});
  const auto error = [&](const char* section, const char* key, const char* value) {
    Json document = policy->document;
    document["rootfs"]["executable"] = {"/bin", "/lib"};
    document[section][key] = Json::parse(value);
    const auto parsed = ParseClass(document, policy->origins);
    if (parsed) return fmt::format("{}", fmt::join(parsed->rootfs.executable, " "));
    return parsed.error().Text();
  };
  EXPECT_EQ(error("rootfs", "comment", "\"\""), "/bin /lib");
  EXPECT_THAT(error("rootfs", "mode", "\"off\""),
              HasSubstr("a root file system that nobody writes"));
  for (const auto& [key, value] :
       {std::pair{"mode", "\"keep\""}, {"hostNamespaces", "\"share\""}}) {
    EXPECT_THAT(error("userNamespace", key, value),
                AllOf(HasSubstr("/rootfs/executable: needs a user namespace of each pod's own"),
                      HasSubstr("set userNamespace.mode to force")));
  }
  for (const auto& [key, value] : {std::pair{"mode", "\"off\""}, {"noExec", "false"}}) {
    EXPECT_THAT(error("hostMounts", key, value), HasSubstr("programs would come from there"));
  }
}

constexpr const char* kInterposition = R"({
  "network": {"mode": "confine", "metadata": "refuse",
              "connect": {"default": "allow", "deny": ["10.0.0.0/8 80", "unix:/run/*"], "allow": []},
              "bind": {"default": "deny", "deny": [], "allow": ["* 1024-65535", "unix:@x"]}},
  "files": {"mode": "confine", "opens": "all", "default": "readOnly", "deny": ["/etc/shadow"],
            "readOnly": ["/etc/**"], "allow": ["/data/**"]},
  "refused": ["getpriority"], "namespaces": "refuse",
  "systemInfo": {"memory": "cgroup", "kernel": "neutral"}, "deviceNodes": "harmless",
  "mounts": "tmpfs",
  "onViolation": "kill", "complain": false})";

TEST(ClassParser, ReadsInterposition) {
  EXPECT_EQ(ErrorWith("/interposition", kInterposition), "no error");
  const std::string text = kInterposition;
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    return ErrorWith("/interposition", other.c_str());
  };
  EXPECT_THAT(changed("10.0.0.0/8 80", "10.0.0.1/8"), HasSubstr("bits beyond its prefix"));
  EXPECT_THAT(changed("unix:@x", "unix:/x"), HasSubstr("a bind is not decided by a path"));
  EXPECT_THAT(changed("unix:/run/*", "unix:/run/../x"),
              HasSubstr("/interposition/network/connect"));
  EXPECT_THAT(changed("getpriority", "sendmsg"), HasSubstr("cannot be refused by its name"));
  EXPECT_THAT(changed("getpriority", "clone"), HasSubstr("cannot be refused by its name"));
  EXPECT_THAT(changed("getpriority", "uname"), HasSubstr("cannot be refused by its name"));
  EXPECT_THAT(changed("\"namespaces\": \"refuse\"", "\"namespaces\": \"keep\""),
              HasSubstr("is none of kernel, refuse"));
  EXPECT_THAT(changed("\"cgroup\"", "\"pod\""), HasSubstr("is none of host, cgroup"));
  EXPECT_THAT(changed("\"neutral\"", "\"none\""), HasSubstr("is none of host, neutral"));
  EXPECT_THAT(changed(", \"kernel\": \"neutral\"", ""), HasSubstr("kernel"));
  EXPECT_THAT(changed("tmpfs", "all"), HasSubstr("is none of kernel, refuse, tmpfs"));
  EXPECT_THAT(changed("getpriority", "umount2"), HasSubstr("refuses umount2, which mounts lets"));
  EXPECT_THAT(changed("harmless", "all"), HasSubstr("is none of kernel, refuse, harmless"));
  EXPECT_THAT(changed("getpriority", "openat2"), HasSubstr("cannot be refused by its name"));
  EXPECT_THAT(changed("\"all\"", "\"write\""), HasSubstr("an open that only reads"));
  EXPECT_THAT(changed("/data/**", "/${pod-uid}"), HasSubstr("has a variable"));
  EXPECT_THAT(changed("/data/**", "data"), HasSubstr("/interposition/files/allow"));
  EXPECT_THAT(changed("\"readOnly\", \"deny\"", "\"no\", \"deny\""),
              HasSubstr("is none of allow, readOnly, deny"));
  EXPECT_THAT(changed("\"kill\"", "\"stop\""), HasSubstr("is none of errno, kill"));
  EXPECT_THAT(changed("\"complain\": false", "\"comment\": \"\""), HasSubstr("complain"));
}

TEST(ClassParser, LayersThatDoNotExistYetAreRefusedByName) {
  const struct {
    const char* pointer;
    const char* value;
    const char* layer;
  } kCases[] = {
      {"/denialEvents", "true", "denial events"},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(ErrorWith(test.pointer, test.value),
                HasSubstr(fmt::format(
                    "class restricted asks for {}, which this version does not have", test.layer)));
  }
}

TEST(ClassParser, AMissingSectionIsAnErrorAndNotOff) {
  const ClassPolicy policy = Restricted();
  int sections = 0;
  for (const auto& [key, value] : policy.document.items()) {
    EXPECT_THAT(ErrorWith("/" + key, "-"),
                HasSubstr(fmt::format("the key \"{}\" is missing", key)));
    ++sections;
  }
  EXPECT_EQ(sections, 20);
}

TEST(ClassParser, AMissingKeyOfASectionIsAnErrorUnlessTheSectionIsOff) {
  const ClassPolicy policy = Restricted();
  int keys = 0;
  for (const auto& [section, object] : policy.document.items()) {
    // Not a section that can be off.
    if (!object.is_object() || section == "userNamespace") continue;
    for (const auto& [key, value] : object.items()) {
      const std::string pointer = fmt::format("/{}/{}", section, key);
      EXPECT_THAT(ErrorWith(pointer, "-"), HasSubstr(fmt::format("the key \"{}\" is missing", key)))
          << pointer;
      ++keys;
    }
    if (object.contains("mode")) {
      EXPECT_EQ(ErrorWith("/" + section, R"({"mode": "off"})"), "no error") << section;
    }
  }
  EXPECT_GT(keys, 30);
}

TEST(ClassParser, AForcedUserNamespaceNeedsItsKeysAndAKeptOneDoesNot) {
  const ClassPolicy policy = Restricted();
  ASSERT_TRUE(policy.user_namespace.force);
  for (const char* key : {"rootfs", "hostNamespaces", "devices"}) {
    Json doc = policy.document;
    ASSERT_EQ(doc["userNamespace"].erase(key), 1U) << key;
    doc["userNamespace"]["mode"] = "keep";
    const auto kept = ParseClass(doc, policy.origins);
    ASSERT_TRUE(kept) << kept.error().Text();
    EXPECT_EQ(kept->user_namespace, UserNamespaceRule()) << key;
    doc["userNamespace"]["mode"] = "force";
    const auto forced = ParseClass(doc, policy.origins);
    ASSERT_FALSE(forced) << key;
    EXPECT_THAT(forced.error().message, HasSubstr(fmt::format("the key \"{}\" is missing", key)));
  }
  EXPECT_THAT(ErrorWith("/userNamespace/mode", "-"), HasSubstr("the key \"mode\" is missing"));
}

TEST(ClassParser, EachWordOfTheUserNamespaceHasItsMeaning) {
  ClassPolicy policy = Restricted();
  const auto parsed = [&](const char* key, const char* word) {
    Json doc = policy.document;
    doc["userNamespace"]["mode"] = "keep";
    doc["userNamespace"][key] = word;
    return ParseClass(doc, policy.origins)->user_namespace;
  };
  EXPECT_EQ(parsed("mode", "force"), (UserNamespaceRule{true, false, false, false}));
  EXPECT_EQ(parsed("rootfs", "chown"), (UserNamespaceRule{false, true, false, false}));
  EXPECT_EQ(parsed("hostNamespaces", "share"), (UserNamespaceRule{false, false, true, false}));
  EXPECT_EQ(parsed("devices", "keep"), (UserNamespaceRule{false, false, false, true}));
}

TEST(ClassParser, ReadsEachFieldIntoItsPlace) {
  // Every key gets a value of its own; the typed form must show it.
  ClassPolicy policy = Restricted();
  Json& doc = policy.document;
  doc["delegate"] = "crun";
  doc["namespaces"] = {{"network", "off"}, {"pid", "confine"},   {"ipc", "refuse"},
                       {"uts", "off"},     {"cgroup", "refuse"}, {"mount", "confine"}};
  doc["seccomp"]["compatArchitectures"] = {"SCMP_ARCH_X86"};
  doc["seccomp"]["complain"] = true;
  doc["rootfs"]["writable"] = {{{"path", "/a"},
                                {"kind", "tmpfs"},
                                {"size", "512Ki"},
                                {"mode", "0750"},
                                {"inodes", 7U},
                                {"exec", true},
                                {"keepContent", true}},
                               {{"path", "/b"}, {"kind", "volume"}}};
  doc["rootfs"]["podMayAdd"] = {"/var/**"};
  doc["hooks"]["allowed"] = {"/usr/bin/hook"};
  doc["user"]["runAsNonRoot"] = "refuse";
  doc["lsm"]["apparmor"]["profile"] = "mine";
  const auto parsed = ParseClass(doc, policy.origins);
  ASSERT_TRUE(parsed) << parsed.error().Text();
  EXPECT_EQ(parsed->delegate, "crun");
  EXPECT_EQ(parsed->namespaces, (NamespacesRule{Mode::kOff, Mode::kConfine, Mode::kRefuse,
                                                Mode::kOff, Mode::kRefuse, Mode::kConfine}));
  EXPECT_EQ(
      parsed->seccomp,
      (SeccompRule{Mode::kConfine, "restricted", {"SCMP_ARCH_X86"}, FilterInstaller::kInit, true}));
  ASSERT_EQ(parsed->rootfs.writable.size(), 2U);
  EXPECT_EQ(parsed->rootfs.writable[0],
            (WritablePath{"/a", WritablePath::Kind::kTmpfs, 524288, 0750, 7, true, true}));
  EXPECT_EQ(parsed->rootfs.writable[1].kind, WritablePath::Kind::kVolume);
  EXPECT_EQ(parsed->rootfs.pod_may_add, (std::vector<std::string>{"/var/**"}));
  EXPECT_EQ(parsed->hooks, (HooksRule{Mode::kRefuse, {"/usr/bin/hook"}}));
  EXPECT_EQ(parsed->user.run_as_non_root, Mode::kRefuse);
  EXPECT_EQ(parsed->lsm,
            (LsmRule{Mode::kConfine, "mine", Mode::kConfine, "system_u:system_r:container_t:s0"}));
  EXPECT_EQ(parsed->rlimits.max, (std::map<std::string, std::uint64_t>{{"RLIMIT_CORE", 0}}));
  EXPECT_EQ(parsed->document, doc);
}

TEST(ClassParser, ErrorsNameTheLineOfTheFile) {
  const auto parsed = base::ParseJson("{\n\"name\": \"x\",\n\"capabilities\": {\n\"mode\": 1}}",
                                      base::kPolicyLimits, "f", base::ErrorKind::kPolicy, true);
  ASSERT_TRUE(parsed);
  Origins origins;
  for (const auto& [pointer, line] : parsed->lines) origins[pointer] = Origin{"/etc/x.json", line};
  const auto policy = ParseClass(parsed->value, origins);
  ASSERT_FALSE(policy);
  EXPECT_THAT(policy.error().message, HasSubstr("/etc/x.json:4: /capabilities/mode: not a text"));
}

TEST(ClassParser, NestingAndGarbageDoNotHarm) {
  for (const char* text : {"null", "[]", "7", "\"x\"", "{}", R"({"name": {}})", R"({"": 1})",
                           R"({"rootfs": {"writable": [[[[]]]]}})"}) {
    const auto policy = ParseClass(Json::parse(text), {});
    ASSERT_FALSE(policy) << text;
    EXPECT_EQ(policy.error().kind, base::ErrorKind::kPolicy);
  }
}

// The pointers of all properties of a JSON Schema, array items as "*".
void Properties(const Json& root, const Json& schema, const std::string& pointer,
                std::set<std::string>& out) {
  if (schema.contains("properties")) {
    for (const auto& [key, value] : schema["properties"].items()) {
      if (key == "comment") continue;
      out.insert(pointer + "/" + key);
      Properties(root, value, pointer + "/" + key, out);
    }
  }
  if (schema.contains("items")) Properties(root, schema["items"], pointer + "/*", out);
}

TEST(ClassParser, TheSchemaKnowsTheSameKeys) {
  std::ifstream file(STOCKADE_SOURCE_DIR "/config/schema/class.schema.json");
  ASSERT_TRUE(file);
  std::stringstream text;
  text << file.rdbuf();
  const Json schema = Json::parse(text.str());
  std::set<std::string> in_schema;
  Properties(schema, schema, "", in_schema);
  ClassPolicy complete = Restricted();
  complete.document["interposition"] = Json::parse(kInterposition);
  std::set<std::string> in_parser = KnownClassKeys(complete);
  in_parser.insert("/extends");  // the loader's own
  in_parser.insert("/$schema");
  for (const std::string_view name : RlimitTable()) {
    in_parser.insert(fmt::format("/rlimits/max/{}", name));
  }
  EXPECT_EQ(in_schema, in_parser);
  // And the same words where a list of words is fixed.
  const auto words = [&](std::string_view pointer) {
    const Json* found = base::Find(schema, pointer);
    EXPECT_NE(found, nullptr) << pointer;
    return found == nullptr ? std::vector<std::string>() : found->get<std::vector<std::string>>();
  };
  const auto same = [](const std::vector<std::string>& list,
                       const std::vector<std::string_view>& table) {
    return list == std::vector<std::string>(table.begin(), table.end());
  };
  EXPECT_TRUE(
      same(words("/properties/capabilities/properties/ceiling/items/enum"), CapabilityTable()));
  EXPECT_TRUE(same(words("/properties/seccomp/properties/profile/enum"), SeccompProfileTable()));
  EXPECT_TRUE(same(words("/properties/seccomp/properties/compatArchitectures/items/enum"),
                   CompatArchitectureTable()));
  std::vector<std::string> pod_may;
  for (const AnnotationRule& rule : AnnotationTable()) pod_may.push_back(PodMayName(rule));
  EXPECT_EQ(words("/properties/annotations/properties/podMay/items/enum"), pod_may);
}

TEST(ClassValues, Sizes) {
  EXPECT_EQ(ParseSize("64Mi"), 64U << 20);
  EXPECT_EQ(ParseSize("0"), 0U);
  EXPECT_EQ(ParseSize("18446744073709551615"), 18446744073709551615U);
  EXPECT_EQ(ParseSize("17179869183Gi"), 17179869183U << 30);
  for (const char* bad : {"", "Mi", "-1", "+1", " 1", "1 ", "1M", "1mi", "1MiB", "0x10", "1.5Mi",
                          "18446744073709551616", "17179869184Gi", "1Mi\n"}) {
    EXPECT_EQ(ParseSize(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace stockade::config
