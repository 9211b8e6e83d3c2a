// The text of an .inf file: sections, lines and fields, with the strings put in. What they mean is
// inf_service.cpp's.
//
// INF looks like INI and is none: most lines have no key, commas and quotes make fields, names come back, lines go on
// behind a backslash, and %tokens% are replaced behind all that. No INI library keeps these apart.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fltsim::loader {

// UTF-16 with or without a byte order mark, UTF-8, or, where that is not what it is, Windows-1252.
std::u16string decode_inf_text(std::string_view bytes);

// Whole and decimal or 0x; nothing for anything else, or above 32 bits.
std::optional<std::uint32_t> parse_inf_number(std::u16string_view text);

class InfFile {
 public:
  // A sentence when the file cannot be read or has no section.
  static std::variant<InfFile, std::string> read(const std::string& path);

  // Without its comment, and with those that it goes on in.
  struct Line {
    int number;
    std::u16string text;
  };
  // Sections of one name are one. Names are compared without regard to case.
  struct Section {
    std::u16string name;  // as it came first
    int number;
    std::vector<Line> lines;
  };
  const std::vector<Section>& sections() const { return sections_; }
  const Section* find(std::u16string_view name) const;

  // Split at commas, without quotes, tokens replaced. A token that no [Strings] has stays as it is.
  std::vector<std::u16string> fields(std::u16string_view text) const;

  // key = field, field ... ; nothing for a line without a key.
  struct Assignment {
    std::u16string key;
    std::vector<std::u16string> fields;
    int line;

    const std::u16string& field(std::size_t index) const;
  };
  std::optional<Assignment> assignment(const Line& line) const;
  // All of that key in the section, in order.
  std::vector<Assignment> assignments(const Section& section, std::u16string_view key) const;

  // "file.inf:12: "
  std::string at(int line) const;

 private:
  void add_lines(std::u16string_view text);
  void add_line(int number, std::u16string_view text);
  void add_strings();
  std::vector<std::u16string> split(std::u16string_view text, bool replace) const;
  std::u16string replaced(std::u16string_view text) const;

  std::string path_;
  std::vector<Section> sections_;
  std::size_t current_ = 0;                           // where lines are added
  std::map<std::u16string, std::u16string> strings_;  // by upcased token
};

}  // namespace fltsim::loader
