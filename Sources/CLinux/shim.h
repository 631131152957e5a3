// The Linux calls that Swift's Glibc module does not show: epoll, eventfd, signalfd, and a few that glibc hides
// behind _GNU_SOURCE. Those are declared here by hand, because defining _GNU_SOURCE in a module's header breaks the
// merging of modules.
#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <fcntl.h>
#include <pthread.h>

extern int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
extern int pthread_setname_np(pthread_t thread, const char *name);

static inline int moot_accept(int descriptor, struct sockaddr *address, socklen_t *length) {
  return accept4(descriptor, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static inline int moot_duplicate(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 0); }

static inline int moot_name_this_thread(const char *name) { return pthread_setname_np(pthread_self(), name); }

static inline void moot_epoll_event_set(struct epoll_event *event, unsigned int events, unsigned long long data) {
  event->events = events;
  event->data.u64 = data;
}

static inline unsigned long long moot_epoll_event_data(const struct epoll_event *event) { return event->data.u64; }
