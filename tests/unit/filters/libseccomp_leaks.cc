// SPDX-License-Identifier: Apache-2.0
// libseccomp 2.5.4 loses a few nodes of its tree when a rule replaces another's. Everything that
// compiles odd objects under the leak sanitizer links this, which overlooks what libseccomp itself
// allocated (zmalloc is its function) and nothing else.
extern "C" const char* __lsan_default_suppressions();  // NOLINT: the sanitizer's name
extern "C" const char* __lsan_default_suppressions() { return "leak:zmalloc\n"; }  // NOLINT
