// What cautious.c and its clients send each other, in both directions.
#pragma once

#include <stdint.h>

typedef struct CAUTIOUS_MESSAGE {
  uint32_t words[8];
} CAUTIOUS_MESSAGE;
