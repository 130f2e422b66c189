// SPDX-License-Identifier: Apache-2.0
#include "config/glob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace stockade::config {
namespace {

const PathVariables kVariables{
    .container_id = "c1", .sandbox_id = "s1", .pod_uid = "u-1", .standalone = false};

TEST(Glob, Matches) {
  const struct {
    const char* pattern;
    const char* path;
    bool matches;
  } kCases[] = {
      {"/", "/", true},
      {"/", "/a", false},
      {"/a", "/a", true},
      {"/a", "/ab", false},
      {"/a", "/a/b", false},
      {"/a/*", "/a/b", true},
      {"/a/*", "/a", false},
      {"/a/*", "/a/b/c", false},
      {"/a/*/c", "/a/b/c", true},
      {"/a/*c", "/a/bbc", true},
      {"/a/*c", "/a/c", true},
      {"/a/b*d*f", "/a/bcdef", true},
      {"/a/b*d*f", "/a/bcdeg", false},
      {"/a/*b*b", "/a/abab", true},
      {"/a/**", "/a", true},
      {"/a/**", "/a/b/c/d", true},
      {"/a/**", "/ab", false},
      {"/a/**/z", "/a/z", true},
      {"/a/**/z", "/a/b/c/z", true},
      {"/a/**/z", "/a/b/c/y", false},
      {"/a/**/m/**/z", "/a/m/q/m/z", true},
      {"**/x", "/x", true},
      {"**/x", "/a/b/x", true},
      {"**/x", "/a/b/yx", false},
      {"**/v/*/*/**", "/v/p", false},
      {"**/v/*/*/**", "/v/p/n", true},
      {"/p/${pod-uid}/x", "/p/u-1/x", true},
      {"/p/${pod-uid}/x", "/p/u-2/x", false},
      {"/p/a-${container-id}-${sandbox-id}", "/p/a-c1-s1", true},
      {"/p/${container-id}*", "/p/c1.d", true},
      // Malformed patterns and relative paths match nothing.
      {"", "/", false},
      {"a", "/a", false},
      {"/a", "a", false},
      {"/a", "", false},
      {"/p/${pod-uid", "/p/u-1", false},
      {"/p/${other}", "/p/${other}", false},
      {"/a?c", "/abc", false},
      {"/[ab]", "/a", false},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(PathMatches(test.pattern, test.path, kVariables), test.matches)
        << test.pattern << " " << test.path;
  }
}

TEST(Glob, ValuesAreNoPatterns) {
  PathVariables hostile = kVariables;
  hostile.pod_uid = "*";
  EXPECT_FALSE(PathMatches("/p/${pod-uid}/x", "/p/abc/x", hostile));
  EXPECT_TRUE(PathMatches("/p/${pod-uid}/x", "/p/*/x", hostile));
  hostile.pod_uid = "**";
  EXPECT_FALSE(PathMatches("/p/${pod-uid}", "/p/a/b/c", hostile));
  hostile.pod_uid = "${container-id}";
  EXPECT_FALSE(PathMatches("/p/${pod-uid}", "/p/c1", hostile));
}

TEST(Glob, ValuesCannotChangeThePathsShape) {
  PathVariables hostile;
  for (const char* value : {"", "a/b", "/", "../.."}) {
    hostile.pod_uid = value;
    EXPECT_FALSE(PathMatches("/p/${pod-uid}/x", std::string("/p/") + value + "/x", hostile))
        << value;
    EXPECT_FALSE(PathMatches("/p/${pod-uid}/x", "/p/x", hostile)) << value;
    EXPECT_FALSE(PathMatches("/p/a${pod-uid}", "/p/a", hostile)) << value;
  }
}

TEST(Glob, StandaloneIsACondition) {
  PathVariables alone;
  alone.standalone = true;
  EXPECT_TRUE(PathMatches("${standalone}/v/*/_data", "/v/x/_data", alone));
  EXPECT_FALSE(PathMatches("${standalone}/v/*/_data", "/v/x/_data", kVariables));
  EXPECT_TRUE(PathMatches("${standalone}**/x", "/a/x", alone));
  EXPECT_FALSE(PathMatches("/v/${standalone}", "/v/", alone));
  EXPECT_FALSE(PathMatches("${standalone}", "/", alone));
}

TEST(Glob, HostilePatternsCostLittle) {
  std::string pattern = "/";
  while (pattern.size() < 1000) pattern += "a*";
  std::string deep = "**";
  while (deep.size() < 1000) deep += "/a/**";
  std::string path = "/";
  while (path.size() < 4000) path += "a";
  std::string components;
  while (components.size() < 4000) components += "/a";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(PathMatches(pattern + "b", path));
  EXPECT_FALSE(PathMatches(deep + "/b", components));
  EXPECT_FALSE(PathMatches(pattern + std::string(100, 'x'), path));  // too long a pattern
  EXPECT_FALSE(PathMatches("/**", std::string(5000, '/')));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(Glob, PatternsAreChecked) {
  for (const char* good : {"/", "/a", "**/a", "/a/**", "/a/*b*/c", "${standalone}/x/*",
                           "/${pod-uid}", "/x-${container-id}.y", "${standalone}**/x"}) {
    EXPECT_TRUE(CheckPathPattern(good)) << good;
  }
  for (const char* bad :
       {"", "a", "*/a", "**", "/a/", "//a", "/a//b", "/a/./b", "/a/../b", "/a**", "/**a",
        "/${pod-uid", "/${}", "/${standalone}", "/${POD-UID}", "${pod-uid}/x", "${standalone}x"}) {
    EXPECT_FALSE(CheckPathPattern(bad)) << bad;
  }
  EXPECT_FALSE(CheckPathPattern("/" + std::string(1024, 'a')));
}

TEST(Glob, NormalPaths) {
  for (const char* good : {"/", "/a", "/a/b.c", "/...", "/a/..b", "/ä b"}) {
    EXPECT_TRUE(IsNormalPath(good)) << good;
  }
  for (const char* bad :
       {"", "a", "/a/", "//", "//a", "/a//b", "/.", "/..", "/a/../b", "/a/.", "/a\nb", "/a\x7f"}) {
    EXPECT_FALSE(IsNormalPath(bad)) << bad;
  }
  EXPECT_FALSE(IsNormalPath(std::string("/a\0b", 4)));
  EXPECT_FALSE(IsNormalPath("/" + std::string(4095, 'a')));
}

TEST(Glob, Within) {
  EXPECT_TRUE(IsWithin("/a", "/a"));
  EXPECT_TRUE(IsWithin("/a/b", "/a"));
  EXPECT_FALSE(IsWithin("/ab", "/a"));
  EXPECT_FALSE(IsWithin("/", "/a"));
  EXPECT_TRUE(IsWithin("/a", "/"));
  EXPECT_TRUE(IsWithin("/", "/"));
}

}  // namespace
}  // namespace stockade::config
