// Files, as drivers see them: every function makes the system calls that it makes on Windows, through all filters.
// Paths are DOS paths, relative ones below the current directory; \\?\ and \\.\ as on Windows.
#pragma once

#include "../km/directory_info.h"
#include "../shared/reparse.h"
#include "minwindef.h"

#define CREATE_NEW 1
#define CREATE_ALWAYS 2
#define OPEN_EXISTING 3
#define OPEN_ALWAYS 4
#define TRUNCATE_EXISTING 5
#define FILE_FLAG_WRITE_THROUGH 0x80000000u
#define FILE_FLAG_OVERLAPPED 0x40000000u
#define FILE_FLAG_NO_BUFFERING 0x20000000u
#define FILE_FLAG_RANDOM_ACCESS 0x10000000u
#define FILE_FLAG_SEQUENTIAL_SCAN 0x08000000u
#define FILE_FLAG_DELETE_ON_CLOSE 0x04000000u
#define FILE_FLAG_BACKUP_SEMANTICS 0x02000000u
#define FILE_FLAG_POSIX_SEMANTICS 0x01000000u
#define FILE_FLAG_OPEN_REPARSE_POINT 0x00200000u
#define FILE_BEGIN 0
#define FILE_CURRENT 1
#define FILE_END 2
#define INVALID_FILE_SIZE 0xFFFFFFFFu
#define INVALID_SET_FILE_POINTER 0xFFFFFFFFu
#define INVALID_FILE_ATTRIBUTES 0xFFFFFFFFu
#define MOVEFILE_REPLACE_EXISTING 0x00000001u
#define MOVEFILE_COPY_ALLOWED 0x00000002u
#define MOVEFILE_DELAY_UNTIL_REBOOT 0x00000004u
#define MOVEFILE_WRITE_THROUGH 0x00000008u
#define DRIVE_UNKNOWN 0
#define DRIVE_NO_ROOT_DIR 1
#define DRIVE_REMOVABLE 2
#define DRIVE_FIXED 3
#define DRIVE_REMOTE 4
#define DRIVE_CDROM 5
#define DRIVE_RAMDISK 6
#define FILE_TYPE_UNKNOWN 0x0000
#define FILE_TYPE_DISK 0x0001
#define FILE_TYPE_CHAR 0x0002
#define FILE_TYPE_PIPE 0x0003
#define FILE_NAME_NORMALIZED 0x0
#define VOLUME_NAME_DOS 0x0

typedef struct _WIN32_FIND_DATAW {
  DWORD dwFileAttributes;
  FILETIME ftCreationTime;
  FILETIME ftLastAccessTime;
  FILETIME ftLastWriteTime;
  DWORD nFileSizeHigh;
  DWORD nFileSizeLow;
  DWORD dwReserved0;
  DWORD dwReserved1;
  WCHAR cFileName[MAX_PATH];
  WCHAR cAlternateFileName[14];
} WIN32_FIND_DATAW, *PWIN32_FIND_DATAW, *LPWIN32_FIND_DATAW;

typedef struct _WIN32_FIND_DATAA {
  DWORD dwFileAttributes;
  FILETIME ftCreationTime;
  FILETIME ftLastAccessTime;
  FILETIME ftLastWriteTime;
  DWORD nFileSizeHigh;
  DWORD nFileSizeLow;
  DWORD dwReserved0;
  DWORD dwReserved1;
  CHAR cFileName[MAX_PATH];
  CHAR cAlternateFileName[14];
} WIN32_FIND_DATAA, *PWIN32_FIND_DATAA, *LPWIN32_FIND_DATAA;

typedef struct _BY_HANDLE_FILE_INFORMATION {
  DWORD dwFileAttributes;
  FILETIME ftCreationTime;
  FILETIME ftLastAccessTime;
  FILETIME ftLastWriteTime;
  DWORD dwVolumeSerialNumber;
  DWORD nFileSizeHigh;
  DWORD nFileSizeLow;
  DWORD nNumberOfLinks;
  DWORD nFileIndexHigh;
  DWORD nFileIndexLow;
} BY_HANDLE_FILE_INFORMATION, *LPBY_HANDLE_FILE_INFORMATION;

WDK_BEGIN

// INVALID_HANDLE_VALUE on failure.
HANDLE CreateFileW(LPCWSTR FileName, DWORD DesiredAccess, DWORD ShareMode, LPSECURITY_ATTRIBUTES SecurityAttributes,
                   DWORD CreationDisposition, DWORD FlagsAndAttributes, HANDLE TemplateFile);
HANDLE CreateFileA(LPCSTR FileName, DWORD DesiredAccess, DWORD ShareMode, LPSECURITY_ATTRIBUTES SecurityAttributes,
                   DWORD CreationDisposition, DWORD FlagsAndAttributes, HANDLE TemplateFile);
// With an OVERLAPPED the request is complete when the call returns; its event is set and its fields are filled in.
BOOL ReadFile(HANDLE File, LPVOID Buffer, DWORD NumberOfBytesToRead, LPDWORD NumberOfBytesRead,
              LPOVERLAPPED Overlapped);
BOOL WriteFile(HANDLE File, LPCVOID Buffer, DWORD NumberOfBytesToWrite, LPDWORD NumberOfBytesWritten,
               LPOVERLAPPED Overlapped);
BOOL FlushFileBuffers(HANDLE File);
DWORD SetFilePointer(HANDLE File, LONG DistanceToMove, PLONG DistanceToMoveHigh, DWORD MoveMethod);
BOOL SetFilePointerEx(HANDLE File, LARGE_INTEGER DistanceToMove, PLARGE_INTEGER NewFilePointer, DWORD MoveMethod);
BOOL SetEndOfFile(HANDLE File);
DWORD GetFileSize(HANDLE File, LPDWORD FileSizeHigh);
BOOL GetFileSizeEx(HANDLE File, PLARGE_INTEGER FileSize);
BOOL GetFileTime(HANDLE File, LPFILETIME CreationTime, LPFILETIME LastAccessTime, LPFILETIME LastWriteTime);
BOOL GetFileInformationByHandle(HANDLE File, LPBY_HANDLE_FILE_INFORMATION FileInformation);
DWORD GetFileType(HANDLE File);

BOOL DeleteFileW(LPCWSTR FileName);
BOOL DeleteFileA(LPCSTR FileName);
BOOL MoveFileW(LPCWSTR ExistingFileName, LPCWSTR NewFileName);
BOOL MoveFileA(LPCSTR ExistingFileName, LPCSTR NewFileName);
BOOL MoveFileExW(LPCWSTR ExistingFileName, LPCWSTR NewFileName, DWORD Flags);
BOOL MoveFileExA(LPCSTR ExistingFileName, LPCSTR NewFileName, DWORD Flags);
BOOL CopyFileW(LPCWSTR ExistingFileName, LPCWSTR NewFileName, BOOL FailIfExists);
BOOL CopyFileA(LPCSTR ExistingFileName, LPCSTR NewFileName, BOOL FailIfExists);
BOOL CreateHardLinkW(LPCWSTR FileName, LPCWSTR ExistingFileName, LPSECURITY_ATTRIBUTES SecurityAttributes);
BOOL CreateDirectoryW(LPCWSTR PathName, LPSECURITY_ATTRIBUTES SecurityAttributes);
BOOL CreateDirectoryA(LPCSTR PathName, LPSECURITY_ATTRIBUTES SecurityAttributes);
BOOL RemoveDirectoryW(LPCWSTR PathName);
BOOL RemoveDirectoryA(LPCSTR PathName);
DWORD GetFileAttributesW(LPCWSTR FileName);
DWORD GetFileAttributesA(LPCSTR FileName);
BOOL SetFileAttributesW(LPCWSTR FileName, DWORD FileAttributes);
BOOL SetFileAttributesA(LPCSTR FileName, DWORD FileAttributes);
HANDLE FindFirstFileW(LPCWSTR FileName, LPWIN32_FIND_DATAW FindFileData);
HANDLE FindFirstFileA(LPCSTR FileName, LPWIN32_FIND_DATAA FindFileData);
BOOL FindNextFileW(HANDLE FindFile, LPWIN32_FIND_DATAW FindFileData);
BOOL FindNextFileA(HANDLE FindFile, LPWIN32_FIND_DATAA FindFileData);
BOOL FindClose(HANDLE FindFile);
DWORD GetFullPathNameW(LPCWSTR FileName, DWORD BufferLength, LPWSTR Buffer, LPWSTR* FilePart);
DWORD GetFullPathNameA(LPCSTR FileName, DWORD BufferLength, LPSTR Buffer, LPSTR* FilePart);
DWORD GetTempPathW(DWORD BufferLength, LPWSTR Buffer);

DWORD GetLogicalDrives(VOID);
UINT GetDriveTypeW(LPCWSTR RootPathName);
UINT GetDriveTypeA(LPCSTR RootPathName);
DWORD QueryDosDeviceW(LPCWSTR DeviceName, LPWSTR TargetPath, DWORD Max);
DWORD QueryDosDeviceA(LPCSTR DeviceName, LPSTR TargetPath, DWORD Max);
BOOL GetVolumeInformationW(LPCWSTR RootPathName, LPWSTR VolumeNameBuffer, DWORD VolumeNameSize,
                           LPDWORD VolumeSerialNumber, LPDWORD MaximumComponentLength, LPDWORD FileSystemFlags,
                           LPWSTR FileSystemNameBuffer, DWORD FileSystemNameSize);
BOOL GetVolumePathNameW(LPCWSTR FileName, LPWSTR VolumePathName, DWORD BufferLength);
BOOL GetDiskFreeSpaceExW(LPCWSTR DirectoryName, PULARGE_INTEGER FreeBytesAvailable, PULARGE_INTEGER TotalBytes,
                         PULARGE_INTEGER TotalFreeBytes);

WDK_END
