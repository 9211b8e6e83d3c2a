#include "layout_table.h"

#define FLTLINK_LAYOUT_VALUE(name, value) (uint32_t)((value) + FLTLINK_LAYOUT_BIAS),

extern const uint32_t fltlink_layout_table[];
const uint32_t fltlink_layout_table[] = {FLTLINK_LAYOUT_TABLE(FLTLINK_LAYOUT_VALUE)};
