#include "daemon/identities.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "lib/os/fd.h"
#include "lib/os/signals.h"
#include "lib/os/users.h"

namespace troupe {

namespace {

Identity refuse(std::string_view stage, const std::string& subject, const Error& error) {
  const int number = error.code == Code::not_found ? ENOENT : EIO;
  Identity identity;
  identity.failure = core::SpawnFailure{stage, number, subject, error.text};
  return identity;
}

}  // namespace

Identity look_up_identity(const Account& account) {
  Identity identity;
  os::User user;
  if (account.user) {
    auto found = os::find_user(*account.user);
    if (!found) return refuse("user", *account.user, found.error());
    user = *std::move(found);
    identity.uid = user.uid;
    identity.gid = user.gid;
    identity.name = user.name;
  }
  if (account.group) {
    auto found = os::find_group(*account.group);
    if (!found) return refuse("group", *account.group, found.error());
    identity.gid = *found;
  }
  if (identity.gid) {
    identity.groups =
        user.name.empty() ? std::vector<gid_t>{*identity.gid} : os::find_groups_of(user.name, *identity.gid);
  }
  return identity;
}

/// Where questions and answers lie. The thread has no other memory of ours.
struct Identities::Desk {
  explicit Desk(LookUp how) : look_up(how), answered(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  const LookUp look_up;
  const os::Fd answered;
  std::mutex mutex;
  std::condition_variable asked;
  std::deque<Account> questions;
  std::vector<std::pair<Account, Identity>> answers;
  bool closed = false;

  static void* serve(void* argument) {
    const std::unique_ptr<std::shared_ptr<Desk>> desk(static_cast<std::shared_ptr<Desk>*>(argument));
    (*desk)->work();
    return nullptr;
  }

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      asked.wait(lock, [this] { return closed || !questions.empty(); });
      if (closed) return;
      Account account = std::move(questions.front());
      questions.pop_front();
      lock.unlock();
      Identity identity = look_up(account);
      lock.lock();
      answers.emplace_back(std::move(account), std::move(identity));
      (void)eventfd_write(answered.get(), 1);
    }
  }
};

Identities::Identities(loop::Loop& loop, OnAnswer on_answer, LookUp look_up)
    : loop_(loop), on_answer_(on_answer), look_up_(look_up) {}

Identities::~Identities() {
  watch_.reset();
  if (!desk_) return;
  const std::lock_guard lock(desk_->mutex);
  desk_->closed = true;
  desk_->asked.notify_one();
}

const Identity* Identities::find(const Account& account, Instant now) {
  static const Identity as_the_daemon;
  if (!account.user && !account.group) return &as_the_daemon;
  const auto found = known_.find(account);
  const bool fresh = found != known_.end() && now < found->second.until;
  if (!fresh) ask(account);
  const auto known = known_.find(account);  // without a thread the answer is there already
  if (known == known_.end()) return nullptr;
  const bool serves = now < known->second.until || !known->second.identity.failure;
  return serves ? &known->second.identity : nullptr;
}

void Identities::ask(const Account& account) {
  if (!asked_.insert(account).second) return;
  if (!desk_) {
    auto desk = std::make_shared<Desk>(look_up_);
    auto share = std::make_unique<std::shared_ptr<Desk>>(desk);
    const os::AllSignalsBlocked blocked;  // the thread keeps that: signals are the loop's
    pthread_t thread;
    if (!desk->answered || pthread_create(&thread, nullptr, Desk::serve, share.get()) != 0) {
      asked_.erase(account);
      return remember(account, look_up_(account));  // better late than never
    }
    (void)share.release();
    pthread_detach(thread);  // a server that is gone holds it for long
    desk_ = std::move(desk);
    watch_ = std::make_unique<loop::FdWatch>(loop_, desk_->answered.get(), loop::Ready{.readable = true},
                                             loop::FdWatch::OnReady::to<&Identities::on_answers>(*this));
  }
  const std::lock_guard lock(desk_->mutex);
  desk_->questions.push_back(account);
  desk_->asked.notify_one();
}

/// One after the other, so that an answer is used before the next may push it out.
void Identities::on_answers(loop::Ready) {
  eventfd_t count;
  (void)eventfd_read(desk_->answered.get(), &count);
  std::vector<std::pair<Account, Identity>> answers;
  {
    const std::lock_guard lock(desk_->mutex);
    answers.swap(desk_->answers);
  }
  for (auto& [account, identity] : answers) {
    asked_.erase(account);
    remember(account, std::move(identity));
    on_answer_();
  }
}

void Identities::remember(const Account& account, Identity identity) {
  if (known_.count(account) == 0 && known_.size() >= most) known_.clear();
  known_[account] = {std::move(identity), loop_.now() + kept_for};
}

bool Identities::is_news(const std::string& watcher, const std::string& user) {
  if (told_.size() >= most) told_.clear();
  return told_.emplace(watcher, user).second;
}

}  // namespace troupe
