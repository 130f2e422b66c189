// SPDX-License-Identifier: Apache-2.0
#include "config/class_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/config/policy_dir.h"

namespace stockade::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ErrorOf(std::string_view name, const ClassSources& sources) {
  const auto policy = LoadClass(name, sources);
  if (policy) return "no error";
  EXPECT_EQ(policy.error().kind, base::ErrorKind::kPolicy);
  return policy.error().Text();
}

ClassPolicy Load(std::string_view name, const ClassSources& sources = {}) {
  auto policy = LoadClass(name, sources);
  EXPECT_TRUE(policy) << (policy ? "" : policy.error().Text());
  return policy ? std::move(*policy) : ClassPolicy();
}

TEST(ClassLoader, BuiltInClassesLoad) {
  EXPECT_TRUE(Load("permissive").PassThrough());
  EXPECT_FALSE(Load("baseline").PassThrough());
  const ClassPolicy restricted = Load("restricted");
  EXPECT_EQ(restricted.name, "restricted");
  EXPECT_THAT(restricted.capabilities.ceiling, ElementsAre("CAP_NET_BIND_SERVICE"));
  EXPECT_EQ(restricted.capabilities.mode, Mode::kConfine);  // inherited
  EXPECT_EQ(restricted.rootfs.mode, Mode::kConfine);
  ASSERT_EQ(restricted.rootfs.writable.size(), 2U);
  EXPECT_EQ(restricted.rootfs.writable[0].size_bytes, 64U << 20);
  EXPECT_FALSE(restricted.rootfs.writable[0].exec);
}

TEST(ClassLoader, OriginsNameTheFileThatSaidIt) {
  const ClassPolicy restricted = Load("restricted");
  EXPECT_THAT(restricted.OriginOf("/capabilities/ceiling/0").Text(),
              HasSubstr("built-in restricted.json:"));
  EXPECT_THAT(restricted.OriginOf("/capabilities/mode").Text(),
              HasSubstr("built-in baseline.json:"));
  EXPECT_EQ(restricted.OriginOf("/capabilities/ceiling/7").Text(),
            restricted.OriginOf("/capabilities/ceiling").Text());
}

// The snapshots that were made when this was built, against the same classes merged now: a file
// about a built-in class is reason enough not to use them.
TEST(ClassLoader, PreparedClassesAreTheMergedOnes) {
  const PolicyDir web;
  web.Write("web.json",
            R"({"name": "web", "extends": "restricted", "ociFields": {"mode": "off"}})");
  const PolicyDir changed;
  changed.Write("permissive.json", R"({"name": "permissive", "extends": "permissive"})");
  ClassSources both = web.Sources();
  both.directories.push_back(changed.path());
  for (const char* name : {"baseline", "restricted", "isolated"}) {
    EXPECT_EQ(Load(name), Load(name, changed.Sources())) << name;
  }
  EXPECT_EQ(Load("web", web.Sources()), Load("web", both));
}

TEST(ClassLoader, AChangeOfABuiltInClassReachesWhatExtendsIt) {
  const PolicyDir dir;
  dir.Write("a.json",
            R"({"name": "baseline", "extends": "baseline", "ociFields": {"mode": "off"}})");
  EXPECT_NE(Load("restricted").oci_fields.mode, Mode::kOff);
  EXPECT_EQ(Load("restricted", dir.Sources()).oci_fields.mode, Mode::kOff);
}

TEST(ClassLoader, AnAdminClassExtendsAndReplaces) {
  const PolicyDir dir;
  dir.Write("10-web.json", R"({
  "name": "web", "extends": "restricted", "description": "web servers",
  "capabilities": {"ceiling": []},
  "comment": "not inherited"
})");
  const ClassPolicy web = Load("web", dir.Sources());
  EXPECT_EQ(web.name, "web");
  EXPECT_TRUE(web.capabilities.ceiling.empty());
  EXPECT_EQ(web.seccomp.profile, "restricted");
  EXPECT_EQ(web.OriginOf("/capabilities/ceiling").Text(), dir.File("10-web.json") + ":3");
  EXPECT_FALSE(web.document.contains("comment"));
  EXPECT_FALSE(web.document.contains("extends"));
}

TEST(ClassLoader, LaterFilesOverrideInTheOrderOfTheirNames) {
  const PolicyDir dir;
  dir.Write("20.json",
            R"({"name": "restricted", "extends": "restricted", "description": "second"})");
  dir.Write("10.json", R"({"name": "restricted", "extends": "restricted", "description": "first",
                           "delegate": "crun"})");
  const ClassPolicy policy = Load("restricted", dir.Sources());
  EXPECT_EQ(policy.description, "second");
  EXPECT_EQ(policy.delegate, "crun");  // from 10.json, which 20.json extends
  EXPECT_EQ(policy.seccomp.profile, "restricted");
}

TEST(ClassLoader, AnOverrideWithoutExtendsMustBeComplete) {
  const PolicyDir dir;
  dir.Write("a.json", R"({"name": "restricted", "description": "x"})");
  EXPECT_THAT(ErrorOf("restricted", dir.Sources()),
              HasSubstr("the key \"delegateAnnotations\" is missing"));
}

TEST(ClassLoader, LaterDirectoriesWin) {
  const PolicyDir one;
  const PolicyDir two;
  one.Write("z.json", R"({"name": "web", "extends": "baseline", "description": "one"})");
  two.Write("a.json", R"({"name": "web", "extends": "web", "delegate": "crun"})");
  const ClassPolicy web = Load("web", {{one.path(), "/no/such/directory", two.path()}});
  EXPECT_EQ(web.description, "one");
  EXPECT_EQ(web.delegate, "crun");
}

TEST(ClassLoader, ExtendsIsCheckedForCyclesAndMissingClasses) {
  const PolicyDir dir;
  dir.Write("a.json", R"({"name": "a", "extends": "b"})");
  dir.Write("b.json", R"({"name": "b", "extends": "c"})");
  dir.Write("c.json", R"({"name": "c", "extends": "a"})");
  dir.Write("self.json", R"({"name": "self", "extends": "self"})");
  dir.Write("lost.json", R"({"name": "lost", "extends": "restrictd"})");
  dir.Write("odd.json", R"({"name": "odd", "extends": ["a"]})");
  EXPECT_THAT(ErrorOf("a", dir.Sources()), HasSubstr("extend each other: a -> b -> c -> a"));
  EXPECT_THAT(ErrorOf("self", dir.Sources()), HasSubstr("nothing before it defines self"));
  EXPECT_THAT(ErrorOf("lost", dir.Sources()),
              AllOf(HasSubstr("lost.json:1: /extends"), HasSubstr("did you mean \"restricted\"?")));
  EXPECT_THAT(ErrorOf("odd", dir.Sources()), HasSubstr("/extends: not a class name"));
}

TEST(ClassLoader, ARowOfOverridesIsNoCycle) {
  const PolicyDir dir;
  // base@2 -> web@1 -> base@1 -> restricted: every step goes to something earlier or other.
  dir.Write("1.json", R"({"name": "base", "extends": "restricted", "delegate": "one"})");
  dir.Write("2.json", R"({"name": "base", "extends": "base", "description": "two"})");
  dir.Write("3.json", R"({"name": "web", "extends": "base"})");
  EXPECT_EQ(Load("web", dir.Sources()).delegate, "one");
}

TEST(ClassLoader, NamesAreChecked) {
  for (const char* name : {"", "../x", "Web", "a b", "a/b", "restricted\n"}) {
    EXPECT_THAT(ErrorOf(name, {}), HasSubstr("not a class name")) << name;
  }
  EXPECT_THAT(ErrorOf(std::string(64, 'a'), {}), HasSubstr("not a class name"));
  EXPECT_THAT(ErrorOf(std::string(63, 'a'), {}), HasSubstr("there is no class"));
  EXPECT_THAT(ErrorOf("nosuch", {}),
              HasSubstr("the classes are baseline, isolated, permissive, restricted"));
}

TEST(ClassLoader, EveryFileMustBeGoodEvenIfTheClassIsAnother) {
  const struct {
    const char* text;
    const char* error;
  } kCases[] = {
      {"{", "x.json:1: "},
      {"[]", "/name: missing"},
      {"{}", "/name: missing"},
      {"{\"name\": 7}", "/name: missing, or not a text"},
      {"{\n\"name\": \"A\"}", "x.json:2: /name: not a class name"},
      {"{\"name\": \"a\", \"name\": \"b\"}", "stands twice"},
      {"", "x.json:1: "},
  };
  for (const auto& test : kCases) {
    const PolicyDir dir;
    dir.Write("x.json", test.text);
    EXPECT_THAT(ErrorOf("restricted", dir.Sources()), HasSubstr(test.error)) << test.text;
    EXPECT_FALSE(ListClasses(dir.Sources())) << test.text;
  }
}

TEST(ClassLoader, FilesThatOthersCanWriteAreRefused) {
  const PolicyDir dir;
  dir.Write("x.json", R"({"name": "x", "extends": "baseline"})");
  EXPECT_EQ(ErrorOf("x", dir.Sources()), "no error");
  dir.Mode("x.json", 0664);
  EXPECT_THAT(ErrorOf("x", dir.Sources()), AllOf(HasSubstr("mode 0664"), HasSubstr("chmod go-w")));
  dir.Mode("x.json", 0646);
  EXPECT_THAT(ErrorOf("restricted", dir.Sources()), HasSubstr("mode 0646"));
  dir.Mode("x.json", 0644);
  dir.Mode("", 0777);
  EXPECT_THAT(ErrorOf("x", dir.Sources()), HasSubstr("mode 0777"));
  dir.Mode("", 0755);
  if (geteuid() != 0) GTEST_SKIP() << "the owner can only be changed by root";
  ASSERT_EQ(chown(dir.File("x.json").c_str(), 1000, 0), 0);
  EXPECT_THAT(ErrorOf("x", dir.Sources()), HasSubstr("owned by uid 1000"));
  ASSERT_EQ(chown(dir.File("x.json").c_str(), 0, 0), 0);
  ASSERT_EQ(chown(dir.path().c_str(), 1000, 0), 0);
  EXPECT_THAT(ErrorOf("x", dir.Sources()), HasSubstr("owned by uid 1000"));
}

TEST(ClassLoader, WhatIsNoPlainFileIsRefused) {
  const PolicyDir dir;
  dir.Write("real", R"({"name": "x", "extends": "baseline"})");
  ASSERT_EQ(symlink("real", dir.File("x.json").c_str()), 0);
  EXPECT_THAT(ErrorOf("restricted", dir.Sources()), HasSubstr("x.json: is a symbolic link"));
  ASSERT_EQ(unlink(dir.File("x.json").c_str()), 0);
  ASSERT_EQ(mkfifo(dir.File("x.json").c_str(), 0600), 0);
  EXPECT_THAT(ErrorOf("restricted", dir.Sources()), HasSubstr("not a regular file"));
  ASSERT_EQ(unlink(dir.File("x.json").c_str()), 0);
  ASSERT_EQ(mkdir(dir.File("x.json").c_str(), 0755), 0);
  EXPECT_THAT(ErrorOf("restricted", dir.Sources()), HasSubstr("not a regular file"));
  // A directory of classes that is a file is no empty directory.
  EXPECT_THAT(ErrorOf("restricted", {{dir.File("real")}}), HasSubstr("Not a directory"));
}

TEST(ClassLoader, FilesThatAreNotPolicyAreLeftAlone) {
  const PolicyDir dir;
  dir.Write("README", "no JSON");
  dir.Write(".hidden.json", "no JSON");
  dir.Write("x.json.bak", "no JSON");
  EXPECT_EQ(ErrorOf("restricted", dir.Sources()), "no error");
}

TEST(ClassLoader, TooMuchIsRefused) {
  const PolicyDir dir;
  dir.Write("x.json", std::string((1U << 20) + 1, ' '));
  EXPECT_THAT(ErrorOf("restricted", dir.Sources()), HasSubstr("more than the limit"));
  const PolicyDir many;
  for (int i = 0; i < 257; ++i) {
    many.Write(fmt::format("{}.json", i), fmt::format(R"({{"name": "c{}"}})", i));
  }
  EXPECT_THAT(ErrorOf("restricted", many.Sources()), HasSubstr("more than 256 files"));
  const PolicyDir chain;
  chain.Write("0.json", R"({"name": "c0", "extends": "baseline"})");
  for (int i = 1; i < 20; ++i) {
    chain.Write(fmt::format("{}.json", i),
                fmt::format(R"({{"name": "c{}", "extends": "c{}"}})", i, i - 1));
  }
  EXPECT_EQ(ErrorOf("c14", chain.Sources()), "no error");
  EXPECT_THAT(ErrorOf("c15", chain.Sources()), HasSubstr("more than 16 classes"));
}

TEST(ClassLoader, ListNamesWhatCanBeLoaded) {
  const PolicyDir dir;
  dir.Write("x.json", R"({"name": "web", "extends": "restricted"})");
  dir.Write("y.json", R"({"name": "baseline", "extends": "baseline"})");
  const auto names = ListClasses(dir.Sources());
  ASSERT_TRUE(names);
  EXPECT_THAT(*names, ElementsAre("baseline", "isolated", "permissive", "restricted", "web"));
}

}  // namespace
}  // namespace stockade::config
