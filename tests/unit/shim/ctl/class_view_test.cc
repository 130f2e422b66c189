// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/class_view.h"

#include <gmock/gmock.h>

#include "config/class_loader.h"
#include "sandbox/layer.h"

namespace stockade::ctl {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

config::ClassPolicy Load(std::string_view name) {
  auto policy = config::LoadClass(name, {});
  EXPECT_TRUE(policy) << name;
  return std::move(*policy);
}

TEST(Summarise, SaysWhereAClassComesFrom) {
  const ClassEntry entry = Summarise(Load("restricted"));
  EXPECT_EQ(entry.source, "built-in restricted.json");
  EXPECT_THAT(entry.builds_on, Contains("built-in baseline.json"));
  EXPECT_FALSE(entry.description.empty());
}

TEST(SettingsOf, EverySettingHasAnOrigin) {
  const config::ClassPolicy policy = Load("restricted");
  bool ceiling = false;
  for (const Setting& setting : SettingsOf(policy, /*each=*/false)) {
    EXPECT_NE(setting.origin, "unknown") << setting.pointer;
    const base::Json* value = base::Find(policy.document, setting.pointer);
    ASSERT_NE(value, nullptr) << setting.pointer;
    EXPECT_EQ(*value, setting.value);
    if (setting.pointer == "/capabilities/ceiling") {
      ceiling = true;
      EXPECT_THAT(setting.origin, HasSubstr("restricted.json:"));
    }
  }
  EXPECT_TRUE(ceiling);
}

TEST(SettingsOf, EachElementIsARowOnRequest) {
  const config::ClassPolicy policy = Load("baseline");
  const auto lists = SettingsOf(policy, false);
  const auto elements = SettingsOf(policy, true);
  EXPECT_GT(elements.size(), lists.size());
  EXPECT_THAT(elements, Contains(::testing::Field(&Setting::pointer, "/capabilities/ceiling/0")));
}

TEST(ShowClass, NamesEveryLayerAndWhetherItIsOn) {
  const base::Json restricted = ShowClass(Load("restricted"), false).json;
  ASSERT_EQ(restricted["layers"].size(), sandbox::LayerTable().size());
  std::map<std::string, std::string> states;
  for (const base::Json& layer : restricted["layers"]) {
    states[layer["layer"].get<std::string>()] = layer["state"].get<std::string>();
  }
  EXPECT_EQ(states["rootfs"], "confine");
  EXPECT_EQ(states["namespaces"], "refuse");
  EXPECT_EQ(states["user"], "off");
  const base::Json permissive = ShowClass(Load("permissive"), false).json;
  for (const base::Json& layer : permissive["layers"]) {
    EXPECT_EQ(layer["state"], "off") << layer["layer"];
  }
}

TEST(ShowClass, WarnsOfWeakenings) {
  const Outcome outcome = ShowClass(Load("permissive"), false);
  EXPECT_FALSE(outcome.json["weakenings"].empty());
  EXPECT_THAT(outcome.page.Render(false), HasSubstr("warning: "));
  EXPECT_TRUE(outcome.ok);
}

TEST(ShowList, BrokenClassesFail) {
  ClassEntry broken;
  broken.name = "web";
  broken.error = base::Error{base::ErrorKind::kPolicy, "web.json:3: unknown key", "remove it"};
  const Outcome outcome = ShowList({Summarise(Load("baseline")), broken});
  EXPECT_FALSE(outcome.ok);
  EXPECT_EQ(outcome.json[1]["error"], "web.json:3: unknown key");
  EXPECT_THAT(outcome.page.Render(false), HasSubstr("BROKEN"));
  EXPECT_TRUE(ShowList({Summarise(Load("baseline"))}).ok);
}

}  // namespace
}  // namespace stockade::ctl
