// sal_supp.h: for static analysis on Windows; nothing here.
#pragma once

