// The path of a driver module that is built with the test program (DRIVERS of fltlink_add_tests).
#pragma once

#define FLTLINK_DRIVER(name) FLTLINK_DRIVER_FOLDER name ".sys"
