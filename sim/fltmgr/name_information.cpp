#include "fltmgr/name_information.hpp"

#include <algorithm>
#include <utility>

#include "fltmgr/filter_call.hpp"
#include "nt/enter.hpp"
#include "nt/poison.hpp"
#include "nt/text.hpp"

namespace fltsim::fltmgr {
namespace {

constexpr FLT_FILE_NAME_PARSED_FLAGS kAllParts =
    FLTFL_FILE_NAME_PARSED_FINAL_COMPONENT | FLTFL_FILE_NAME_PARSED_EXTENSION |
    FLTFL_FILE_NAME_PARSED_STREAM | FLTFL_FILE_NAME_PARSED_PARENT_DIR;

void show(const NameInformation& information) {
  ASAN_UNPOISON_MEMORY_REGION(&information, sizeof(FLT_FILE_NAME_INFORMATION));
  ASAN_UNPOISON_MEMORY_REGION(information.text.data(), information.text.size() * sizeof(char16_t));
}

// No driver holds it any more.
void hide(NameInformation& information) {
  information.NamesParsed = 0;
  information.Volume = information.Share = information.Extension = {};
  information.Stream = information.FinalComponent = information.ParentDir = {};
  ASAN_POISON_MEMORY_REGION(&information, sizeof(FLT_FILE_NAME_INFORMATION));
  ASAN_POISON_MEMORY_REGION(information.text.data(), information.text.size() * sizeof(char16_t));
}

void add_reference(NameInformation& information, Filter& filter) {
  const auto owner = std::ranges::find(information.owners, &filter, &NameInformation::Owner::filter);
  if (owner == information.owners.end()) {
    information.owners.push_back({&filter, 1});
  } else {
    ++owner->references;
  }
}

// Of the driver that runs, if it holds the name; else of whoever does.
NameInformation::Owner& owner_for(NameInformation& information, const nt::Thread& thread) {
  const auto own = std::ranges::find_if(information.owners, [&](const NameInformation::Owner& owner) {
    return owner.filter->identity == thread.driver;
  });
  return own == information.owners.end() ? information.owners.front() : *own;
}

void point_parts_into_name(NameInformation& information) {
  const std::u16string_view text = information.text;
  const auto part = [&](std::size_t begin, std::size_t end) {
    const auto size = static_cast<USHORT>((end - begin) * sizeof(WCHAR));
    return UNICODE_STRING{size, size, information.Name.Buffer + begin};
  };
  const std::size_t path = information.volume_length;
  const NameParts parts = split_name(text, path);
  information.Volume = part(0, path);
  information.Share = part(path, path);
  information.ParentDir = part(path, parts.final_component);
  information.FinalComponent = part(parts.final_component, text.size());
  information.Stream = part(parts.stream, text.size());
  information.Extension = part(parts.extension, parts.stream);
  information.NamesParsed = kAllParts;
}

}  // namespace

NameInformation::NameInformation(std::u16string_view device, std::u16string_view path, bool normalized,
                                 std::uint64_t order)
    : FLT_FILE_NAME_INFORMATION{}, volume_length(device.size()), number(order) {
  text.reserve(device.size() + path.size());
  text.append(device).append(path);
  Size = sizeof(FLT_FILE_NAME_INFORMATION);
  Format = normalized ? FLT_FILE_NAME_NORMALIZED : FLT_FILE_NAME_OPENED;
  const auto size = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  Name = {size, size, reinterpret_cast<PWCH>(text.data())};
}

NameInformation& NameInformations::make(Filter& filter, std::u16string_view device, std::u16string_view path,
                                        bool normalized) {
  auto made = std::make_unique<NameInformation>(device, path, normalized,
                                                numbers_.fetch_add(1, std::memory_order_relaxed));
  NameInformation& information = *made;
  information.owners.push_back({&filter, 1});
  Shard& place = shard(&information);
  const std::lock_guard lock(place.mutex);
  place.live.emplace(&information, std::move(made));
  return information;
}

void NameInformations::hand_out(NameInformation& information, Filter& filter) {
  const std::lock_guard lock(shard(&information).mutex);
  show(information);
  add_reference(information, filter);
}

bool NameInformations::hand_out_if(NameInformation& information, std::u16string_view path, Filter& filter) {
  const std::lock_guard lock(shard(&information).mutex);
  show(information);
  const bool same = std::u16string_view(information.text).substr(information.volume_length) == path;
  if (same) {
    add_reference(information, filter);
  } else if (information.owners.empty()) {
    hide(information);
  }
  return same;
}

void NameInformations::keep(NameInformation& information) {
  const std::lock_guard lock(shard(&information).mutex);
  information.kept = true;
}

void NameInformations::let_go(NameInformation& information) {
  Shard& place = shard(&information);
  const std::lock_guard lock(place.mutex);
  information.kept = false;
  if (information.owners.empty()) place.live.erase(&information);
}

template <class Use>
void NameInformations::with_held(FLT_FILE_NAME_INFORMATION* raw, const char* routine, Use use) {
  Shard& place = shard(raw);
  {
    const std::lock_guard lock(place.mutex);
    const auto found = place.live.find(raw);
    if (found != place.live.end() && !found->second->owners.empty()) {
      use(place, *found->second);
      return;
    }
  }
  nt::bug_check(nt::current_thread(routine), "VER-18",
                std::string(routine) +
                    ": the name information was released already, or is none (bug check 0xF5/0x68).");
}

void NameInformations::check(FLT_FILE_NAME_INFORMATION* raw, const char* routine) {
  with_held(raw, routine, [](Shard&, NameInformation&) {});
}

void NameInformations::reference(FLT_FILE_NAME_INFORMATION* raw, const char* routine) {
  const nt::Thread& thread = nt::current_thread(routine);
  with_held(raw, routine,
            [&](Shard&, NameInformation& information) { ++owner_for(information, thread).references; });
}

void NameInformations::release(FLT_FILE_NAME_INFORMATION* raw, const char* routine) {
  const nt::Thread& thread = nt::current_thread(routine);
  with_held(raw, routine, [&](Shard& place, NameInformation& information) {
    NameInformation::Owner& owner = owner_for(information, thread);
    if (--owner.references != 0) return;
    owner = information.owners.back();
    information.owners.pop_back();
    if (!information.owners.empty()) return;
    if (information.kept) {
      hide(information);
    } else {
      place.live.erase(&information);
    }
  });
}

void NameInformations::parse(FLT_FILE_NAME_INFORMATION* raw, const char* routine) {
  with_held(raw, routine, [](Shard&, NameInformation& information) {
    if (information.NamesParsed != kAllParts) point_parts_into_name(information);
  });
}

void NameInformations::report_leaks(Filter& filter) {
  struct Leak {
    std::uint64_t number;
    std::size_t references;
    std::string name;
  };
  std::vector<Leak> leaks;
  for (Shard& place : shards_) {
    const std::lock_guard lock(place.mutex);
    for (const auto& [address, information] : place.live) {
      for (const NameInformation::Owner& owner : information->owners) {
        if (owner.filter != &filter) continue;
        leaks.push_back({information->number, owner.references, nt::to_utf8(information->text)});
      }
    }
  }
  std::ranges::sort(leaks, {}, &Leak::number);
  for (const Leak& leak : leaks) {
    for (std::size_t i = 0; i < leak.references; ++i) {
      report(filter, "VER-18", Severity::kError,
             "name information was never released: call FltReleaseFileNameInformation once for each success.",
             leak.name);
    }
  }
}

NameParts split_name(std::u16string_view text, std::size_t path) {
  const std::size_t slash = text.find_last_of(u'\\');
  const std::size_t final = slash == std::u16string_view::npos || slash < path ? path : slash + 1;
  const std::size_t stream = std::min(text.find(u':', final), text.size());
  const std::size_t dot = text.substr(0, stream).find_last_of(u'.');
  const bool has_extension = dot != std::u16string_view::npos && dot >= final;
  return {.final_component = final, .extension = has_extension ? dot + 1 : stream, .stream = stream};
}

}  // namespace fltsim::fltmgr
