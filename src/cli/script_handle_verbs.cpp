// The verbs of scripts that open a file and work on its handle.
#include <algorithm>
#include <string_view>

#include "cli/script_words.hpp"
#include "cli/smoke_values.hpp"

namespace fltlink::cli::verbs {

using namespace smoke;

namespace {

struct Flag {
  std::string_view name;
  std::uint32_t value;
};

// "read,delete" by a table; nothing for a name that is not in it.
std::optional<std::uint32_t> flags_of(std::string_view text, std::span<const Flag> table) {
  std::uint32_t value = 0;
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find(','));
    const auto found = std::ranges::find(table, name, &Flag::name);
    if (found == table.end()) return std::nullopt;
    value |= found->value;
    text.remove_prefix(std::min(name.size() + 1, text.size()));
  }
  return value;
}

constexpr Flag kAccessFlags[] = {{"read", kGenericRead},
                                 {"write", kGenericWrite},
                                 {"delete", kDelete},
                                 {"attributes", kReadAttributes | kWriteAttributes}};
constexpr Flag kDispositions[] = {{"open", kOpen},
                                  {"create", kCreate},
                                  {"open-if", kOpenIf},
                                  {"overwrite", kOverwrite},
                                  {"overwrite-if", kOverwriteIf},
                                  {"supersede", kSupersede}};
constexpr Flag kShareFlags[] = {{"none", 0}, {"read", 1}, {"write", 2}, {"delete", 4}};
constexpr Flag kOptionFlags[] = {{"directory", kDirectoryFile},
                                 {"file", kNonDirectoryFile},
                                 {"delete-on-close", kDeleteOnClose},
                                 {"write-through", kWriteThrough},
                                 {"no-buffering", kNoIntermediateBuffering}};

std::optional<fltsim::LockArguments> range_of(Words words) {
  const auto offset = number_of(words[0]);
  const auto length = number_of(words[1]);
  if (!offset || !length) return std::nullopt;
  return fltsim::LockArguments{.offset = static_cast<std::int64_t>(*offset),
                               .length = static_cast<std::int64_t>(*length)};
}

}  // namespace

Compiled open(Words words) {
  if (!is_handle(words[0])) return "open needs a name for the handle, as $file, before the path";
  fltsim::CreateArguments arguments{.path = path_of(words[1])};
  for (const std::string& word : words.subspan(2)) {
    const std::size_t equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const std::string value = equals == word.npos ? std::string() : word.substr(equals + 1);
    std::optional<std::uint32_t> flags = 0;
    if (key == "access") {
      flags = flags_of(value, kAccessFlags);
      arguments.access = flags.value_or(0) | kSynchronize;
    } else if (key == "disposition") {
      flags = flags_of(value, kDispositions);
      arguments.disposition = flags.value_or(0);
    } else if (key == "share") {
      flags = flags_of(value, kShareFlags);
      arguments.share = flags.value_or(0);
    } else if (key == "options") {
      flags = flags_of(value, kOptionFlags);
      arguments.options = flags.value_or(0) | kSynchronousIo;
    } else if (word == "fast") {
      arguments.fast_io = true;
    } else {
      return "open does not know " + word;
    }
    if (!flags) return "open does not know " + word;
  }
  return [name = words[0], arguments](Player& player) { player.open(name, arguments); };
}

Compiled open_by_id(Words words) {
  if (!is_handle(words[0])) return "open-by-id needs a name for the handle, as $file, before the path";
  return [name = words[0], path = path_of(words[1])](Player& player) { player.open_by_id(name, path); };
}

Compiled close(Words words) {
  if (!is_handle(words[0])) return "close needs a handle, as $file";
  return [name = words[0]](Player& player) { player.close(name); };
}

Compiled flush(Words words) {
  if (!is_handle(words[0])) return "flush needs a handle, as $file";
  return [name = words[0]](Player& player) {
    player.answer("flush", player.program().flush(player.handle(name)));
  };
}

Compiled lock(Words words) {
  auto range = range_of(words.subspan(1));
  const bool shared = words.size() > 3;
  if (!is_handle(words[0]) || !range || (shared && words[3] != "shared"))
    return "lock needs a handle, an offset and a length, and knows `shared` alone";
  range->exclusive = !shared;
  return [name = words[0], range = *range](Player& player) {
    player.answer("lock", player.program().lock(player.handle(name), range));
  };
}

Compiled unlock(Words words) {
  const auto range = range_of(words.subspan(1));
  if (!is_handle(words[0]) || !range) return "unlock needs a handle, an offset and a length";
  return [name = words[0], range = *range](Player& player) {
    player.answer("unlock", player.program().unlock(player.handle(name), range));
  };
}

Compiled control(Words words) {
  const auto code = number_of(words[1]);
  if (!is_handle(words[0]) || !code || *code > UINT32_MAX)
    return "control needs a handle and the number of an FSCTL";
  return [name = words[0], code = static_cast<std::uint32_t>(*code),
          bytes = words.size() > 2 ? words[2] : std::string()](Player& player) {
    player.keep_content(
        player.answer("control", player.program().fs_control(player.handle(name), code, bytes, 4096))
            .content);
  };
}

Compiled query(Words words) {
  const auto which = number_of(words[1]);
  if (!is_handle(words[0]) || !which || *which > 1000)
    return "query needs a handle and the number of a class";
  return [name = words[0], which = static_cast<std::uint32_t>(*which)](Player& player) {
    player.keep_content(
        player.answer("query", player.program().query(player.handle(name), which, 4096)).content);
  };
}

Compiled set(Words words) {
  const auto which = number_of(words[1]);
  if (!is_handle(words[0]) || !which || *which > 1000)
    return "set needs a handle, the number of a class, and bytes";
  return [name = words[0], which = static_cast<std::uint32_t>(*which), bytes = words[2]](Player& player) {
    player.answer("set", player.program().set(player.handle(name), which, bytes));
  };
}

Compiled map(Words words) {
  if (!is_handle(words[0])) return "map needs a handle, as $file";
  return [name = words[0], text = words.size() > 1 ? words[1] : std::string()](Player& player) {
    player.map(name, text);
  };
}

}  // namespace fltlink::cli::verbs
