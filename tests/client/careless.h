// What careless.c and its clients send each other.
#pragma once

#include <stdint.h>

#define CARELESS_LOOK_BACK 7u  // a type: answer with the type of the context

typedef struct CARELESS_REQUEST {
  uint32_t type;
  uint32_t length;  // of the answer
  uint32_t middle[5];
  uint32_t last;
} CARELESS_REQUEST;

typedef struct CARELESS_ANSWER {
  uint32_t first;
  uint32_t middle[2];
  uint32_t last;
} CARELESS_ANSWER;
