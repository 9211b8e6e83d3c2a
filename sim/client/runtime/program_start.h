// Between a client program and whoever starts it (client/program.cpp): the one function that its module exports.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

struct fltsim_program_arguments {
  int count;
  char** narrow;          // UTF-8; as main has them, with a null behind the last
  unsigned short** wide;  // UTF-16; as wmain has them
  unsigned short* line;   // the command line without the program's name, as WinMain has it
  char* narrow_line;
};

// Runs the program's main, then its end: never returns.
void fltsim_program_start(const struct fltsim_program_arguments* arguments);

#ifdef __cplusplus
}
#endif
