// SPDX-License-Identifier: Apache-2.0
// Seccomp objects: what libseccomp makes of one means what it says, or CheckProgram says that it
// does not. The bytes spell rules, so that every input is an object; see Reader.
#include <array>
#include <random>

#include "filters/answer_text.h"
#include "filters/check_program.h"
#include "filters/oci_oracle.h"
#include "filters/seccomp_compiler.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using stockade::base::Json;
using stockade::fuzz::Require;
namespace filters = stockade::filters;

constexpr std::uint64_t kBit32 = std::uint64_t{1} << 32;
constexpr std::array<std::uint64_t, 20> kValues{0,
                                                1,
                                                2,
                                                7,
                                                40,
                                                0xf,
                                                0xf0,
                                                0x7e020000,
                                                kBit32 / 2,
                                                kBit32 - 2,
                                                kBit32 - 1,
                                                kBit32,
                                                kBit32 + 1,
                                                kBit32 + 7,
                                                2 * kBit32,
                                                3 * kBit32 - 1,
                                                0xffff0000ffff0000,
                                                ~0ULL - kBit32,
                                                ~0ULL - 1,
                                                ~0ULL};
constexpr std::array<const char*, 5> kCalls{"getppid", "socket", "personality", "semop", "mseal"};
constexpr std::array<const char*, 5> kActions{"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL",
                                              "SCMP_ACT_LOG", "SCMP_ACT_KILL_PROCESS"};
constexpr std::array<const char*, 7> kOps{"SCMP_CMP_NE",       "SCMP_CMP_LT", "SCMP_CMP_LE",
                                          "SCMP_CMP_EQ",       "SCMP_CMP_GE", "SCMP_CMP_GT",
                                          "SCMP_CMP_MASKED_EQ"};
constexpr int kMaxRules = 8;
constexpr int kProbes = 60;  // of each call

// A default, the architectures, and rules: the call, how many comparisons, the action, the errno;
// and for each comparison the argument, the operator and two values.
class Reader {
 public:
  Reader(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  Json Object() {
    Json object;
    object["defaultAction"] = Of(kActions);
    const std::uint8_t architectures = Next();
    object["architectures"] = Json::array();
    if ((architectures & 1) != 0) object["architectures"].push_back("SCMP_ARCH_X86");
    if ((architectures & 2) != 0) object["architectures"].push_back("SCMP_ARCH_X32");
    object["syscalls"] = Json::array();
    for (int i = 0; i < kMaxRules && size_ > 0; ++i) object["syscalls"].push_back(Rule());
    return object;
  }

 private:
  std::uint8_t Next() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }

  template <class Array>
  typename Array::value_type Of(const Array& choices) {
    return choices.at(Next() % choices.size());
  }

  Json Rule() {
    Json rule;
    rule["names"] = Json::array();
    rule["names"].push_back(Of(kCalls));
    const int comparisons = Next() % 4;
    rule["action"] = Of(kActions);
    if (rule["action"] == "SCMP_ACT_ERRNO") rule["errnoRet"] = Next() % 3U;
    rule["args"] = Json::array();
    for (int i = 0; i < comparisons; ++i) {
      Json argument;
      argument["index"] = Next() % 3U;
      argument["op"] = Of(kOps);
      argument["value"] = Of(kValues);
      argument["valueTwo"] = Of(kValues);
      rule["args"].push_back(std::move(argument));
    }
    return rule;
  }

  const std::uint8_t* data_;
  std::size_t size_;
};

std::uint64_t Probe(std::mt19937_64& random) {
  std::uint64_t value = kValues.at(random() % kValues.size());
  if (random() % 2 == 0) value += random() % 3 - 1;
  if (random() % 4 == 0) value ^= std::uint64_t{1} << random() % 64;
  if (random() % 4 == 0)
    value = (value & (kBit32 - 1)) | (kValues.at(random() % kValues.size()) & ~(kBit32 - 1));
  return value;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Json object = Reader(data, size).Object();
  const auto program = filters::CompileSeccomp(object);
  if (!program || filters::CheckProgram(*program, object)) return 0;

  std::string why;
  const auto rules = filters::OciRules::Read(object, why);
  Require(rules.has_value(), "what was compiled can be read", why);
  const filters::OciOracle oracle(*rules);
  std::mt19937_64 random(size);
  for (const filters::Abi abi : {filters::Abi::kNative, filters::Abi::kX86, filters::Abi::kX32}) {
    for (const char* const name : kCalls) {
      const auto number = filters::CallNumber(abi, name);
      if (!number) continue;
      seccomp_data call = filters::CallOf(abi, *number);
      for (int i = 0; i < kProbes; ++i) {
        for (auto& argument : call.args) argument = Probe(random);
        if (abi == filters::Abi::kX86) {
          for (auto& argument : call.args) argument &= kBit32 - 1;
        }
        const auto answer = filters::Evaluate(*program, call);
        Require(answer.has_value(), "the kernel loads the program");
        const auto right = oracle.Of(call).answers;
        bool found = false;
        for (const std::uint32_t each : right) found = found || each == *answer;
        Require(found, "a checked program means what its object says",
                filters::CallText(call) + ": " + filters::AnswerText(*answer) + ", not " +
                    filters::AnswerText(right.front()) + "\n" + stockade::base::DumpJson(object));
      }
    }
  }
  return 0;
}
