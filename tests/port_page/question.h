// What driver and service of docs/PORT.md say to each other.
#pragma once

#define PORT_NAME L"\\AskPort"

// Fixed sizes, no pointers, no padding: the same bytes for a 32-bit program.
typedef struct QUESTION {
  unsigned int process_id;
  unsigned int operation;
} QUESTION;

typedef struct ANSWER {
  unsigned int allow;
} ANSWER;
