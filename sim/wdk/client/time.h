// time.h of client units: the machine's time, which is virtual on a seeded one; its time zone is UTC.
#pragma once

#include <crt.h>

typedef long long time_t;
typedef long long __time64_t;
typedef int clock_t;
#define CLOCKS_PER_SEC 1000

struct tm {
  int tm_sec;
  int tm_min;
  int tm_hour;
  int tm_mday;
  int tm_mon;
  int tm_year;
  int tm_wday;
  int tm_yday;
  int tm_isdst;
};

WDK_BEGIN

CRT(time_t, time, (time_t * now));
CRT(clock_t, clock, (void));
CRT(struct tm*, gmtime, (const time_t* time));
CRT(struct tm*, localtime, (const time_t* time));
CRT(errno_t, gmtime_s, (struct tm * to, const time_t* time));
CRT(errno_t, localtime_s, (struct tm * to, const time_t* time));
CRT(time_t, mktime, (struct tm * time));
CRT(double, difftime, (time_t end, time_t begin));
CRT(size_t, strftime, (char* to, size_t size, const char* format, const struct tm* time));
CRT(char*, asctime, (const struct tm* time));
CRT(char*, ctime, (const time_t* time));
#define _time64 time

WDK_END
