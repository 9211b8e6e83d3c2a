#include <errno.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"

void check_files(void) {
  DWORD count = 0;
  char text[64];
  CHECK(CreateDirectoryW(L"C:\\work", NULL));
  CHECK_ERROR(CreateDirectoryW(L"C:\\work", NULL), ERROR_ALREADY_EXISTS);
  CHECK(SetCurrentDirectoryW(L"C:\\work"));
  HANDLE file = CreateFileW(L"a.txt", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                            FILE_ATTRIBUTE_NORMAL, NULL);
  CHECK(file != INVALID_HANDLE_VALUE && GetLastError() == ERROR_SUCCESS);
  CHECK(WriteFile(file, "hello world", 11, &count, NULL) && count == 11);
  CHECK(SetFilePointer(file, 6, NULL, FILE_BEGIN) == 6);
  CHECK(ReadFile(file, text, 64, &count, NULL) && count == 5 && memcmp(text, "world", 5) == 0);
  CHECK(ReadFile(file, text, 64, &count, NULL) && count == 0);
  LARGE_INTEGER size, place;
  place.QuadPart = -5;
  CHECK(SetFilePointerEx(file, place, &size, FILE_END) && size.QuadPart == 6);
  CHECK_ERROR(SetFilePointerEx(file, (LARGE_INTEGER){.QuadPart = -7}, NULL, FILE_CURRENT),
              ERROR_NEGATIVE_SEEK);
  CHECK(SetEndOfFile(file) && GetFileSizeEx(file, &size) && size.QuadPart == 6 &&
        GetFileSize(file, NULL) == 6);
  CHECK(FlushFileBuffers(file) && GetFileType(file) == FILE_TYPE_DISK);
  OVERLAPPED at = {0};
  at.Offset = 1;
  at.hEvent = CreateEvent(NULL, TRUE, FALSE, NULL);
  CHECK(ReadFile(file, text, 3, &count, &at) && count == 3 && memcmp(text, "ell", 3) == 0);
  CHECK(WaitForSingleObject(at.hEvent, 0) == WAIT_OBJECT_0 && HasOverlappedIoCompleted(&at));
  CHECK(GetOverlappedResult(file, &at, &count, TRUE) && count == 3);
  CHECK(GetOverlappedResultEx(file, &at, &count, 0, FALSE) && count == 3);
  at.Offset = 100;
  CHECK_ERROR(ReadFile(file, text, 3, &count, &at), ERROR_HANDLE_EOF);
  CloseHandle(at.hEvent);
  CHECK_ERROR(CreateFileA("a.txt", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) != INVALID_HANDLE_VALUE,
              ERROR_SHARING_VIOLATION);
  BY_HANDLE_FILE_INFORMATION information;
  FILETIME written;
  CHECK(GetFileInformationByHandle(file, &information) && information.nFileSizeLow == 6 &&
        information.nNumberOfLinks == 1);
  CHECK(GetFileTime(file, NULL, NULL, &written) &&
        CompareFileTime(&written, &information.ftLastWriteTime) == 0);
  CHECK(CloseHandle(file));
  CHECK_ERROR(CreateFileW(L"a.txt", GENERIC_READ, 0, NULL, CREATE_NEW, 0, NULL) != INVALID_HANDLE_VALUE,
              ERROR_FILE_EXISTS);
  CHECK_ERROR(CreateFileW(L"none", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) != INVALID_HANDLE_VALUE,
              ERROR_FILE_NOT_FOUND);
  CHECK_ERROR(CreateFileW(L"no\\ne", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) != INVALID_HANDLE_VALUE,
              ERROR_PATH_NOT_FOUND);
  CHECK_ERROR(CreateFileW(L"C:\\work", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) != INVALID_HANDLE_VALUE,
              ERROR_ACCESS_DENIED);
  file = CreateFileW(L"\\\\?\\C:\\work\\a.txt", GENERIC_READ, 7, NULL, OPEN_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE,
                     NULL);
  CHECK(file != INVALID_HANDLE_VALUE && GetLastError() == ERROR_ALREADY_EXISTS && CloseHandle(file));
  CHECK(GetFileAttributesW(L"a.txt") == INVALID_FILE_ATTRIBUTES);

  FILE* out = fopen("b.txt", "w");
  CHECK(out != NULL && fprintf(out, "one %d\ntwo\n", 1) == 10 && fclose(out) == 0);
  CHECK(GetFileAttributesA("b.txt") == FILE_ATTRIBUTE_ARCHIVE &&
        SetFileAttributesW(L"b.txt", FILE_ATTRIBUTE_HIDDEN) &&
        GetFileAttributesW(L"b.txt") == FILE_ATTRIBUTE_HIDDEN &&
        SetFileAttributesA("b.txt", FILE_ATTRIBUTE_NORMAL));
  CHECK(CopyFileW(L"b.txt", L"c.txt", TRUE));
  CHECK_ERROR(CopyFileA("b.txt", "c.txt", TRUE), ERROR_FILE_EXISTS);
  CHECK(MoveFileW(L"c.txt", L"d.txt") && MoveFileExA("d.txt", "b.txt", MOVEFILE_REPLACE_EXISTING));
  CHECK_ERROR(MoveFileA("none", "x"), ERROR_FILE_NOT_FOUND);
  CHECK(CreateHardLinkW(L"e.txt", L"b.txt", NULL) && MoveFileExW(L"e.txt", L"f.txt", 0));
  CHECK(CreateDirectoryA("sub", NULL));

  WIN32_FIND_DATAW found;
  int files = 0, directories = 0;
  HANDLE search = FindFirstFileW(L"C:\\work\\*", &found);
  do {
    if ((found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
      ++directories;
    } else {
      ++files;
      CHECK(found.nFileSizeLow == 12);  // with its line ends of two bytes
    }
  } while (FindNextFileW(search, &found));
  CHECK(GetLastError() == ERROR_NO_MORE_FILES && FindClose(search) && files == 2 && directories == 3);
  WIN32_FIND_DATAA narrow;
  search = FindFirstFileA("?.txt", &narrow);
  CHECK(search != INVALID_HANDLE_VALUE && strcmp(narrow.cFileName, "b.txt") == 0 &&
        FindNextFileA(search, &narrow) && strcmp(narrow.cFileName, "f.txt") == 0 && FindClose(search));
  CHECK_ERROR(FindFirstFileW(L"*.doc", &found) != INVALID_HANDLE_VALUE, ERROR_FILE_NOT_FOUND);
  CHECK(DeleteFileW(L"b.txt") && DeleteFileA("f.txt") && RemoveDirectoryA("sub"));
  CHECK_ERROR(DeleteFileW(L"b.txt"), ERROR_FILE_NOT_FOUND);

  wchar_t wide[MAX_PATH];
  LPWSTR part = NULL;
  CHECK(GetFullPathNameW(L"x\\..\\y/z.txt", MAX_PATH, wide, &part) == 15 &&
        wcscmp(wide, L"C:\\work\\y\\z.txt") == 0 && wcscmp(part, L"z.txt") == 0);
  CHECK(GetFullPathNameA("q", 64, text, NULL) == 9 && strcmp(text, "C:\\work\\q") == 0);
  CHECK(GetCurrentDirectoryW(MAX_PATH, wide) == 7 && GetTempPathW(MAX_PATH, wide) == 16);
  CHECK(SetCurrentDirectoryW(L"C:\\") && RemoveDirectoryW(L"C:\\work"));

  CHECK(GetLogicalDrives() == 4 && GetDriveTypeW(L"C:\\") == DRIVE_FIXED &&
        GetDriveTypeA("Q:\\") == DRIVE_NO_ROOT_DIR);
  CHECK(QueryDosDeviceW(L"C:", wide, MAX_PATH) != 0 && wcscmp(wide, L"\\Device\\HarddiskVolume1") == 0);
  CHECK(QueryDosDeviceA("C:", text, 64) != 0 && strcmp(text, "\\Device\\HarddiskVolume1") == 0);
  CHECK_ERROR(QueryDosDeviceW(L"Q:", wide, MAX_PATH), ERROR_FILE_NOT_FOUND);
  CHECK(GetVolumePathNameW(L"C:\\a\\b", wide, MAX_PATH) && wcscmp(wide, L"C:\\") == 0);
  DWORD serial = 0;
  CHECK(GetVolumeInformationW(L"C:\\", NULL, 0, &serial, NULL, NULL, wide, MAX_PATH) &&
        wcscmp(wide, L"NTFS") == 0);
  ULARGE_INTEGER available, total;
  CHECK(GetDiskFreeSpaceExW(L"C:\\", &available, &total, NULL) && available.QuadPart <= total.QuadPart);
}

void check_stdio(void) {
  char line[64];
  wchar_t wide[64];
  FILE* file = NULL;
  CHECK(fopen_s(&file, "C:\\t.txt", "w+") == 0);
  CHECK(fputs("first\n", file) == 0 && fputc('x', file) == 'x' && fwprintf(file, L"\x00e4%d\n", 5) == 3);
  CHECK(fseek(file, 0, SEEK_SET) == 0 && fgets(line, 64, file) == line && strcmp(line, "first\n") == 0);
  CHECK(ftell(file) == 7 && fgetc(file) == 'x' && ungetc('y', file) == 'y' && fgetc(file) == 'y');
  CHECK(fgetws(wide, 64, file) == wide && wcscmp(wide,
                                                 L"\x00e4"
                                                 L"5\n") == 0);
  CHECK(fgetc(file) == EOF && feof(file) && !ferror(file));
  rewind(file);
  CHECK(!feof(file) && fscanf(file, "%63s", line) == 1 && strcmp(line, "first") == 0 && fflush(file) == 0 &&
        fclose(file) == 0);
  file = fopen("C:\\t.txt", "ab");
  CHECK(fwrite("end", 1, 3, file) == 3 && fclose(file) == 0);
  file = _wfopen(L"C:\\t.txt", L"rb");
  CHECK(fread(line, 1, 64, file) == 16 && memcmp(line, "first\r\nx", 8) == 0 &&
        memcmp(line + 13, "end", 3) == 0);
  CHECK(fputc('x', file) == EOF && ferror(file) && fclose(file) == 0);
  CHECK(rename("C:\\t.txt", "C:\\u.txt") == 0 && remove("C:\\u.txt") == 0 && remove("C:\\u.txt") == -1 &&
        errno == ENOENT);
  CHECK(fopen("C:\\none", "r") == NULL && errno == ENOENT);
  CHECK(_isatty(_fileno(stdout)) && _fileno(stdin) == 0);
  CHECK(scanf("%d", &(int){0}) == 0 && getchar() == 't' && scanf_s("%s", line, 64) == 1 &&
        strcmp(line, "yped") == 0);
}

void check_text(void) {
  char text[64];
  wchar_t wide[64];
  CHECK(sprintf_s(text, 64, "%5d|%-5d|%05d|%+d|%x|%#X|%o", 42, 42, 42, 42, 255, 255, 8) == 32 &&
        strcmp(text, "   42|42   |00042|+42|ff|0XFF|10") == 0);
  CHECK(sprintf_s(text, 64, "%I64d %lld %lu %Iu %hd", -1ll, 2ll, (ULONG)3, (SIZE_T)4, 65537) > 0 &&
        strcmp(text, "-1 2 3 4 1") == 0);
  CHECK(sprintf_s(text, 64, "%.2f %8.3e %g", 3.14159, 12345.678, 0.5) > 0 &&
        strcmp(text, "3.14 1.235e+04 0.5") == 0);
  CHECK(sprintf_s(text, 64, "%s %.2s %ws %S %c", "ab", "xyz", L"w\x00e4", L"S", 'c') > 0 &&
        strcmp(text, "ab xy w\xc3\xa4 S c") == 0);
  CHECK(swprintf_s(wide, 64, L"%s %S %hs %ls %c", L"w", "n", "h", L"l", L'c') == 9 &&
        wcscmp(wide, L"w n h l c") == 0);
  CHECK(sprintf_s(text, 64, "%p", (void*)0x1234) == 16 && strcmp(text, "0000000000001234") == 0);
  CHECK(_snprintf(text, 4, "%d", 123456) == -1 && snprintf(text, 4, "%d", 123456) == 6 &&
        strcmp(text, "123") == 0);
  CHECK(_scprintf("%d", 1234) == 4 && _scwprintf(L"%d", 12345) == 5);
  int a = 0, b = 0, at = 0;
  unsigned long long big = 0;
  double real = 0;
  CHECK(sscanf("12 0x1f rest", "%d %i %63s%n", &a, &b, text, &at) == 3 && a == 12 && b == 31 &&
        strcmp(text, "rest") == 0 && at == 12);
  CHECK(sscanf_s("k=v;9", "%[^=]=%c;%I64u", text, 64, text + 32, 1, &big) == 3 && strcmp(text, "k") == 0 &&
        text[32] == 'v' && big == 9);
  CHECK(sscanf("2.5e1", "%lf", &real) == 1 && real == 25.0 && sscanf("", "%d", &a) == EOF);
  CHECK(swscanf_s(L"7 seven", L"%d %s", &a, wide, 64) == 2 && a == 7 && wcscmp(wide, L"seven") == 0);
  CHECK(MultiByteToWideChar(CP_ACP, 0, "\xc3\xa4x", -1, wide, 64) == 3 && wide[0] == 0xe4);
  CHECK_ERROR(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xff", 1, wide, 64),
              ERROR_NO_UNICODE_TRANSLATION);
  CHECK_ERROR(MultiByteToWideChar(CP_ACP, 0, "abc", -1, wide, 2), ERROR_INSUFFICIENT_BUFFER);
  CHECK(WideCharToMultiByte(CP_ACP, 0, L"\x20ac", -1, NULL, 0, NULL, NULL) == 4 && GetACP() == CP_UTF8);
  CHECK_ERROR(WideCharToMultiByte(1252, 0, L"x", -1, text, 64, NULL, NULL), ERROR_INVALID_PARAMETER);
  CHECK(FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM, NULL, ERROR_ACCESS_DENIED, 0, wide, 64, NULL) == 19 &&
        wcscmp(wide, L"Access is denied.\r\n") == 0);
  char* made = NULL;
  CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, 0x80070002, 0,
                       (LPSTR)&made, 0, NULL) > 0 &&
        LocalFree(made) == NULL);
  CHECK_ERROR(FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 54321, 0, wide, 64, NULL),
              ERROR_MR_MID_NOT_FOUND);
  CHECK(lstrlenW(L"abc") == 3 && lstrlenA(NULL) == 0 && lstrcmpiW(L"ABC", L"abc") == 0 &&
        lstrcmpA("a", "b") < 0);
  CHECK(wcscmp(lstrcatW(lstrcpyW(wide, L"a"), L"b"), L"ab") == 0 &&
        wcscmp(lstrcpynW(wide, L"abcdef", 4), L"abc") == 0);
  CHECK(wsprintfW(wide, L"%d-%s", 5, L"x") == 3 && wsprintfA(text, "%u-%s", 5u, "x") == 3 &&
        strcmp(text, "5-x") == 0);
  CHECK(_strdup("abc")[2] == 'c' && _wcsdup(L"abc")[2] == L'c' &&
        strcmp(strtok(strcpy(text, "a b"), " "), "a") == 0);
  size_t converted = 0;
  CHECK(mbstowcs_s(&converted, wide, 64, "\xc3\xa4", _TRUNCATE) == 0 && converted == 2 && wide[0] == 0xe4);
  CHECK(wcstombs_s(&converted, text, 64, L"\xe4", _TRUNCATE) == 0 && converted == 3 &&
        strcmp(text, "\xc3\xa4") == 0);
  CHECK(mbstowcs(wide, "xy", 64) == 2 && wcstombs(text, L"xy", 64) == 2 && atof("1.5") == 1.5 &&
        strtod("2.5x", NULL) == 2.5);
  CHECK(strcmp(strerror(ENOENT), "No such file or directory") == 0 && rand() >= 0);
  srand(7);
  const int drawn = rand();
  srand(7);
  CHECK(rand() == drawn && _abs64(-5) == 5 && div(7, 2).rem == 1);
  SetLastError(77);
  CHECK(printf("%ls %s\n", L"wide", "narrow") == 12 && wprintf(L"%s\n", L"\x00e4") == 2 &&
        GetLastError() == 77);
}
