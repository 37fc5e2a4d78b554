#include "include/cplatform.h"

#include <signal.h>
#include <unistd.h>

static pthread_t watcher;

static void handle(int number, siginfo_t *info, void *context) {
    (void)context;
    if (info->si_code == BUS_ADRERR) {
        pthread_kill(watcher, number);
        // There is nothing to go on with.
        for (;;) { pause(); }
    }
    // A mistake of the program, which happens once more when this returns, or a signal that somebody sent.
    signal(number, SIG_DFL);
    if (info->si_code <= 0) { raise(number); }
}

void cp_tell_of_lost_memory(pthread_t thread) {
    watcher = thread;
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}
