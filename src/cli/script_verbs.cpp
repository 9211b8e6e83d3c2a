#include "cli/script_verbs.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "cli/script_words.hpp"
#include "cli/smoke_values.hpp"
#include "nt/status_name.hpp"
#include "service/text.hpp"

namespace fltlink::cli {

using namespace smoke;
using namespace verbs;

namespace {

template <class Value>
std::string bytes_of(Value value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

// --- one function for each verb; `words` are those behind it ---

Compiled write(Words words) {
  if (!is_handle(words[0])) {
    if (words.size() > 2) return "write PATH TEXT has no offset; open a handle for that";
    return [path = path_of(words[0]), text = words[1]](Player& player) {
      player.answer("write", player.program().write(path, text));
    };
  }
  const auto offset = words.size() > 2 ? number_of(words[2]) : 0;
  if (!offset) return "the offset is no number: " + words[2];
  const bool has_offset = words.size() > 2;
  return [name = words[0], text = words[1], offset = static_cast<std::int64_t>(*offset),
          has_offset](Player& player) {
    player.answer("write", player.program().write(player.handle(name), text,
                                                  has_offset ? std::optional(offset) : std::nullopt));
  };
}

Compiled append(Words words) {
  return [path = path_of(words[0]), text = words[1]](Player& player) {
    player.answer("append", player.program().append(path, text));
  };
}

Compiled read(Words words) {
  if (!is_handle(words[0])) {
    if (words.size() > 1) return "read PATH reads it all; open a handle for a length and an offset";
    return [path = path_of(words[0])](Player& player) {
      player.keep_content(player.answer("read", player.program().read(path)).content);
    };
  }
  const auto length = words.size() > 1 ? number_of(words[1]) : 65536;
  const auto offset = words.size() > 2 ? number_of(words[2]) : 0;
  if (!length || !offset || *length > (1u << 26)) return "read $file LENGTH OFFSET needs numbers";
  const bool has_offset = words.size() > 2;
  return [name = words[0], length = static_cast<std::uint32_t>(*length),
          offset = static_cast<std::int64_t>(*offset), has_offset](Player& player) {
    player.keep_content(
        player
            .answer("read", player.program().read(player.handle(name), length,
                                                  has_offset ? std::optional(offset) : std::nullopt))
            .content);
  };
}

using NameVerb = fltsim::IoResult (fltsim::FileVerbs::*)(std::u16string_view, std::u16string_view,
                                                         bool) const;

Compiled name_verb(Words words, const char* operation, NameVerb verb) {
  if (words.size() > 2 && words[2] != "replace") return std::string(operation) + " knows `replace` alone";
  return [=, from = path_of(words[0]), to = path_of(words[1]), replace = words.size() > 2](Player& player) {
    player.answer(operation, (player.program().*verb)(from, to, replace));
  };
}

Compiled rename(Words words) { return name_verb(words, "rename", &fltsim::FileVerbs::rename); }
Compiled move(Words words) { return name_verb(words, "move", &fltsim::FileVerbs::move); }

Compiled link(Words words) {
  return [path = path_of(words[0]), existing = path_of(words[1])](Player& player) {
    player.answer("link", player.program().link(path, existing));
  };
}

Compiled remove(Words words) {
  if (is_handle(words[0])) {
    return [name = words[0]](Player& player) {
      player.answer("delete", player.program().set(player.handle(name), kDisposition, std::string("\1", 1)));
    };
  }
  return
      [path = path_of(words[0])](Player& player) { player.answer("delete", player.program().remove(path)); };
}

Compiled mkdir(Words words) {
  return [path = path_of(words[0])](Player& player) { player.answer("mkdir", player.program().mkdir(path)); };
}

Compiled list(Words words) {
  const std::u16string pattern = words.size() > 1 ? path_of(words[1]) : std::u16string();
  return [path = path_of(words[0]), pattern](Player& player) {
    const auto folder = player.program().create(
        {.path = path, .access = kListDirectory | kSynchronize, .options = kDirectoryFile | kSynchronousIo});
    if (folder.status != kSuccess) {
      player.answer("list", folder);
      return;
    }
    std::string names;
    bool first = true;
    for (;;) {
      const auto part = player.program().query_directory(folder.handle, first ? pattern : u"");
      if (first || part.status == kSuccess) player.answer("list", part);
      first = false;
      if (part.status != kSuccess) break;
      for (const fltsim::ListEntry& entry : part.entries) {
        if (entry.name == u"." || entry.name == u"..") continue;
        names += (names.empty() ? "" : " ") + drmservice::printable(drmservice::as_text(entry.name));
      }
    }
    player.keep_content(names);
    static_cast<void>(player.program().close(folder.handle));
  };
}

Compiled stat(Words words) {
  return [path = path_of(words[0])](Player& player) {
    const auto file = player.program().create({.path = path, .access = kReadAttributes | kSynchronize});
    if (file.status != kSuccess) {
      player.answer("stat", file);
      return;
    }
    for (const std::uint32_t which : {kBasic, kStandard, kStream, kAll})
      player.answer("stat", player.program().query(file.handle, which, 2048));
    static_cast<void>(player.program().close(file.handle));
  };
}

Compiled attributes(Words words) {
  const auto value = number_of(words[1]);
  if (!value || *value > UINT32_MAX) return "the attributes are no number: " + words[1];
  return [path = path_of(words[0]), value = static_cast<std::uint32_t>(*value)](Player& player) {
    const auto file = player.program().create({.path = path, .access = kWriteAttributes | kSynchronize});
    if (file.status != kSuccess) {
      player.answer("set attributes", file);
      return;
    }
    const std::string basic = std::string(32, '\0') + bytes_of(value) + std::string(4, '\0');
    player.answer("set attributes", player.program().set(file.handle, kBasic, basic));
    static_cast<void>(player.program().close(file.handle));
  };
}

Compiled truncate(Words words) {
  const auto size = number_of(words[1]);
  if (!size) return "the size is no number: " + words[1];
  return [path = path_of(words[0]), size = *size](Player& player) {
    player.answer("truncate", player.program().truncate(path, size));
  };
}

Compiled volume_info(Words words) {
  return [path = path_of(words[0])](Player& player) {
    const auto root = player.program().create({.path = path, .access = kReadAttributes | kSynchronize});
    if (root.status != kSuccess) {
      player.answer("query volume", root);
      return;
    }
    for (const std::uint32_t which : {kFsVolume, kFsSize, kFsDevice, kFsAttribute, kFsFullSize})
      player.answer("query volume", player.program().query_volume(root.handle, which, 512));
    static_cast<void>(player.program().close(root.handle));
  };
}

Compiled cancel_open(Words words) {
  const auto switches = words.size() > 1 ? number_of(words[1]) : 10;
  if (!switches) return "how many steps is no number: " + words[1];
  return [path = path_of(words[0]), switches = *switches](Player& player) {
    player.cancel_open(path, switches);
  };
}

Compiled process(Words words) {
  fltsim::User user = fltsim::User::kOrdinary;
  if (words.size() > 1) {
    if (words[1] == "admin") {
      user = fltsim::User::kAdministrator;
    } else if (words[1] == "service") {
      user = fltsim::User::kSystem;
    } else if (words[1] != "user") {
      return "a program runs as user, admin or service, not as " + words[1];
    }
  }
  return [name = words[0], user](Player& player) { player.take_turn(name, user); };
}

Compiled exit(Words) {
  return [](Player& player) { player.end_program(false); };
}
Compiled kill(Words) {
  return [](Player& player) { player.end_program(true); };
}
Compiled wait(Words) {
  return [](Player& player) { player.wait(); };
}

Compiled start(Words words) {
  for (const char* verb :
       {"start", "wait", "process", "exit", "kill", "advance", "open", "open-by-id", "close", "cancel-open",
        "expect", "expect-content", "expect-exists", "expect-gone"}) {
    if (words[0] == verb) return words[0] + " cannot be started beside others";
  }
  Compiled step = compile({words.begin(), words.end()});
  if (std::holds_alternative<std::string>(step)) return step;
  return [step = std::get<Player::Step>(step)](Player& player) { player.start(step); };
}

Compiled advance(Words words) {
  const std::size_t digits = std::min(words[0].find_first_not_of("0123456789"), words[0].size());
  const auto number = number_of(words[0].substr(0, digits));
  const std::string unit = words[0].substr(digits);
  if (!number || *number > 1'000'000 || (unit != "s" && unit != "ms"))
    return "advance needs a time as 5s or 100ms, not " + words[0];
  const std::chrono::milliseconds time(unit == "s" ? *number * 1000 : *number);
  return [time](Player& player) { player.advance(time); };
}

Compiled expect(Words words) {
  const std::string name = words[0].starts_with("STATUS_") ? words[0] : "STATUS_" + words[0];
  auto status = fltsim::nt::status_of_name(name);
  if (const auto number = number_of(words[0]); !status && number && words[0].starts_with("0x"))
    status = static_cast<std::int32_t>(static_cast<std::uint32_t>(*number));
  if (!status) return "there is no status " + words[0];
  return [status = *status, name = words[0]](Player& player) { player.expect_status(status, name); };
}

Compiled expect_content(Words words) {
  return [text = words[0]](Player& player) { player.expect_content(text); };
}
Compiled expect_exists(Words words) {
  return [path = path_of(words[0])](Player& player) { player.expect_exists(path, true); };
}
Compiled expect_gone(Words words) {
  return [path = path_of(words[0])](Player& player) { player.expect_exists(path, false); };
}

struct Verb {
  std::string_view name;
  std::size_t words_min;
  std::size_t words_max;
  Compiled (*compile)(Words words);
  std::string_view usage;
};

constexpr Verb kVerbs[] = {
    {"write", 2, 3, write, "PATH TEXT | $file TEXT [OFFSET]"},
    {"append", 2, 2, append, "PATH TEXT"},
    {"read", 1, 3, read, "PATH | $file [LENGTH [OFFSET]]"},
    {"rename", 2, 3, rename, "FROM TO [replace]"},
    {"move", 2, 3, move, "FROM TO [replace]"},
    {"link", 2, 2, link, "PATH EXISTING"},
    {"delete", 1, 1, remove, "PATH | $file"},
    {"mkdir", 1, 1, mkdir, "PATH"},
    {"list", 1, 2, list, "PATH [PATTERN]"},
    {"stat", 1, 1, stat, "PATH"},
    {"attributes", 2, 2, attributes, "PATH NUMBER"},
    {"truncate", 2, 2, truncate, "PATH SIZE"},
    {"open", 2, 7, open, "$file PATH [access=...] [disposition=...] [share=...] [options=...] [fast]"},
    {"open-by-id", 2, 2, open_by_id, "$file PATH"},
    {"close", 1, 1, close, "$file"},
    {"flush", 1, 1, flush, "$file"},
    {"query", 2, 2, query, "$file CLASS"},
    {"set", 3, 3, set, "$file CLASS BYTES"},
    {"lock", 3, 4, lock, "$file OFFSET LENGTH [shared]"},
    {"unlock", 3, 3, unlock, "$file OFFSET LENGTH"},
    {"control", 2, 3, control, "$file CODE [BYTES]"},
    {"map", 1, 2, map, "$file [TEXT]"},
    {"volume-info", 1, 1, volume_info, "PATH"},
    {"cancel-open", 1, 2, cancel_open, "PATH [STEPS]"},
    {"process", 1, 2, process, "NAME [user|admin|service]"},
    {"exit", 0, 0, exit, ""},
    {"kill", 0, 0, kill, ""},
    {"start", 1, 10, start, "OPERATION"},
    {"wait", 0, 0, wait, ""},
    {"advance", 1, 1, advance, "TIME"},
    {"expect", 1, 1, expect, "STATUS"},
    {"expect-content", 1, 1, expect_content, "TEXT"},
    {"expect-exists", 1, 1, expect_exists, "PATH"},
    {"expect-gone", 1, 1, expect_gone, "PATH"},
};

}  // namespace

Compiled compile(const std::vector<std::string>& words) {
  const auto verb = std::ranges::find(kVerbs, words.front(), &Verb::name);
  if (verb == std::end(kVerbs)) return "there is no operation " + words.front();
  const std::size_t count = words.size() - 1;
  if (count < verb->words_min || count > verb->words_max)
    return "it is: " + words.front() + ' ' + std::string(verb->usage);
  return verb->compile(Words(words).subspan(1));
}

}  // namespace fltlink::cli
