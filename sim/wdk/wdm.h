// wdm.h, as drivers name it. The declarations are in km/, by WDK prefix.
#pragma once

#include "km/exports.h"
#include "km/interlocked.h"
#include "km/io.h"
#include "km/mm.h"
#include "km/rtl_table.h"
#include "km/seh.h"
#include "km/zw_rare.h"
