// errno.h of client units; errno is the thread's own.
#pragma once

#include_next <errno.h>

#define EPERM 1
#define ENOENT 2
#define EIO 5
#define EBADF 9
#define ENOMEM 12
#define EACCES 13
#define EEXIST 17

WDK_BEGIN
int* fltsim_errno(void);
WDK_END
#define errno (*fltsim_errno())
