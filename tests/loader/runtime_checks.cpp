// The same as a C++ unit, beside the headers that the driver tier uses.
#include <array>
#include <bit>
#include <compare>
#include <concepts>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include "runtime_checks.c"

#include <fltlink/base/assert.hpp>
#include <fltlink/base/atomic.hpp>
#include <fltlink/base/bytes.hpp>
#include <fltlink/codec/driver_message.hpp>
#include <fltlink/policy/policy_table.hpp>
#include <fltlink/queue/message_ring.hpp>
