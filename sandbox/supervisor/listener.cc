// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/listener.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "sandbox/supervisor/acting_as.h"

namespace stockade::supervisor {
namespace {

constexpr std::size_t kStack = 128U << 10;
constexpr int kSpareThreads = 1;  // that may wait to receive; more of them end

struct Beginning {
  Listener* listener;
  int slot;
};

void* Body(void* argument) {
  const std::unique_ptr<Beginning> own(static_cast<Beginning*>(argument));
  own->listener->Run(own->slot);
  return nullptr;
}

}  // namespace

Listener::Listener(std::unique_ptr<NotificationSource> source, const Context& context,
                   const ListenerFacts& facts)
    : source_(std::move(source)),
      targets_(context.proc),
      settled_(facts.settled && context.rule.refuse_namespaces && !context.rule.complain, targets_,
               context.proc, context.own_fds),
      services_{.source = *source_,
                .targets = targets_,
                .events = context.events,
                .rule = context.rule,
                .proc = context.proc,
                .own_fds = context.own_fds,
                .own_root = context.own_root,
                .same_user_namespace = facts.same_user_namespace,
                .names = facts.names,
                .memory = context.memory,
                .settled = settled_,
                .orders = context.orders,
                .home = facts.home},
      blocked_(context.blocked),
      calls_(context.calls),
      number_(facts.number) {}

bool Listener::Start() { return AddThread(); }

bool Listener::AddThread() {
  if (threads_.fetch_add(1) >= kMaxThreads) {
    --threads_;
    return false;
  }
  auto beginning = std::make_unique<Beginning>(Beginning{this, calls_.Acquire()});
  const int slot = beginning->slot;
  pthread_attr_t attributes;
  pthread_t thread{};
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStack);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  const bool made = slot >= 0 && pthread_create(&thread, &attributes, Body, beginning.get()) == 0;
  pthread_attr_destroy(&attributes);
  if (made) {
    (void)beginning.release();  // the thread's
    return true;
  }
  if (slot >= 0) calls_.Release(slot);
  --threads_;
  return false;
}

void Listener::Interrupt() {
  if (Over()) return;
  const pid_t receiver = receiver_.load();
  if (receiver != 0) (void)syscall(SYS_tgkill, getpid(), receiver, kInterrupt);
}

void Listener::Answer(std::uint64_t id, const Reply& reply) {
  if (reply.error >= 0) source_->Answer(id, reply.value, reply.error);
}

std::unique_ptr<Operation> Listener::Handle(const seccomp_notif& call) {
  Prepared prepared = Prepare(services_, call);
  if (prepared.go_on) source_->GoOn(call.id);
  if (prepared.reply) Answer(call.id, *prepared.reply);
  if (prepared.operation == nullptr) return nullptr;
  if (const auto reply = prepared.operation->Try()) {
    prepared.operation.reset();  // with what it has open of the caller's
    Answer(call.id, *reply);
    return nullptr;
  }
  if (idle_.load() > 0 || AddThread()) return std::move(prepared.operation);
  source_->Answer(call.id, 0, EAGAIN);
  return nullptr;
}

std::unique_ptr<Operation> Listener::Serve(int slot, std::uint64_t& id) {
  seccomp_notif call;
  for (;;) {
    const Received received = source_->Receive(call);
    if (received == Received::kEnd) return nullptr;
    if (received == Received::kAgain) continue;
    calls_.Begin(slot, number_, call.id);
    if (auto operation = Handle(call)) {
      id = call.id;
      return operation;
    }
    calls_.End(slot);
  }
}

void Listener::Run(int slot) {
  if (!BeginAtHome(services_.own_root)) abort();
  for (;;) {
    std::uint64_t id = 0;
    ++idle_;
    std::unique_lock receiving(receiving_);
    --idle_;
    if (over_.load()) break;
    receiver_ = gettid();
    std::unique_ptr<Operation> operation = Serve(slot, id);
    if (operation == nullptr) over_ = true;
    receiver_ = 0;
    receiving.unlock();
    if (operation == nullptr) break;
    {
      const BlockedCalls::Entry entry(blocked_, *source_, id);
      const auto reply = operation->Perform([&] { return source_->IsWaiting(id); });
      operation.reset();  // with what it has open of the caller's
      if (reply) Answer(id, *reply);
    }
    calls_.End(slot);
    if (idle_.load() > kSpareThreads) break;
  }
  calls_.Release(slot);
  --threads_;
}

}  // namespace stockade::supervisor
