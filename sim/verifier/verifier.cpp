#include "fltsim/verifier.hpp"

#include <functional>

namespace fltsim {
namespace {

const char* name_of(Severity severity) {
  switch (severity) {
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      return "error";
    case Severity::kFatal:
      return "fatal";
  }
  return "?";
}

bool same(const Finding& a, const Finding& b) {
  return a.id == b.id && a.driver == b.driver && a.object == b.object && a.text == b.text;
}

// Of what same() compares.
std::size_t hash_of(const Finding& finding) {
  std::size_t hash = 0;
  for (const std::string* part : {&finding.id, &finding.driver, &finding.object, &finding.text}) {
    hash = hash * 31 + std::hash<std::string>{}(*part);
  }
  return hash;
}

}  // namespace

std::string to_string(const Finding& finding) {
  std::string line = finding.id + ' ' + name_of(finding.severity);
  if (!finding.driver.empty()) line += " [" + finding.driver + ']';
  if (!finding.object.empty()) line += ' ' + finding.object;
  line += ": " + finding.text;
  if (!finding.allocated_at.empty()) line += " (made at " + finding.allocated_at + ')';
  return line;
}

Verifier::Entry* Verifier::find(const Finding& finding, std::size_t hash) {
  const auto [first, last] = places_.equal_range(hash);
  for (auto place = first; place != last; ++place) {
    if (same(entries_[place->second].finding, finding)) return &entries_[place->second];
  }
  return nullptr;
}

// Looking for the place takes some microseconds, so it is done once for what is found a thousand times.
void Verifier::report(Finding finding) {
  const bool of_the_simulator = finding.id.starts_with("SIM-");
  if (!enabled_ && finding.severity != Severity::kFatal && !of_the_simulator) return;
  const std::size_t hash = hash_of(finding);
  std::unique_lock lock(mutex_);
  Entry* known = find(finding, hash);
  if (known == nullptr && locate_ && finding.place.module.empty()) {
    lock.unlock();
    finding.place = locate_(finding);
    lock.lock();
    known = find(finding, hash);
  }
  if (known != nullptr) {
    ++known->count;
  } else {
    places_.emplace(hash, entries_.size());
    entries_.push_back({std::move(finding), 1});
  }
}

void Verifier::expect(std::string_view id) {
  const std::lock_guard lock(mutex_);
  expected_.emplace(id);
}

void Verifier::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
  places_.clear();
  expected_.clear();
}

bool Verifier::clean() const { return unexpected_errors().empty(); }

std::vector<Finding> Verifier::findings() const {
  const std::lock_guard lock(mutex_);
  std::vector<Finding> all;
  for (const Entry& entry : entries_) all.push_back(entry.finding);
  return all;
}

std::vector<Finding> Verifier::unexpected_errors() const {
  const std::lock_guard lock(mutex_);
  std::vector<Finding> errors;
  for (const Entry& entry : entries_) {
    if (entry.finding.severity == Severity::kWarning || expected_.contains(entry.finding.id)) continue;
    errors.push_back(entry.finding);
  }
  return errors;
}

std::size_t Verifier::count(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  std::size_t total = 0;
  for (const Entry& entry : entries_) {
    if (entry.finding.id == id) total += entry.count;
  }
  return total;
}

}  // namespace fltsim
