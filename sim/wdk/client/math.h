// math.h of client units: the arithmetic is the host's.
#pragma once

#include <crt.h>

WDK_BEGIN
double fabs(double);
double sqrt(double);
double floor(double);
double ceil(double);
double round(double);
double fmod(double, double);
double pow(double, double);
double exp(double);
double log(double);
double log2(double);
double log10(double);
double sin(double);
double cos(double);
WDK_END
