// dontuse.h: static-analysis hints on Windows; nothing here.
#pragma once
