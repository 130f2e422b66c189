// SPDX-License-Identifier: Apache-2.0
// nlohmann/json's document type, compiled once; json.h tells every other file not to.
#include "config/base/json.h"

template class nlohmann::basic_json<nlohmann::ordered_map>;
