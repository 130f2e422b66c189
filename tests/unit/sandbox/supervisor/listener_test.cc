// SPDX-License-Identifier: Apache-2.0
// The listener's threads, on notifications that the test makes: the caller is the test itself.
#include "sandbox/supervisor/listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <map>
#include <set>
#include <thread>

#include "filters/bpf.h"

namespace stockade::supervisor {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Key;
using testing::Not;

// What the source and the test share: the listener owns the former.
struct Kernel {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<seccomp_notif> pending;
  std::map<std::uint64_t, int> answers;  // the error of each answered call
  std::set<std::uint64_t> gone;          // calls whose callers died
  bool over = false;

  void Add(const seccomp_notif& call) {
    const std::lock_guard lock(mutex);
    pending.push_back(call);
    changed.notify_all();
  }
  void End() {
    const std::lock_guard lock(mutex);
    over = true;
    changed.notify_all();
  }
  void Die(std::uint64_t id) {
    const std::lock_guard lock(mutex);
    gone.insert(id);
  }
  // The error that the call was answered with; -1 if it was not within ten seconds.
  int AnswerOf(std::uint64_t id) {
    std::unique_lock lock(mutex);
    const bool there =
        changed.wait_for(lock, std::chrono::seconds(10), [&] { return answers.contains(id); });
    return there ? answers[id] : -1;
  }
  std::map<std::uint64_t, int> Answers() {
    const std::lock_guard lock(mutex);
    return answers;
  }
};

class FakeSource : public NotificationSource {
 public:
  explicit FakeSource(Kernel& kernel) : kernel_(kernel) {}
  Received Receive(seccomp_notif& call) override {
    std::unique_lock lock(kernel_.mutex);
    kernel_.changed.wait(lock, [&] { return kernel_.over || !kernel_.pending.empty(); });
    if (kernel_.pending.empty()) return Received::kEnd;
    call = kernel_.pending.front();
    kernel_.pending.pop_front();
    return Received::kCall;
  }
  bool IsWaiting(std::uint64_t id) override {
    const std::lock_guard lock(kernel_.mutex);
    return !kernel_.gone.contains(id);
  }
  void Answer(std::uint64_t id, std::int64_t, int error) override {
    const std::lock_guard lock(kernel_.mutex);
    kernel_.answers.emplace(id, error);
    kernel_.changed.notify_all();
  }
  void GoOn(std::uint64_t id) override { Answer(id, 0, 0); }
  void AnswerWithFd(std::uint64_t id, base::UniqueFd, bool, bool) override { Answer(id, 0, 0); }

 private:
  Kernel& kernel_;
};

class ListenerTest : public testing::Test {
 protected:
  ListenerTest() {
    HandleInterrupt();
    rule_.network.mode = config::Mode::kConfine;
    rule_.network.connect.allow_others = true;
    rule_.refused = {"getpriority"};
    listener_ = std::make_unique<Listener>(std::make_unique<FakeSource>(kernel_), context_,
                                           ListenerFacts{.number = 3});
    EXPECT_TRUE(listener_->Start());
  }
  ~ListenerTest() override {
    kernel_.End();
    while (!listener_->Over()) {
      blocked_.Sweep();
      usleep(1000);
    }
  }

  seccomp_notif Call(int number, std::array<std::uint64_t, 3> args = {}) {
    seccomp_notif call{};
    call.id = ++last_;
    call.pid = static_cast<__u32>(gettid());
    call.data.nr = number;
    call.data.arch = filters::NativeAudit();
    std::copy(args.begin(), args.end(), call.data.args);
    return call;
  }
  seccomp_notif Connect(int socket, const sockaddr_in& to) {
    return Call(SYS_connect, {static_cast<std::uint64_t>(socket),
                              reinterpret_cast<std::uint64_t>(&to), sizeof to});
  }

  Kernel kernel_;
  config::InterpositionRule rule_;
  EventLog events_{base::UniqueFd(), base::UniqueFd()};
  BlockedCalls blocked_;
  InFlight calls_;
  Context context_{.rule = rule_, .events = events_, .blocked = blocked_, .calls = calls_};
  std::unique_ptr<Listener> listener_;
  std::uint64_t last_ = 100;
};

// A port of ours at which nobody is taken in any more, so that a connect waits.
class FullPort {
 public:
  FullPort() : listening_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listening_.get(), 0), 0);
    getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    for (bool full = false; !full;) {
      base::UniqueFd& one =
          taken_.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      (void)connect(one.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
      pollfd state{.fd = one.get(), .events = POLLOUT, .revents = 0};
      full = poll(&state, 1, 200) == 0;
    }
  }
  sockaddr_in address{};

 private:
  base::UniqueFd listening_;
  std::vector<base::UniqueFd> taken_;
};

TEST_F(ListenerTest, AnswersWhatItRefuses) {
  const seccomp_notif call = Call(SYS_getpriority);
  kernel_.Add(call);
  EXPECT_EQ(kernel_.AnswerOf(call.id), EPERM);
}

TEST_F(ListenerTest, PerformsOnADuplicate) {
  const base::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in to{.sin_family = AF_INET,
                       .sin_port = htons(9),
                       .sin_addr = {htonl(INADDR_LOOPBACK)},
                       .sin_zero = {}};
  const seccomp_notif call = Connect(socket.get(), to);
  kernel_.Add(call);
  EXPECT_EQ(kernel_.AnswerOf(call.id), 0);
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  EXPECT_EQ(getpeername(socket.get(), reinterpret_cast<sockaddr*>(&peer), &size), 0);
  EXPECT_EQ(peer.sin_port, to.sin_port);
}

// A thread id may be another's once its call is gone.
TEST_F(ListenerTest, PerformsNothingForACallerThatIsGone) {
  const base::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in to{.sin_family = AF_INET,
                       .sin_port = htons(9),
                       .sin_addr = {htonl(INADDR_LOOPBACK)},
                       .sin_zero = {}};
  const seccomp_notif call = Connect(socket.get(), to);
  kernel_.Die(call.id);
  kernel_.Add(call);
  const seccomp_notif next = Call(SYS_getpriority);
  kernel_.Add(next);
  EXPECT_EQ(kernel_.AnswerOf(next.id), EPERM);
  EXPECT_THAT(kernel_.Answers(), Not(Contains(Key(call.id))));
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  EXPECT_EQ(getpeername(socket.get(), reinterpret_cast<sockaddr*>(&peer), &size), -1);
}

TEST_F(ListenerTest, ACallThatWaitsHoldsUpNoOther) {
  const FullPort port;
  const base::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const seccomp_notif waiting = Connect(socket.get(), port.address);
  kernel_.Add(waiting);
  for (int i = 0; i < 3; ++i) {
    const seccomp_notif call = Call(SYS_getpriority);
    kernel_.Add(call);
    EXPECT_EQ(kernel_.AnswerOf(call.id), EPERM);
  }
  EXPECT_THAT(kernel_.Answers(), Not(Contains(Key(waiting.id))));
  EXPECT_THAT(calls_.LostOf(3), Contains(waiting.id));  // and a holder would know of it
  // Its caller's death frees the thread.
  kernel_.Die(waiting.id);
  while (blocked_.Sweep()) usleep(1000);
  EXPECT_THAT(kernel_.Answers(), Not(Contains(Key(waiting.id))));
  EXPECT_THAT(calls_.LostOf(3), Not(Contains(waiting.id)));
}

TEST_F(ListenerTest, HasAnEndOfThreads) {
  const FullPort port;
  std::vector<base::UniqueFd> sockets;
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < Listener::kMaxThreads + 8; ++i) {
    sockets.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const seccomp_notif call = Connect(sockets.back().get(), port.address);
    ids.push_back(call.id);
    kernel_.Add(call);
  }
  EXPECT_EQ(kernel_.AnswerOf(ids.back()), EAGAIN);
  const seccomp_notif call = Call(SYS_getpriority);
  kernel_.Add(call);
  EXPECT_EQ(kernel_.AnswerOf(call.id), EPERM);  // what needs no waiting goes on
  for (const std::uint64_t id : ids) kernel_.Die(id);
}

}  // namespace
}  // namespace stockade::supervisor
