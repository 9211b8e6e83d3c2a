#include "nt/format.hpp"

#include <ntdef.h>

#include <cstdint>
#include <type_traits>

namespace fltsim::nt {
namespace {

// va_list is an array type; inside a struct it can be handed on by reference.
struct Arguments {
  va_list list;
};

template <class Unit>
struct Sink {
  Unit* to;
  std::size_t capacity;
  std::size_t count = 0;

  void put(char16_t unit) {
    if (count < capacity) {
      to[count] = sizeof(Unit) == 1 && unit > 0xFF ? static_cast<Unit>('?') : static_cast<Unit>(unit);
    }
    ++count;
  }
  void repeat(char16_t unit, int times) {
    for (int i = 0; i < times; ++i) put(unit);
  }
};

enum class Size {
  kDefault,
  kChar,
  kShort,  // h: narrow text
  kLong,   // l: 32 bits, wide text
  kWide,   // w: wide text
  kLongLong,
  kPointer,
};

struct Spec {
  bool left = false;
  bool plus = false;
  bool space = false;
  bool alternate = false;
  bool zero = false;
  int width = 0;
  int precision = -1;
  Size size = Size::kDefault;
};

char16_t widened(char unit) { return static_cast<unsigned char>(unit); }
char16_t widened(char16_t unit) { return unit; }

// `FormatUnit` decides what %s and %c mean; `OutUnit` is what is written.
template <class FormatUnit, class OutUnit>
class Formatter {
 public:
  Formatter(Sink<OutUnit>& sink, const FormatUnit* format, Arguments& arguments)
      : sink_(sink), at_(format), arguments_(arguments) {}

  void run() {
    while (*at_ != 0) {
      if (*at_ != '%') {
        sink_.put(widened(*at_++));
        continue;
      }
      const FormatUnit* const begin = at_++;
      const Spec spec = parse();
      if (*at_ == 0) return;
      convert(spec, begin);
      ++at_;
    }
  }

 private:
  // --- the specification ---
  Spec parse() {
    Spec spec;
    while (take_flag(spec)) {
    }
    spec.width = take_number();
    if (spec.width < 0) {
      spec.left = true;
      spec.width = -spec.width;
    }
    if (*at_ == '.') {
      ++at_;
      spec.precision = take_number();
    }
    spec.size = take_size();
    return spec;
  }

  bool take_flag(Spec& spec) {
    switch (static_cast<char32_t>(*at_)) {
      case '-':
        spec.left = true;
        break;
      case '+':
        spec.plus = true;
        break;
      case ' ':
        spec.space = true;
        break;
      case '#':
        spec.alternate = true;
        break;
      case '0':
        spec.zero = true;
        break;
      default:
        return false;
    }
    ++at_;
    return true;
  }

  // Bounded, so that no format makes the text endless.
  int take_number() {
    constexpr int kMax = 0xFFFF;
    if (*at_ == '*') {
      ++at_;
      const int value = va_arg(arguments_.list, int);
      return value > kMax ? kMax : value < -kMax ? -kMax : value;
    }
    int value = 0;
    for (; *at_ >= '0' && *at_ <= '9'; ++at_) {
      value = value * 10 + static_cast<int>(*at_ - '0');
      if (value > kMax) value = kMax;
    }
    return value;
  }

  bool take(char unit) {
    if (*at_ != static_cast<FormatUnit>(unit)) return false;
    ++at_;
    return true;
  }

  Size take_size() {
    if (take('h')) return take('h') ? Size::kChar : Size::kShort;
    if (take('l')) return take('l') ? Size::kLongLong : Size::kLong;
    if (take('L') || take('j')) return Size::kLongLong;
    if (take('w')) return Size::kWide;
    if (take('z') || take('t')) return Size::kPointer;
    if (!take('I')) return Size::kDefault;
    if (at_[0] == '6' && at_[1] == '4') {
      at_ += 2;
      return Size::kLongLong;
    }
    if (at_[0] == '3' && at_[1] == '2') {
      at_ += 2;
      return Size::kLong;
    }
    return Size::kPointer;
  }

  // --- conversions ---
  void convert(const Spec& spec, const FormatUnit* begin) {
    switch (static_cast<char32_t>(*at_)) {
      case 'd':
      case 'i':
        return signed_number(spec);
      case 'u':
        return number(spec, unsigned_value(spec.size), 10, false, 0);
      case 'o':
        return number(spec, unsigned_value(spec.size), 8, false, 0);
      case 'x':
        return number(spec, unsigned_value(spec.size), 16, false, 0);
      case 'X':
        return number(spec, unsigned_value(spec.size), 16, true, 0);
      case 'p':
        return pointer(spec);
      case 'c':
        return character(spec, is_wide(spec.size, sizeof(FormatUnit) == 2));
      case 'C':
        return character(spec, is_wide(spec.size, sizeof(FormatUnit) == 1));
      case 's':
        return text(spec, is_wide(spec.size, sizeof(FormatUnit) == 2));
      case 'S':
        return text(spec, is_wide(spec.size, sizeof(FormatUnit) == 1));
      case 'Z':
        return is_wide(spec.size, false) ? counted<UNICODE_STRING>(spec) : counted<ANSI_STRING>(spec);
      case 'e':
      case 'E':
      case 'f':
      case 'g':
      case 'G':
      case 'a':
      case 'A':
        return floating(begin);
      default:
        return sink_.put(widened(*at_));
    }
  }

  static bool is_wide(Size size, bool otherwise) {
    if (size == Size::kShort || size == Size::kChar) return false;
    return size == Size::kLong || size == Size::kWide ? true : otherwise;
  }

  std::uint64_t unsigned_value(Size size) {
    if (size == Size::kLongLong || size == Size::kPointer) return va_arg(arguments_.list, std::uint64_t);
    const unsigned value = va_arg(arguments_.list, unsigned);
    if (size == Size::kShort) return static_cast<std::uint16_t>(value);
    if (size == Size::kChar) return static_cast<std::uint8_t>(value);
    return value;
  }

  std::int64_t signed_value(Size size) {
    if (size == Size::kLongLong || size == Size::kPointer) return va_arg(arguments_.list, std::int64_t);
    const int value = va_arg(arguments_.list, int);
    if (size == Size::kShort) return static_cast<std::int16_t>(value);
    if (size == Size::kChar) return static_cast<std::int8_t>(value);
    return value;
  }

  void signed_number(const Spec& spec) {
    const std::int64_t value = signed_value(spec.size);
    const char16_t sign = value < 0 ? u'-' : spec.plus ? u'+' : spec.space ? u' ' : u'\0';
    const auto magnitude =
        value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    number(spec, magnitude, 10, false, sign);
  }

  void pointer(Spec spec) {
    spec.precision = 16;
    spec.alternate = false;
    number(spec, va_arg(arguments_.list, std::uint64_t), 16, true, 0);
  }

  void number(const Spec& spec, std::uint64_t value, unsigned base, bool upper, char16_t sign) {
    char16_t digits[24];
    int count = 0;
    const char16_t* const alphabet = upper ? u"0123456789ABCDEF" : u"0123456789abcdef";
    const bool is_zero = value == 0;
    for (; value != 0; value /= base) digits[count++] = alphabet[value % base];
    int zeros = (spec.precision < 0 ? 1 : spec.precision) - count;
    if (zeros < 0) zeros = 0;
    if (spec.alternate && base == 8 && zeros == 0) zeros = 1;
    const int prefix = spec.alternate && base == 16 && !is_zero ? 2 : 0;
    int padding = spec.width - (count + zeros + prefix + (sign != 0 ? 1 : 0));
    if (spec.zero && !spec.left && spec.precision < 0 && padding > 0) {
      zeros += padding;
      padding = 0;
    }
    if (!spec.left) sink_.repeat(u' ', padding);
    if (sign != 0) sink_.put(sign);
    if (prefix != 0) {
      sink_.put(u'0');
      sink_.put(upper ? u'X' : u'x');
    }
    sink_.repeat(u'0', zeros);
    while (count > 0) sink_.put(digits[--count]);
    if (spec.left) sink_.repeat(u' ', padding);
  }

  void character(const Spec& spec, bool wide) {
    const int value = va_arg(arguments_.list, int);
    const char16_t unit = wide ? static_cast<char16_t>(value) : static_cast<unsigned char>(value);
    padded(spec, &unit, 1);
  }

  void text(const Spec& spec, bool wide) {
    const void* const pointer = va_arg(arguments_.list, const void*);
    if (pointer == nullptr) return padded(spec, u"(null)", limited(spec, 6));
    if (wide) return terminated(spec, static_cast<const char16_t*>(pointer));
    terminated(spec, static_cast<const char*>(pointer));
  }

  template <class Unit>
  void terminated(const Spec& spec, const Unit* from) {
    std::size_t length = 0;
    while ((spec.precision < 0 || length < static_cast<std::size_t>(spec.precision)) && from[length] != 0)
      ++length;
    padded(spec, from, length);
  }

  template <class String>
  void counted(const Spec& spec) {
    const auto* const string = va_arg(arguments_.list, const String*);
    if (string == nullptr || string->Buffer == nullptr) return padded(spec, u"(null)", limited(spec, 6));
    padded(spec, string->Buffer, limited(spec, string->Length / sizeof(*string->Buffer)));
  }

  static std::size_t limited(const Spec& spec, std::size_t length) {
    const auto limit = static_cast<std::size_t>(spec.precision);
    return spec.precision >= 0 && limit < length ? limit : length;
  }

  template <class Unit>
  void padded(const Spec& spec, const Unit* from, std::size_t length) {
    const auto width = static_cast<std::size_t>(spec.width);
    const int padding = width > length ? static_cast<int>(width - length) : 0;
    if (!spec.left) sink_.repeat(spec.zero ? u'0' : u' ', padding);
    for (std::size_t i = 0; i < length; ++i) sink_.put(widened(from[i]));
    if (spec.left) sink_.repeat(u' ', padding);
  }

  void floating(const FormatUnit* begin) {
    static_cast<void>(va_arg(arguments_.list, double));
    for (; begin <= at_; ++begin) sink_.put(widened(*begin));
  }

  Sink<OutUnit>& sink_;
  const FormatUnit* at_;
  Arguments& arguments_;
};

template <class OutUnit, class FormatUnit>
std::size_t format_with(OutUnit* to, std::size_t capacity, const FormatUnit* format, va_list list) {
  Arguments arguments;
  va_copy(arguments.list, list);
  Sink<OutUnit> sink{to, capacity};
  Formatter<FormatUnit, OutUnit>(sink, format, arguments).run();
  va_end(arguments.list);
  return sink.count;
}

}  // namespace

std::size_t format_narrow(char* to, std::size_t capacity, const char* format, va_list arguments) {
  return format_with(to, capacity, format, arguments);
}

std::size_t format_wide(char16_t* to, std::size_t capacity, const char16_t* format, va_list arguments) {
  return format_with(to, capacity, format, arguments);
}

std::size_t format_debug(char16_t* to, std::size_t capacity, const char* format, va_list arguments) {
  return format_with(to, capacity, format, arguments);
}

}  // namespace fltsim::nt
