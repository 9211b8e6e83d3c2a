// time.h, over the machine's clock.
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <windows.h>

#define TICKS_PER_SECOND 10000000LL
#define SECONDS_TO_1970 11644473600LL

static long long ticks_now(void) {
  FILETIME now;
  GetSystemTimeAsFileTime(&now);
  return (long long)((unsigned long long)now.dwHighDateTime << 32 | now.dwLowDateTime);
}

time_t time(time_t* now) {
  const time_t seconds = ticks_now() / TICKS_PER_SECOND - SECONDS_TO_1970;
  if (now != NULL) *now = seconds;
  return seconds;
}

clock_t clock(void) {
  // Since the program's first call: what is measured are differences.
  static LONG64 first;
  const LONG64 now = (LONG64)GetTickCount64();
  InterlockedCompareExchange64(&first, now + 1, 0);
  return (clock_t)(now + 1 - first);
}

double difftime(time_t end, time_t begin) { return (double)(end - begin); }

errno_t gmtime_s(struct tm* to, const time_t* time) {
  static const short kDaysBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  if (to == NULL || time == NULL || *time < 0) return EINVAL;
  FILETIME file_time;
  SYSTEMTIME parts;
  const unsigned long long ticks = (unsigned long long)(*time + SECONDS_TO_1970) * TICKS_PER_SECOND;
  file_time.dwLowDateTime = (DWORD)ticks;
  file_time.dwHighDateTime = (DWORD)(ticks >> 32);
  if (!FileTimeToSystemTime(&file_time, &parts)) return EINVAL;
  const int leap = parts.wYear % 4 == 0 && (parts.wYear % 100 != 0 || parts.wYear % 400 == 0);
  to->tm_sec = parts.wSecond;
  to->tm_min = parts.wMinute;
  to->tm_hour = parts.wHour;
  to->tm_mday = parts.wDay;
  to->tm_mon = parts.wMonth - 1;
  to->tm_year = parts.wYear - 1900;
  to->tm_wday = parts.wDayOfWeek;
  to->tm_yday = kDaysBefore[parts.wMonth - 1] + parts.wDay - 1 + (leap && parts.wMonth > 2);
  to->tm_isdst = 0;
  return 0;
}

errno_t localtime_s(struct tm* to, const time_t* time) { return gmtime_s(to, time); }

struct tm* gmtime(const time_t* time) {
  static _Thread_local struct tm result;
  return gmtime_s(&result, time) == 0 ? &result : NULL;
}

struct tm* localtime(const time_t* time) {
  return gmtime(time);
}

time_t mktime(struct tm* parts) {
  // Days by the civil calendar; months and days beyond their range carry over.
  long long year =
      parts->tm_year + 1900LL + (parts->tm_mon >= 0 ? parts->tm_mon / 12 : -((11 - parts->tm_mon) / 12));
  long long month = ((parts->tm_mon % 12) + 12) % 12 + 1;
  year -= month <= 2;
  const long long era = (year >= 0 ? year : year - 399) / 400;
  const long long of_era = year - era * 400;
  const long long of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + parts->tm_mday - 1;
  const long long days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
  const time_t seconds = days * 86400 + parts->tm_hour * 3600LL + parts->tm_min * 60LL + parts->tm_sec;
  return gmtime_s(parts, &seconds) == 0 ? seconds : -1;
}

static const char* const kDays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                    "Thursday", "Friday", "Saturday"};
static const char* const kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                      "July",    "August",   "September", "October", "November", "December"};

size_t strftime(char* to, size_t size, const char* format, const struct tm* time) {
  size_t at = 0;
  for (; *format != 0; ++format) {
    char part[64];
    part[0] = *format;
    part[1] = 0;
    if (*format == '%') {
      ++format;
      if (*format == '#') ++format;
      const int hour12 = time->tm_hour % 12 == 0 ? 12 : time->tm_hour % 12;
      switch (*format) {
        case 'Y':
          sprintf_s(part, sizeof(part), "%d", time->tm_year + 1900);
          break;
        case 'y':
          sprintf_s(part, sizeof(part), "%02d", time->tm_year % 100);
          break;
        case 'm':
          sprintf_s(part, sizeof(part), "%02d", time->tm_mon + 1);
          break;
        case 'd':
          sprintf_s(part, sizeof(part), "%02d", time->tm_mday);
          break;
        case 'H':
          sprintf_s(part, sizeof(part), "%02d", time->tm_hour);
          break;
        case 'I':
          sprintf_s(part, sizeof(part), "%02d", hour12);
          break;
        case 'M':
          sprintf_s(part, sizeof(part), "%02d", time->tm_min);
          break;
        case 'S':
          sprintf_s(part, sizeof(part), "%02d", time->tm_sec);
          break;
        case 'j':
          sprintf_s(part, sizeof(part), "%03d", time->tm_yday + 1);
          break;
        case 'w':
          sprintf_s(part, sizeof(part), "%d", time->tm_wday);
          break;
        case 'p':
          strcpy_s(part, sizeof(part), time->tm_hour < 12 ? "AM" : "PM");
          break;
        case 'a':
          sprintf_s(part, sizeof(part), "%.3s", kDays[time->tm_wday]);
          break;
        case 'A':
          strcpy_s(part, sizeof(part), kDays[time->tm_wday]);
          break;
        case 'b':
          sprintf_s(part, sizeof(part), "%.3s", kMonths[time->tm_mon]);
          break;
        case 'B':
          strcpy_s(part, sizeof(part), kMonths[time->tm_mon]);
          break;
        case 'F':
          strftime(part, sizeof(part), "%Y-%m-%d", time);
          break;
        case 'T':
        case 'X':
          strftime(part, sizeof(part), "%H:%M:%S", time);
          break;
        case 'D':
        case 'x':
          strftime(part, sizeof(part), "%m/%d/%y", time);
          break;
        case 'c':
          strftime(part, sizeof(part), "%a %b %d %H:%M:%S %Y", time);
          break;
        case 'z':
          strcpy_s(part, sizeof(part), "+0000");
          break;
        case 'Z':
          strcpy_s(part, sizeof(part), "UTC");
          break;
        case '%':
          break;
        default:
          return 0;
      }
    }
    const size_t length = strlen(part);
    if (at + length + 1 > size) return 0;
    memcpy(to + at, part, length);
    at += length;
  }
  if (size == 0) return 0;
  to[at] = 0;
  return at;
}

char* asctime(const struct tm* time) {
  static _Thread_local char text[32];
  return strftime(text, sizeof(text), "%a %b %d %H:%M:%S %Y\n", time) != 0 ? text : NULL;
}

char* ctime(const time_t* time) {
  const struct tm* const parts = localtime(time);
  return parts != NULL ? asctime(parts) : NULL;
}

char* setlocale(int category, const char* name) {
  static char c_locale[] = "C";
  (void)category;
  if (name == NULL || *name == 0 || strcmp(name, "C") == 0) return c_locale;
  const size_t length = strlen(name);
  if (length >= 5 && _stricmp(name + length - 5, "utf-8") == 0) return c_locale;
  if (length >= 4 && _stricmp(name + length - 4, "utf8") == 0) return c_locale;
  return NULL;
}

wchar_t* _wsetlocale(int category, const wchar_t* name) {
  static wchar_t c_locale[] = L"C";
  char narrow[64];
  if (name != NULL) sprintf_s(narrow, sizeof(narrow), "%ws", name);
  return setlocale(category, name != NULL ? narrow : NULL) != NULL ? c_locale : NULL;
}
