// stdio.h of client units: files and the console. Text files translate line ends, as on Windows; the console is UTF-8.
#pragma once

#include_next <stdio.h>

typedef struct fltsim_file FILE;
typedef long long fpos_t;
#define EOF (-1)
#ifndef NULL
#define NULL ((void*)0)
#endif
#define BUFSIZ 512
#define FILENAME_MAX 260
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#define _IOFBF 0x0000
#define _IOLBF 0x0040
#define _IONBF 0x0004
#define stdin (fltsim_standard_file(0))
#define stdout (fltsim_standard_file(1))
#define stderr (fltsim_standard_file(2))

WDK_BEGIN

FILE* fltsim_standard_file(int number);

CRT(FILE*, fopen, (const char* path, const char* mode));
CRT(errno_t, fopen_s, (FILE * *file, const char* path, const char* mode));
CRT(FILE*, _fsopen, (const char* path, const char* mode, int share));
CRT(FILE*, _wfopen, (const wchar_t* path, const wchar_t* mode));
CRT(errno_t, _wfopen_s, (FILE * *file, const wchar_t* path, const wchar_t* mode));
CRT(FILE*, _wfsopen, (const wchar_t* path, const wchar_t* mode, int share));
// stdout and stderr to a file; another stream gives NULL and EINVAL.
CRT(FILE*, freopen, (const char* path, const char* mode, FILE* file));
CRT(errno_t, freopen_s, (FILE * *result, const char* path, const char* mode, FILE* file));
CRT(int, fclose, (FILE * file));
CRT(int, fflush, (FILE * file));
CRT(size_t, fread, (void* to, size_t size, size_t count, FILE* file));
CRT(size_t, fwrite, (const void* from, size_t size, size_t count, FILE* file));
CRT(int, fseek, (FILE * file, int offset, int origin));
CRT(int, _fseeki64, (FILE * file, long long offset, int origin));
CRT(int, ftell, (FILE * file));
CRT(long long, _ftelli64, (FILE * file));
CRT(void, rewind, (FILE * file));
CRT(int, feof, (FILE * file));
CRT(int, ferror, (FILE * file));
CRT(void, clearerr, (FILE * file));
CRT(int, setvbuf, (FILE * file, char* buffer, int mode, size_t size));
CRT(void, setbuf, (FILE * file, char* buffer));
CRT(int, _fileno, (FILE * file));
CRT(int, remove, (const char* path));
CRT(int, rename, (const char* from, const char* to));
CRT(void, perror, (const char* text));

CRT(int, fgetc, (FILE * file));
CRT(int, ungetc, (int unit, FILE* file));
CRT(char*, fgets, (char* to, int size, FILE* file));
CRT(int, fputc, (int unit, FILE* file));
CRT(int, fputs, (const char* text, FILE* file));
CRT(int, puts, (const char* text));
CRT(int, getchar, (void));
CRT(int, putchar, (int unit));
CRT(char*, gets_s, (char* to, size_t size));
#define getc fgetc
#define putc fputc

CRT(int, printf, (const char* format, ...));
CRT(int, vprintf, (const char* format, va_list arguments));
CRT(int, fprintf, (FILE * file, const char* format, ...));
CRT(int, vfprintf, (FILE * file, const char* format, va_list arguments));
CRT(int, _scprintf, (const char* format, ...));
CRT(int, _vscprintf, (const char* format, va_list arguments));
CRT(int, scanf, (const char* format, ...));
CRT(int, fscanf, (FILE * file, const char* format, ...));
CRT(int, sscanf, (const char* text, const char* format, ...));
CRT(int, scanf_s, (const char* format, ...));
CRT(int, fscanf_s, (FILE * file, const char* format, ...));
CRT(int, sscanf_s, (const char* text, const char* format, ...));
#define printf_s printf
#define fprintf_s fprintf
#define vprintf_s vprintf
#define vfprintf_s vfprintf

CRT(wint_t, fgetwc, (FILE * file));
CRT(wchar_t*, fgetws, (wchar_t * to, int size, FILE* file));
CRT(wint_t, fputwc, (wchar_t unit, FILE* file));
CRT(int, fputws, (const wchar_t* text, FILE* file));
CRT(int, _putws, (const wchar_t* text));
CRT(wint_t, getwchar, (void));
CRT(wint_t, putwchar, (wchar_t unit));
CRT(int, wprintf, (const wchar_t* format, ...));
CRT(int, vwprintf, (const wchar_t* format, va_list arguments));
CRT(int, fwprintf, (FILE * file, const wchar_t* format, ...));
CRT(int, vfwprintf, (FILE * file, const wchar_t* format, va_list arguments));
CRT(int, _scwprintf, (const wchar_t* format, ...));
CRT(int, _vscwprintf, (const wchar_t* format, va_list arguments));
CRT(int, wscanf_s, (const wchar_t* format, ...));
CRT(int, swscanf, (const wchar_t* text, const wchar_t* format, ...));
CRT(int, swscanf_s, (const wchar_t* text, const wchar_t* format, ...));
#define wprintf_s wprintf
#define fwprintf_s fwprintf
#define _snprintf_c snprintf

WDK_END
