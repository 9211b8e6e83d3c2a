// What libstdc++'s own headers ask a C library about, for C++ driver units: there is none.
#pragma once

#define __GLIBC_PREREQ(major, minor) 0
