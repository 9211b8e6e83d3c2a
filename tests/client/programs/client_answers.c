// The service of docs/PORT.md as a program of its own: answers every question with its argument, in two threads, until
// Ctrl-C. What there is to see of filters is printed first.
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "answering.h"

static unsigned verdict;
static SERVICE service;
static HANDLE stop;

static unsigned decide(const QUESTION* question, void* argument) {
  (void)question, (void)argument;
  return verdict;
}

static DWORD WINAPI serve(LPVOID unused) {
  (void)unused;
  return (DWORD)service_run(&service);
}

static BOOL WINAPI on_control(DWORD event) {
  (void)event;
  return SetEvent(stop);
}

static void list_filters(void) {
  union {
    FILTER_FULL_INFORMATION filter;
    FILTER_VOLUME_STANDARD_INFORMATION volume;
    INSTANCE_FULL_INFORMATION instance;
    char bytes[512];
  } found;
  DWORD size = 0;
  HANDLE find = NULL;
  HRESULT result = FilterFindFirst(FilterFullInformation, &found, sizeof(found), &size, &find);
  for (; SUCCEEDED(result);
       result = FilterFindNext(find, FilterFullInformation, &found, sizeof(found), &size)) {
    printf("filter %.*ws %u\n", found.filter.FilterNameLength / 2, found.filter.FilterNameBuffer,
           found.filter.NumberOfInstances);
  }
  if (result == HRESULT_FROM_WIN32(ERROR_NO_MORE_ITEMS)) FilterFindClose(find);
  result = FilterVolumeFindFirst(FilterVolumeStandardInformation, &found, sizeof(found), &size, &find);
  for (; SUCCEEDED(result);
       result = FilterVolumeFindNext(find, FilterVolumeStandardInformation, &found, sizeof(found), &size)) {
    wchar_t name[64];
    wchar_t drive[16];
    swprintf_s(name, 64, L"%.*s", found.volume.FilterVolumeNameLength / 2, found.volume.FilterVolumeName);
    if (FAILED(FilterGetDosName(name, drive, 16))) continue;
    wprintf(L"volume %s %s\n", name, drive);
    HANDLE instances = NULL;
    if (FAILED(FilterVolumeInstanceFindFirst(name, InstanceFullInformation, &found, sizeof(found), &size,
                                             &instances)))
      continue;
    printf("instance %.*ws\n", found.instance.InstanceNameLength / 2,
           (wchar_t*)(found.bytes + found.instance.InstanceNameBufferOffset));
    const HRESULT next =
        FilterVolumeInstanceFindNext(instances, InstanceFullInformation, &found, sizeof(found), &size);
    printf("and then 0x%08X\n", next);
    FilterVolumeInstanceFindClose(instances);
  }
  FilterVolumeFindClose(find);
  HANDLE of_filter = NULL;
  result =
      FilterInstanceFindFirst(L"asking", InstanceFullInformation, &found, sizeof(found), &size, &of_filter);
  for (; SUCCEEDED(result);
       result = FilterInstanceFindNext(of_filter, InstanceFullInformation, &found, sizeof(found), &size)) {
    printf("attached to %.*ws\n", found.instance.VolumeNameLength / 2,
           (wchar_t*)(found.bytes + found.instance.VolumeNameBufferOffset));
  }
  const HRESULT find_closed = FilterInstanceFindClose(of_filter);
  printf("at the end 0x%08X 0x%X 0x%X\n", result, find_closed, FilterInstanceFindClose(of_filter));
  char small[8];
  printf("too small 0x%08X\n", FilterFindFirst(FilterFullInformation, small, sizeof(small), &size, &find));
  printf("no filter 0x%08X\n",
         FilterInstanceFindFirst(L"None", InstanceFullInformation, &found, sizeof(found), &size, &find));
  HFILTER filter = NULL;
  HFILTER_INSTANCE instance = NULL;
  FilterCreate(L"asking", &filter);
  FilterInstanceCreate(L"asking", L"C:", NULL, &instance);
  printf("by handle 0x%X 0x%X\n",
         FilterGetInformation(filter, FilterAggregateStandardInformation, &found, sizeof(found), &size),
         FilterInstanceGetInformation(instance, InstanceAggregateStandardInformation, &found, sizeof(found),
                                      &size));
  FilterInstanceClose(instance);
  const HRESULT closed = FilterClose(filter);
  printf("closed 0x%X 0x%X\n", closed, FilterClose(filter));
}

int main(int argc, char* argv[]) {
  HANDLE threads[2];
  verdict = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
  list_filters();
  stop = CreateEvent(NULL, TRUE, FALSE, NULL);
  SetConsoleCtrlHandler(on_control, TRUE);
  const HRESULT started = service_start(&service, decide, NULL);
  if (FAILED(started)) {
    printf("cannot connect: 0x%08X\n", started);
    return 2;
  }
  for (int i = 0; i < 2; ++i) threads[i] = CreateThread(NULL, 0, serve, NULL, 0, NULL);
  WaitForSingleObject(stop, INFINITE);
  CloseHandle(service.port);
  WaitForMultipleObjects(2, threads, TRUE, INFINITE);
  printf("served\n");
  return 0;
}
