// SPDX-License-Identifier: Apache-2.0
// Changes the owners of a whole tree to the ids of a pod: the fallback for root file systems whose
// ids cannot be mapped. Slow, and it stays on the disk.
//
// The tree's own root says what was done: its owner is the pod's root of the last time, or one of
// the 65,536 ids of an image that nobody changed yet. It is changed last, so a run that was killed
// is repeated; only the one file that it was at may have lost its setuid bits and capabilities, as
// chown(2) takes them away and has to come first. What is right already is skipped. A file that has
// another name outside the tree changes there too.
#pragma once

#include <string>

#include "config/base/error.h"
#include "sandbox/id_range.h"

namespace stockade::sandbox {

// Shifts everything below the folder `root` and then it. Symbolic links are changed and never
// followed; modes with their setuid bits are kept; the ids in access control lists and in file
// capabilities are shifted as well; other file systems and ids that are neither the image's nor a
// pod's are errors, of kind kHost. `name` is for errors.
base::Status ShiftOwners(int root, const IdRange& ids, const std::string& name);

}  // namespace stockade::sandbox
