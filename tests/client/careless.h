// What careless.c and its clients send each other, and what it can be careless of.
#pragma once

#include <stdint.h>

// Types of requests.
#define CARELESS_ECHO 1u
#define CARELESS_BECOME 6u     // be careless of `last` from now on
#define CARELESS_LOOK_BACK 7u  // answer with the type of the context

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

// What it asks for at every write, twice.
typedef struct CARELESS_REPLY {
  uint32_t next;  // how long the next reply will be
  uint32_t values[3];
} CARELESS_REPLY;

// One of them at a time; all else is done as it should be.
enum {
  CARELESS_OF_NOTHING,
  CARELESS_OF_NULL,    // a buffer is there because it has a length
  CARELESS_OF_LENGTH,  // a buffer or a context is as long as its structure
  CARELESS_OF_ALIGNMENT,
  CARELESS_OF_EXCEPTIONS,    // memory of a client stays where it is
  CARELESS_OF_CHANGES,       // and as it is: what is used is fetched again behind the check
  CARELESS_OF_STATUS,        // every send is answered
  CARELESS_OF_TIMEOUT,       // so is every one whose status passes NT_SUCCESS
  CARELESS_OF_OVERFLOW,      // a reply that did not fit is one
  CARELESS_OF_REPLY_LENGTH,  // every reply is whole
  CARELESS_OF_CONTENT,       // clients tell the truth
  CARELESS_MISTAKES
};
