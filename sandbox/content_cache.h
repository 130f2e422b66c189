// SPDX-License-Identifier: Apache-2.0
// What took long to find out, kept on disk by the text that it was found from.
//
//   const ContentCache cache("/run/stockade/.filters");
//   if (auto answer = cache.Find(question)) return *answer;
//   cache.Keep(question, found);
//
// A file is named by a hash of the question and holds the question beside the answer: what is read
// back counts only if the question is the same to the byte, so that neither a collision nor a stale
// file answers another one. Each file begins with the build-id of the program that wrote it, for
// another build may answer otherwise; a program without one remembers nothing. The directory is
// root's alone; a file that is not root's, or that others can write, is not believed. Files appear
// whole, so writers need no lock. At 256 files the cache starts anew.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stockade::sandbox {

class ContentCache {
 public:
  explicit ContentCache(std::string directory) : directory_(std::move(directory)) {}

  // The answer that was kept for `question`, a text without NUL; nothing if none can be believed.
  std::optional<std::string> Find(std::string_view question) const;
  // Keeps `answer`. What cannot be written costs time later and nothing else.
  void Keep(std::string_view question, std::string_view answer) const;

 private:
  std::string directory_;
};

}  // namespace stockade::sandbox
