// The path of a client program that is built with the test program (CLIENTS of fltlink_add_tests).
#pragma once

#define FLTLINK_CLIENT(name) FLTLINK_CLIENT_FOLDER name
