// SPDX-License-Identifier: Apache-2.0
// The real stub, run as a container would run it. Needs root, to be somebody else.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "config/base/fd.h"
#include "config/base/file.h"
#include "filters/filter_text.h"
#include "sandbox/init/protocol.h"

namespace stockade::sandbox {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr uid_t kNobody = 65534;

// A program that gives `answer` for the call `number` and allows every other.
std::string Answering(std::uint32_t number, std::uint32_t answer) {
  const filters::Program program{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, answer), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  return filters::EncodeFilter(program, 0);
}

constexpr std::uint32_t kUname = 63;
const std::string kHarmless = Answering(1000, SECCOMP_RET_ALLOW);

class InitProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    if (getuid() != 0) GTEST_SKIP() << "needs root";
    std::string name = "/tmp/stockade-init-XXXXXX";
    directory_ = mkdtemp(name.data());
    stub_ = directory_ / "stockade-init";
    fs::copy_file(STOCKADE_INIT, stub_);
    ASSERT_EQ(chmod(stub_.c_str(), 0111), 0);
    ASSERT_EQ(chmod(directory_.c_str(), 0755), 0);
  }
  void TearDown() override { fs::remove_all(directory_); }

  // Runs the stub with `arguments` as nobody, without new privileges; the wait status.
  int Run(std::vector<std::string> arguments, bool no_new_privileges = true) {
    arguments.insert(arguments.begin(), stub_.string());
    std::vector<char*> words;
    for (std::string& word : arguments) words.push_back(word.data());
    words.push_back(nullptr);
    const std::string out = (directory_ / "out").string();
    const pid_t child = fork();
    if (child == 0) {
      const base::UniqueFd file(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
      dup2(file.get(), STDOUT_FILENO);
      dup2(file.get(), STDERR_FILENO);
      prctl(PR_SET_NO_NEW_PRIVS, no_new_privileges ? 1 : 0, 0, 0, 0);
      if (setresgid(kNobody, kNobody, kNobody) != 0 || setresuid(kNobody, kNobody, kNobody) != 0) {
        _exit(99);
      }
      char path[] = "PATH=/nowhere:/usr/bin:/bin";
      char tunables[] = "GLIBC_TUNABLES=glibc.malloc.check=3";
      char* environment[] = {path, tunables, nullptr};
      close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);  // what this test's own caller left open
      execve(words[0], words.data(), environment);
      _exit(98);
    }
    int status = 0;
    waitpid(child, &status, 0);
    output_ = base::ReadFile(out, 65536).value_or("");
    return status;
  }
  int ExitCode(std::vector<std::string> arguments) {
    const int status = Run(std::move(arguments));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  fs::path directory_;
  fs::path stub_;
  std::string output_;
};

TEST_F(InitProgramTest, BecomesTheWorkload) {
  EXPECT_EQ(ExitCode({kHarmless, "--", "sh", "-c", "echo $0 $1 $PATH; cat /proc/self/comm; exit 7",
                      "zero", "one"}),
            7);
  EXPECT_EQ(output_, "zero one /nowhere:/usr/bin:/bin\ncat\n");
  EXPECT_EQ(ExitCode({kHarmless, "--", "sh", "-c", "kill -9 $$"}), -9);
}

TEST_F(InitProgramTest, InstallsEveryFilterInOrder) {
  EXPECT_EQ(ExitCode({Answering(kUname, SECCOMP_RET_ERRNO | EDOM), kHarmless, "--", "grep", "-E",
                      "NoNewPrivs|Seccomp", "/proc/self/status"}),
            0);
  EXPECT_THAT(output_, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(output_, HasSubstr("Seccomp_filters:\t2"));
  EXPECT_NE(ExitCode({Answering(kUname, SECCOMP_RET_ERRNO | EDOM), "--", "uname", "-r"}), 0);
  EXPECT_THAT(output_, HasSubstr("argument out of domain"));
  // The last one may close what the stub needed for the ones before it.
  EXPECT_EQ(ExitCode({kHarmless, Answering(317, SECCOMP_RET_KILL_PROCESS), "--", "true"}), 0);
  EXPECT_EQ(ExitCode({Answering(59, SECCOMP_RET_KILL_PROCESS), "--", "true"}), -SIGSYS);
}

TEST_F(InitProgramTest, LeavesNothingToTheWorkload) {
  EXPECT_EQ(ExitCode({kHarmless, "--", "sh", "-c", "echo $(ls /proc/self/fd); env"}), 0);
  EXPECT_THAT(output_, testing::StartsWith("0 1 2 3\n"));  // 3 is the folder that ls reads
  EXPECT_THAT(output_, testing::Not(HasSubstr("stockade")));
  EXPECT_THAT(output_, HasSubstr("GLIBC_TUNABLES"));  // the environment is the workload's
}

TEST_F(InitProgramTest, NeverStartsTheWorkloadWithoutItsFilters) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {},
           {"--"},
           {kHarmless},
           {kHarmless, "--"},
           {"--", "true"},
           {"0:AAAA", "--", "true"},
           {kHarmless, "junk", "--", "true"},
           {"true"},
           {"0:" + std::string(90000, 'A'), "--", "true"},
           // No valid program: an unknown instruction.
           {filters::EncodeFilter(filters::Program{{0xffff, 0, 0, 0}}, 0), "--", "true"},
           // No flag of seccomp(2).
           {"80000" + kHarmless.substr(1), "--", "true"},
           {kHarmless, kHarmless, kHarmless, kHarmless, kHarmless, "--", "true"}}) {
    EXPECT_EQ(ExitCode(arguments), init::kFilterFailed);
    EXPECT_THAT(output_, HasSubstr("stockade-init: "));
  }
  const int status = Run({kHarmless, "--", "true"}, /*no_new_privileges=*/false);
  EXPECT_EQ(WEXITSTATUS(status), init::kFilterFailed);
}

TEST_F(InitProgramTest, SaysWhyACommandCannotBeRun) {
  EXPECT_EQ(ExitCode({kHarmless, "--", "no-such-program"}), init::kNotFound);
  EXPECT_THAT(output_, HasSubstr("no-such-program: executable file not found in $PATH"));
  EXPECT_EQ(ExitCode({kHarmless, "--", "/no/such/program"}), init::kNotFound);
  EXPECT_EQ(ExitCode({kHarmless, "--", "/etc/passwd"}), init::kCannotRun);
  EXPECT_THAT(output_, HasSubstr("permission denied"));
  EXPECT_EQ(ExitCode({kHarmless, "--", "/tmp"}), init::kCannotRun);
  EXPECT_EQ(ExitCode({kHarmless, "--", ""}), init::kNotFound);
}

// A tracer of the same user sees nothing of the stub: it may not read the file, so the kernel made
// the process non-dumpable. With a readable copy the same tracer does.
TEST_F(InitProgramTest, CannotBeLookedInto) {
  for (const bool readable : {false, true}) {
    ASSERT_EQ(chmod(stub_.c_str(), readable ? 0755 : 0111), 0);
    const pid_t tracer = fork();
    if (tracer == 0) {
      if (setresgid(kNobody, kNobody, kNobody) != 0 || setresuid(kNobody, kNobody, kNobody) != 0) {
        _exit(99);
      }
      const pid_t traced = fork();
      if (traced == 0) {
        ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        execl(stub_.c_str(), "stockade-init", nullptr);
        _exit(98);
      }
      int status = 0;
      waitpid(traced, &status, 0);  // stopped at the first instruction
      if (!WIFSTOPPED(status)) _exit(97);
      errno = 0;
      (void)ptrace(PTRACE_PEEKDATA, traced, reinterpret_cast<void*>(0x400000), nullptr);
      const int failed = errno;
      kill(traced, SIGKILL);
      _exit(failed == 0 ? 1 : 0);
    }
    int status = 0;
    waitpid(tracer, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), readable ? 1 : 0);
  }
}

}  // namespace
}  // namespace stockade::sandbox
