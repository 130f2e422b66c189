// SPDX-License-Identifier: Apache-2.0
#include "shim/features.h"

#include "config/annotations.h"
#include "config/base/json.h"
#include "sandbox/layer.h"

namespace stockade::shim {

using base::Json;

base::Result<std::string> MergeFeatures(std::string_view delegate_answer) {
  STOCKADE_ASSIGN(base::ParsedJson parsed,
                  base::ParseJson(delegate_answer, base::kSpecLimits, "the delegate's features",
                                  base::ErrorKind::kDelegate));
  Json& features = parsed.value;
  if (!features.is_object()) {
    return base::Fail(base::ErrorKind::kDelegate, "the delegate's features are not an object");
  }
  std::string layers;
  for (const sandbox::Layer& layer : sandbox::LayerTable()) {
    layers += layers.empty() ? "" : ",";
    layers += layer.name;
  }
  Json& annotations = features["annotations"];
  if (!annotations.is_object()) annotations = Json::object();
  annotations["dev.stockade.version"] = STOCKADE_VERSION;
  annotations["dev.stockade.layers"] = layers;
  Json& unsafe = features["potentiallyUnsafeConfigAnnotations"];
  if (!unsafe.is_array()) unsafe = Json::array();
  unsafe.push_back(config::kAnnotationPrefix);  // a final "/" or "." names a prefix
  return base::DumpJson(features, 4) + "\n";
}

}  // namespace stockade::shim
