// The kernel-mode headers' common part: what wdm.h, ntddk.h and ntifs.h have behind them, by WDK prefix.
#pragma once

#include "cm.h"
#include "ex_rare.h"
#include "exports.h"
#include "interlocked.h"
#include "intrin.h"
#include "io_rare.h"
#include "ke_rare.h"
#include "mm_rare.h"
#include "ps_rare.h"
#include "rtl_rare.h"
#include "se_rare.h"
#include "seh.h"
#include "zw_more.h"
