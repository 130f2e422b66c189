// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;

class Editor : public testing::Test {
 protected:
  void Load(const char* text) {
    document_.emplace(*SpecDocument::Parse(text, DocumentKind::kConfig, "test"));
    edit_.emplace(*document_, policy_);
    edit_->StartLayer("layer");
  }
  config::ClassPolicy policy_ = EmptyClass();
  std::optional<SpecDocument> document_;
  std::optional<SpecEditor> edit_;
};

TEST_F(Editor, SetMakesParentsAndRecords) {
  Load(R"({"linux": null})");
  edit_->Set("/linux/resources/devices", Json::array(), "why", "/devices/allowed");
  EXPECT_EQ(document_->root(), Json::parse(R"({"linux": {"resources": {"devices": []}}})"));
  ASSERT_EQ(edit_->changes().size(), 1U);
  const Change& change = edit_->changes()[0];
  EXPECT_EQ(change.layer, "layer");
  EXPECT_EQ(change.what, "/linux/resources/devices");
  EXPECT_TRUE(change.from.is_null());
  EXPECT_EQ(change.to, Json::array());
  EXPECT_EQ(change.origin, "test.json:1");
}

TEST_F(Editor, WritesTheSameWithoutKeepingValues) {
  Load(R"({"a": {"b": 1}, "c": [2, 3]})");
  SpecEditor edit(*document_, policy_, /*keep_values=*/false);
  edit.Set("/a/b", 2, "why", "");
  edit.Insert("/c", 0, 1, "why", "");
  edit.Remove("/c/2", "why", "");
  EXPECT_EQ(document_->root(), Json::parse(R"({"a": {"b": 2}, "c": [1, 2]})"));
  ASSERT_EQ(edit.changes().size(), 3U);
  for (const Change& change : edit.changes()) {
    EXPECT_TRUE(change.from.is_null()) << change.what;
    EXPECT_TRUE(change.to.is_null()) << change.what;
  }
}

TEST_F(Editor, SettingWhatIsThereRecordsNothing) {
  Load(R"({"root": {"readonly": true}})");
  edit_->Set("/root/readonly", true, "why", "");
  edit_->Remove("/root/absent", "why", "");
  EXPECT_TRUE(edit_->changes().empty());
}

TEST_F(Editor, ArraysGrowAndShrink) {
  Load(R"({"mounts": [{"destination": "/a"}, {"destination": "/b"}]})");
  edit_->Set("/mounts/-", Json{{"destination", "/c"}}, "why", "");
  edit_->Insert("/mounts", 0, Json{{"destination", "/0"}}, "why", "");
  edit_->Remove("/mounts/1", "why", "");
  edit_->Set("/mounts/0/type", "tmpfs", "why", "");
  EXPECT_EQ(document_->root()["mounts"],
            Json::parse(R"([{"destination": "/0", "type": "tmpfs"}, {"destination": "/b"},
                            {"destination": "/c"}])"));
  EXPECT_EQ(edit_->changes()[0].what, "/mounts/2");
  EXPECT_EQ(edit_->changes()[1].what, "/mounts/0");
  EXPECT_EQ(edit_->changes()[2].from, Json::parse(R"({"destination": "/a"})"));
}

TEST_F(Editor, KeysWithSlashesAreEscaped) {
  Load(R"({"annotations": {"a/b~c": "1"}})");
  edit_->Set("/annotations/a~1b~0c", "2", "why", "");
  EXPECT_EQ(document_->root()["annotations"]["a/b~c"], "2");
  edit_->Remove("/annotations/a~1b~0c", "why", "");
  EXPECT_TRUE(document_->root()["annotations"].empty());
}

TEST_F(Editor, InsertMakesTheArray) {
  Load("{}");
  edit_->Insert("/mounts", 5, Json{{"destination", "/a"}}, "why", "");
  EXPECT_EQ(document_->root()["mounts"].size(), 1U);
  EXPECT_EQ(edit_->changes()[0].what, "/mounts/0");
}

TEST(LayerTable, RowsAreNamedOnceAndPointIntoTheClass) {
  std::set<std::string_view> names;
  for (const Layer& layer : LayerTable()) {
    EXPECT_TRUE(names.insert(layer.name).second) << layer.name;
    EXPECT_TRUE(layer.section.starts_with('/'));
    EXPECT_FALSE(layer.promise.empty());
  }
  EXPECT_EQ(names.size(), 17U);
}

TEST(ApplyLayers, APassThroughClassTouchesNothing) {
  const Outcome out = RunAll(EmptyClass(), R"({"mounts": [{"destination": "relative"}]})");
  EXPECT_FALSE(out.error);
  EXPECT_TRUE(out.changes.empty());
}

TEST(ApplyLayers, ARefusalNamesItsLayer) {
  config::ClassPolicy policy = EmptyClass();
  policy.no_new_privileges.mode = config::Mode::kRefuse;
  EXPECT_TRUE(RunAll(policy, "{}").Refusal().starts_with("no new privileges: "));
}

}  // namespace
}  // namespace stockade::sandbox
