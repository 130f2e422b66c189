// SPDX-License-Identifier: Apache-2.0
// Runs inside a container under the filter being tested: makes each system call that its arguments
// name, in a child of its own, and prints what came of it. Static, and free of anything that the
// filter could break before the first line is out.
//
//   floor_probe vsock:41:40,1,0 int80:i20:        ->  "vsock errno 97\nint80 signal 31\n"
//   floor_probe --gate off:reboot: old:i386/stime:    ->  "off errno 1\nold signal 31\n"
//
// An argument is LABEL:CALL:A0,A1,...; numbers are decimal or 0x hexadecimal, missing ones are 0. A
// CALL is a number, a name, or a name after "i386/" (entered by int 0x80, as is a number after "i")
// or "x32/". A call that succeeds prints "LABEL value V".
//
// --gate makes none of the calls: it asks whether the filters would let them through (gate.h), and
// prints "LABEL passes", the filter's "errno" or "signal", or "unknown" with an errno.
#include <fmt/format.h>
#include <seccomp.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "filters/syscall_names.h"
#include "tests/unit/filters/gate.h"

namespace {

using stockade::probe::Outcome;
using stockade::probe::Verdict;

struct Request {
  std::string label;
  int number = -1;
  bool compat = false;  // by the i386 entry
  std::array<unsigned long, 6> args{};
};

long EnterCompat([[maybe_unused]] const Request& request) {
#if defined(__x86_64__)
  long result = 0;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(request.number), "b"(request.args[0]), "c"(request.args[1]),
                     "d"(request.args[2]), "S"(request.args[3]), "D"(request.args[4])
                   : "memory");
  return static_cast<int>(result);
#else
  return -ENOSYS;
#endif
}

Outcome Call(const void* context) {
  const Request& request = *static_cast<const Request*>(context);
  const auto& args = request.args;
  if (request.compat) {
    const long result = EnterCompat(request);
    return {result, result < 0 && result > -4096 ? static_cast<int>(-result) : 0};
  }
  const long result = syscall(request.number, args[0], args[1], args[2], args[3], args[4], args[5]);
  return {result, result == -1 ? errno : 0};
}

int NumberOf(std::string_view call, bool& compat) {
  const auto resolve = [](std::uint32_t architecture, std::string_view name) {
    return seccomp_syscall_resolve_name_arch(architecture, std::string(name).c_str());
  };
  if (call.starts_with("i386/")) {
    compat = true;
    return resolve(SCMP_ARCH_X86, call.substr(5));
  }
  if (call.starts_with("x32/")) return resolve(SCMP_ARCH_X32, call.substr(4));
  compat = call.size() > 1 && call[0] == 'i' && call[1] >= '0' && call[1] <= '9';
  const std::string text(call.substr(compat ? 1 : 0));
  if (text[0] >= '0' && text[0] <= '9') return static_cast<int>(std::stoul(text, nullptr, 0));
  return stockade::filters::SyscallNumber(text).value_or(-1);
}

Request Parse(std::string_view word) {
  const std::size_t first = word.find(':');
  const std::size_t second = word.find(':', first + 1);
  Request request;
  request.label = word.substr(0, first);
  request.number = NumberOf(word.substr(first + 1, second - first - 1), request.compat);
  const char* at = word.data() + second + 1;
  for (unsigned long& arg : request.args) {
    if (*at == '\0') break;
    char* end = nullptr;
    arg = std::strtoul(at, &end, 0);
    at = *end == ',' ? end + 1 : end;
  }
  return request;
}

void Say(const Request& request, const char* what, long number) {
  fmt::print("{} {} {}\n", request.label, what, number);
  std::fflush(stdout);
}

void Make(const Request& request) {
  std::fflush(stdout);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    alarm(5);
    const Outcome outcome = Call(&request);
    if (getppid() != parent) _exit(0);  // a process that the call itself made
    Say(request, outcome.error != 0 ? "errno" : "value",
        outcome.error != 0 ? outcome.error : outcome.value);
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) {
    Say(request, "lost", errno);
  } else if (WIFSIGNALED(status)) {
    Say(request, "signal", WTERMSIG(status));
  }
}

void AskAbout(const Request& request) {
  const Verdict verdict = stockade::probe::Ask(request.number, request.compat, Call, &request);
  switch (verdict.kind) {
    case Verdict::Kind::kPasses:
      fmt::print("{} passes\n", request.label);
      return;
    case Verdict::Kind::kErrno:
      return Say(request, "errno", verdict.number);
    case Verdict::Kind::kSignal:
      return Say(request, "signal", verdict.number);
    case Verdict::Kind::kUnknown:
      return Say(request, "unknown", verdict.number);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::span<char*> words(argv, static_cast<std::size_t>(argc));
  words = words.subspan(1);
  const bool gate = !words.empty() && std::string_view(words[0]) == "--gate";
  for (const char* const word : words.subspan(gate ? 1 : 0)) {
    const Request request = Parse(word);
    if (request.number < 0 || std::strchr(word, ':') == nullptr) {
      fmt::print(stderr, "floor_probe: {}: there is no such call\n", word);
      return 2;
    }
    gate ? AskAbout(request) : Make(request);
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}
