#include "client/hresult.hpp"

#include "nt/win32_error.hpp"

namespace fltsim::client {
namespace {

constexpr std::uint32_t facility_of(NTSTATUS status) {
  return static_cast<std::uint32_t>(status) >> 16 & 0xFFF;
}
constexpr std::uint32_t kFilterManager = 0x1C;

// HRESULT_FROM_WIN32 leaves a negative value as it is (HR-7).
HRESULT hresult_from_win32(DWORD error) {
  return static_cast<HRESULT>(error >= 0x80000000u ? error : 0x80070000u | (error & 0xFFFF));
}

}  // namespace

HRESULT hresult_from_status(NTSTATUS status) {
  if (status == STATUS_SUCCESS) return S_OK;                                                        // HR-1
  if (status == STATUS_FLT_BUFFER_TOO_SMALL) return hresult_from_win32(ERROR_INSUFFICIENT_BUFFER);  // HR-3
  if (facility_of(status) == kFilterManager) {                                                      // HR-2
    return static_cast<HRESULT>((static_cast<std::uint32_t>(status) & 0x8000FFFF) | 0x001F0000);
  }
  if (facility_of(status) != 0) return E_FAIL;                            // HR-4
  if (status == STATUS_TIMEOUT) return static_cast<HRESULT>(0x80070102);  // HR-5: WAIT_TIMEOUT
  return hresult_from_win32(nt::win32_from_status(status));               // HR-6
}

}  // namespace fltsim::client
