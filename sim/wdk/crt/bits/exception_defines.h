// In place of libstdc++'s header of this name, for C++ driver units: its macro __try would swallow the keyword of
// structured exceptions. The lowering of driver units tells the library's own blocks by the `if (false)` behind them.
#pragma once

#define __catch(exception) if (false)
#define __throw_exception_again
