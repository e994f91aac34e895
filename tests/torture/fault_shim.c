/* Preloaded into a process, it counts the process's file operations below one folder
   (or its messages, where the "folder" is "socket:") and makes the one that is asked
   for fail, or kills the process there, or stops it for a while. It also sets the clock.
   What C libraries do is met as well as what Python does: SQLite and DuckDB write their
   files themselves. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static char folder[PATH_MAX];
static atomic_long seen;
static long first, last; /* fail from the first to the last of the operations */
static int fault;        /* an errno; -1 kills, -2 stops, 0 only tells */
static int report = -1;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void torture_arm(const char *where, long from, long until, int error, int report_to) {
    snprintf(folder, sizeof folder, "%s", where);
    seen = 0;
    first = from;
    last = until;
    fault = error;
    report = report_to;
}

/* The wall clock is so many seconds off, and so many more each time it is read. */
static atomic_long clock_off, clock_step;

void torture_clock(long off, long step) {
    clock_off = off;
    clock_step = step;
}

static long off_by(void) {
    return atomic_fetch_add(&clock_off, clock_step);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = REAL(clock_gettime)(clock, now);
    if (clock == CLOCK_REALTIME)
        now->tv_sec += off_by();
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    int result = REAL(gettimeofday)(now, zone);
    now->tv_sec += off_by();
    return result;
}

time_t time(time_t *now) {
    time_t result = REAL(time)(NULL) + off_by();
    if (now)
        *now = result;
    return result;
}

/* Whether an operation is to fail; it says which one it was. */
static int strikes(const char *operation, const char *path) {
    char text[PATH_MAX + 64];
    if (!folder[0] || strncmp(path, folder, strlen(folder)))
        return 0;
    long number = ++seen;
    if (number < first || number > last)
        return 0;
    if (number == first || !fault) {
        snprintf(text, sizeof text, "%s %s\n", operation, path);
        (void)!REAL(write)(report, text, strlen(text));
    }
    if (fault == -2)
        kill(getpid(), SIGSTOP);
    return fault != -2 && fault != 0;
}

static int fails(const char *operation, const char *path) {
    if (!strikes(operation, path))
        return 0;
    if (fault < 0)
        kill(getpid(), SIGKILL);
    errno = fault;
    return 1;
}

static const char *name_of(int handle, char *name) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t length = readlink(link, name, PATH_MAX - 1);
    name[length < 0 ? 0 : length] = 0;
    return name;
}

static int handle_fails(const char *operation, int handle) {
    char name[PATH_MAX];
    return folder[0] && fails(operation, name_of(handle, name));
}

static int path_fails(const char *operation, const char *path) {
    char whole[2 * PATH_MAX], here[PATH_MAX];
    if (!folder[0] || !path)
        return 0;
    if (path[0] == '/' || !getcwd(here, sizeof here))
        return fails(operation, path);
    snprintf(whole, sizeof whole, "%s/%s", here, path);
    return fails(operation, whole);
}

#define OPENS(name)                                                                 \
    int name(const char *path, int flags, ...) {                                    \
        va_list rest;                                                               \
        va_start(rest, flags);                                                      \
        mode_t mode = va_arg(rest, mode_t);                                         \
        va_end(rest);                                                               \
        return path_fails("open", path) ? -1 : REAL(name)(path, flags, mode);       \
    }
OPENS(open)
OPENS(open64)

#define OPENS_AT(name)                                                              \
    int name(int at, const char *path, int flags, ...) {                            \
        va_list rest;                                                               \
        va_start(rest, flags);                                                      \
        mode_t mode = va_arg(rest, mode_t);                                         \
        va_end(rest);                                                               \
        return path_fails("open", path) ? -1 : REAL(name)(at, path, flags, mode);   \
    }
OPENS_AT(openat)
OPENS_AT(openat64)

/* Half of the bytes are written before the error or the death; a connection that fails
   has failed in both directions. */
#define WRITES(name, parameters, half, whole)                                       \
    ssize_t name parameters {                                                       \
        char path[PATH_MAX];                                                        \
        if (folder[0] && strikes("write", name_of(handle, path))) {                 \
            if (size > 1)                                                           \
                (void)!REAL(name) half;                                             \
            if (fault < 0)                                                          \
                kill(getpid(), SIGKILL);                                            \
            shutdown(handle, SHUT_RDWR);                                            \
            errno = fault;                                                          \
            return -1;                                                              \
        }                                                                           \
        return REAL(name) whole;                                                    \
    }
WRITES(write, (int handle, const void *data, size_t size),
       (handle, data, size / 2), (handle, data, size))
WRITES(pwrite, (int handle, const void *data, size_t size, off_t offset),
       (handle, data, size / 2, offset), (handle, data, size, offset))
WRITES(pwrite64, (int handle, const void *data, size_t size, off64_t offset),
       (handle, data, size / 2, offset), (handle, data, size, offset))
WRITES(send, (int handle, const void *data, size_t size, int flags),
       (handle, data, size / 2, flags), (handle, data, size, flags))

#define BY_HANDLE(type, name, parameters, arguments)                                \
    type name parameters {                                                          \
        return handle_fails(#name, handle) ? -1 : REAL(name) arguments;             \
    }
BY_HANDLE(ssize_t, read, (int handle, void *data, size_t size), (handle, data, size))
BY_HANDLE(ssize_t, pread, (int handle, void *data, size_t size, off_t offset),
          (handle, data, size, offset))
BY_HANDLE(ssize_t, pread64, (int handle, void *data, size_t size, off64_t offset),
          (handle, data, size, offset))
BY_HANDLE(ssize_t, sendfile, (int handle, int from, off_t *offset, size_t size),
          (handle, from, offset, size))
BY_HANDLE(ssize_t, sendfile64, (int handle, int from, off64_t *offset, size_t size),
          (handle, from, offset, size))
BY_HANDLE(int, fsync, (int handle), (handle))
BY_HANDLE(int, fdatasync, (int handle), (handle))
BY_HANDLE(int, ftruncate, (int handle, off_t size), (handle, size))
BY_HANDLE(int, ftruncate64, (int handle, off64_t size), (handle, size))
BY_HANDLE(int, fchmod, (int handle, mode_t mode), (handle, mode))
BY_HANDLE(int, fchown, (int handle, uid_t user, gid_t group), (handle, user, group))
BY_HANDLE(int, flock, (int handle, int operation), (handle, operation))
BY_HANDLE(int, fstat, (int handle, struct stat *status), (handle, status))
BY_HANDLE(int, fstat64, (int handle, struct stat64 *status), (handle, status))

#define BY_PATH(name, parameters, arguments)                                        \
    int name parameters { return path_fails(#name, path) ? -1 : REAL(name) arguments; }
BY_PATH(rename, (const char *path, const char *to), (path, to))
BY_PATH(link, (const char *path, const char *to), (path, to))
BY_PATH(unlink, (const char *path), (path))
BY_PATH(unlinkat, (int at, const char *path, int flags), (at, path, flags))
BY_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
BY_PATH(rmdir, (const char *path), (path))
BY_PATH(chmod, (const char *path, mode_t mode), (path, mode))
BY_PATH(chown, (const char *path, uid_t user, gid_t group), (path, user, group))
BY_PATH(access, (const char *path, int mode), (path, mode))
BY_PATH(stat, (const char *path, struct stat *status), (path, status))
BY_PATH(stat64, (const char *path, struct stat64 *status), (path, status))
BY_PATH(lstat, (const char *path, struct stat *status), (path, status))
BY_PATH(lstat64, (const char *path, struct stat64 *status), (path, status))
