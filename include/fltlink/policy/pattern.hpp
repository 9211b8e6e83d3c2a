// Path patterns with NT's wildcards, matched against whole paths.
//
//   *   any number of units, backslashes and dots too
//   ?   one unit
//   <   (DOS_STAR) any number of units, but never past the last dot of the path
//   >   (DOS_QM)   one unit that is no dot; nothing where the path has a dot or ends
//   "   (DOS_DOT)  a dot, or nothing at the end of the path
//
// Everything else stands for itself. An empty pattern matches the empty path only, and the empty path matches
// no other pattern, as with FsRtlIsNameInExpression. A pattern is a small automaton whose set of states is
// stepped once for each unit of the path: the cost is bounded by units of path times units of pattern, with
// no recursion, and a path that differs in its first units is given up there.
#pragma once

#include <array>
#include <bit>
#include <utility>

#include <fltlink/base/assert.hpp>
#include <fltlink/base/text.hpp>

namespace fltlink {

// The longest pattern: room for a path field of a message behind a device name.
inline constexpr size_t kPatternUnitsMax = 1023;

// The upper case of one unit. The driver and the file system below it must use the same table. Backslash and
// dot stay what they are, and nothing else becomes one.
using UpcaseFunction = char16_t (*)(char16_t unit);

// A path in two pieces that read as one, so that a caller can put a drive letter or a device name in front
// without a copy. A plain Text converts to one.
class PathName {
 public:
  PathName(Text whole) : rest_(whole) {}
  PathName(Text volume, Text rest) : volume_(volume), rest_(rest) {}

  // In units.
  [[nodiscard]] size_t size() const { return volume_.size() + rest_.size(); }

  // REQUIRES: index < size().
  [[nodiscard]] char16_t operator[](size_t index) const {
    return index < volume_.size() ? volume_[index] : rest_[index - volume_.size()];
  }

 private:
  Text volume_;
  Text rest_;
};

namespace detail {

[[nodiscard]] constexpr bool is_wildcard(char16_t symbol) {
  return symbol == u'*' || symbol == u'?' || symbol == u'<' || symbol == u'>' || symbol == u'"';
}

// A set of positions in a pattern, 0 to kPatternUnitsMax.
class PositionSet {
 public:
  // Only the words that positions up to `last` need are ever touched.
  explicit PositionSet(size_t last) : word_count_(last / 64 + 1) { clear(); }

  void clear() {
    for (size_t word = 0; word < word_count_; ++word) words_[word] = 0;
  }

  void add(size_t position) { words_[position / 64] |= uint64_t{1} << (position % 64); }

  // The least position in the set that is at least `position`; kNone when there is none.
  [[nodiscard]] size_t at_or_after(size_t position) const {
    size_t word = position / 64;
    if (word >= word_count_) return kNone;
    uint64_t bits = words_[word] & (~uint64_t{0} << (position % 64));
    while (bits == 0) {
      if (++word == word_count_) return kNone;
      bits = words_[word];
    }
    return word * 64 + static_cast<size_t>(std::countr_zero(bits));
  }

  static constexpr size_t kNone = SIZE_MAX;

 private:
  std::array<uint64_t, kPatternUnitsMax / 64 + 1> words_;  // those from word_count_ on stay unset
  size_t word_count_;
};

// The automaton: where in the pattern the units so far may have led. It lives on the stack of one match.
class PatternRun {
 public:
  // REQUIRES: pattern.size() <= kPatternUnitsMax. The pattern is in upper case.
  explicit PatternRun(Text pattern) : pattern_(pattern), one_(pattern.size()), other_(pattern.size()) {
    FLTLINK_ASSERT(pattern.size() <= kPatternUnitsMax);
    here_->add(0);
  }
  PatternRun(const PatternRun&) = delete;
  PatternRun& operator=(const PatternRun&) = delete;

  // Steps over one unit, in upper case. False when no path that begins with the units so far can match.
  [[nodiscard]] bool step(char16_t unit, bool is_last_dot) {
    next_->clear();
    for (size_t at = first(); at < pattern_.size(); at = after(at)) step_from(at, unit, is_last_dot);
    std::swap(here_, next_);
    return first() != PositionSet::kNone;
  }

  // True when the pattern matches if the path ends here.
  [[nodiscard]] bool matches_end() {
    size_t at = first();
    for (; at < pattern_.size(); at = after(at)) {
      if (can_be_nothing_at_end(pattern_[at])) here_->add(at + 1);
    }
    return at == pattern_.size();
  }

  // The positions reached, from the least on; PositionSet::kNone at the end.
  [[nodiscard]] size_t first() const { return here_->at_or_after(0); }
  [[nodiscard]] size_t after(size_t position) const { return here_->at_or_after(position + 1); }

  [[nodiscard]] static bool can_be_nothing_at_end(char16_t symbol) {
    return symbol == u'*' || symbol == u'<' || symbol == u'>' || symbol == u'"';
  }

 private:
  // A symbol that may match nothing adds the position behind it to the set that is being walked, which the
  // walk then meets, because it goes upwards.
  void step_from(size_t at, char16_t unit, bool is_last_dot) {
    const char16_t symbol = pattern_[at];
    switch (symbol) {
      case u'*':
        next_->add(at);
        here_->add(at + 1);
        break;
      case u'<':
        if (!is_last_dot) next_->add(at);
        here_->add(at + 1);
        break;
      case u'>':
        (unit == u'.' ? here_ : next_)->add(at + 1);
        break;
      case u'"':
        if (unit == u'.') next_->add(at + 1);
        break;
      default:
        if (symbol == u'?' || symbol == unit) next_->add(at + 1);
        break;
    }
  }

  Text pattern_;
  PositionSet one_;
  PositionSet other_;
  PositionSet* here_ = &one_;
  PositionSet* next_ = &other_;
};

// The index of the last dot of `path`, or its size.
[[nodiscard]] inline size_t last_dot_of(const PathName& path) {
  for (size_t index = path.size(); index > 0; --index) {
    if (path[index - 1] == u'.') return index - 1;
  }
  return path.size();
}

// Steps `run` over `path` from index `from` on. `last_dot` is the index that counts as the last dot.
[[nodiscard]] inline bool step_over(PatternRun& run, const PathName& path, size_t from, UpcaseFunction upcase,
                                    size_t last_dot) {
  for (size_t index = from; index < path.size(); ++index) {
    if (!run.step(upcase(path[index]), index == last_dot)) return false;
  }
  return true;
}

// Whether `rest`, what is left of a pattern, matches some text of at least one unit that has no dot. A dot
// that `rest` spells out is not looked for: then the question about a text with a dot has the answer yes.
[[nodiscard]] inline bool matches_some_without_dot(Text rest) {
  const size_t end = rest.find(u'"');
  if (end == 0) return false;
  for (size_t index = end; index < rest.size(); ++index) {
    if (!PatternRun::can_be_nothing_at_end(rest[index])) return false;
  }
  return true;
}

// Whether `rest` matches some text that has a dot: a symbol can be one, and all others can step aside.
[[nodiscard]] inline bool matches_some_with_dot(Text rest) {
  for (size_t index = 0; index < rest.size(); ++index) {
    const char16_t symbol = rest[index];
    if (symbol == u'.' || symbol == u'"' || symbol == u'*' || symbol == u'?') return true;
  }
  return false;
}

// Whether `pattern` matches some path that begins with `directory` and a backslash, and goes on with one more
// unit or more. `kDotFollows` says whether that continuation has a dot, which decides if a dot in `directory`
// can be the last.
template <bool kDotFollows>
[[nodiscard]] bool matches_some_below(Text pattern, const PathName& directory, UpcaseFunction upcase) {
  PatternRun run(pattern);
  const size_t size = directory.size();
  if (!step_over(run, directory, 0, upcase, kDotFollows ? size : last_dot_of(directory))) return false;
  const bool has_separator = size != 0 && directory[size - 1] == u'\\';
  if (!has_separator && !run.step(u'\\', false)) return false;
  for (size_t at = run.first(); at < pattern.size(); at = run.after(at)) {
    const Text rest = pattern.from(at);
    if (kDotFollows ? matches_some_with_dot(rest) : matches_some_without_dot(rest)) return true;
  }
  return false;
}

}  // namespace detail

// Whether `pattern`, which is in upper case already, matches all of `path`. Any IRQL at which both may be
// touched; takes about 300 bytes of stack and no memory. REQUIRES: pattern.size() <= kPatternUnitsMax.
[[nodiscard]] inline bool pattern_matches(Text pattern, const PathName& path, UpcaseFunction upcase) {
  FLTLINK_ASSERT(pattern.size() <= kPatternUnitsMax);
  if (pattern.empty() || path.size() == 0) return pattern.empty() && path.size() == 0;
  // What stands before the first wildcard needs no automaton.
  size_t head = 0;
  for (; head < pattern.size() && !detail::is_wildcard(pattern[head]); ++head) {
    if (head == path.size() || upcase(path[head]) != pattern[head]) return false;
  }
  if (head == pattern.size()) return head == path.size();
  detail::PatternRun run(pattern.from(head));
  return detail::step_over(run, path, head, upcase, detail::last_dot_of(path)) && run.matches_end();
}

// Whether `pattern` matches some path below `directory` (with or without a backslash at its end), be there
// such a file or not. It is exact: no such path exists when it says no. A match of the directory itself is
// another question.
[[nodiscard]] inline bool pattern_matches_below(Text pattern, const PathName& directory,
                                                UpcaseFunction upcase) {
  return detail::matches_some_below<false>(pattern, directory, upcase) ||
         detail::matches_some_below<true>(pattern, directory, upcase);
}

}  // namespace fltlink
