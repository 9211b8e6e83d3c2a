// The floating-point functions of driver units, by the processor's own instructions.
#include <math.h>
#include <ntdef.h>

double fabs(double value) { return __builtin_fabs(value); }

double sqrt(double value) {
  double result;
  __asm__("sqrtsd %1, %0" : "=x"(result) : "x"(value));
  return result;
}

// factor * log2(value), reckoned with 64 bits of mantissa and rounded once.
static double scaled_logarithm(long double factor, double value) {
  long double result;
  __asm__("fyl2x" : "=t"(result) : "0"((long double)value), "u"(factor) : "st(1)");
  return (double)result;
}

double log2(double value) { return scaled_logarithm(1.0L, value); }
double log(double value) { return scaled_logarithm(0.693147180559945309417232121458L, value); }
double log10(double value) { return scaled_logarithm(0.301029995663981195213738894724L, value); }

// Values of 2^52 and more have no fraction.
static double truncated(double value) {
  return fabs(value) < 4503599627370496.0 ? (double)(long long)value : value;
}

double floor(double value) {
  const double whole = truncated(value);
  return whole > value ? whole - 1.0 : whole;
}

double ceil(double value) {
  const double whole = truncated(value);
  return whole < value ? whole + 1.0 : whole;
}
