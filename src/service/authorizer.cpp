#include "service/authorizer.hpp"

#include <algorithm>

#include <fltlink/policy/pattern.hpp>

#include "service/text.hpp"

namespace drmservice {

namespace {

using fltlink::ConnectionUse;

// ASCII only, as in the policy store. Where the driver's table knows more letters, this allows less.
char16_t upcase(char16_t unit) { return unit >= u'a' && unit <= u'z' ? unit - u'a' + u'A' : unit; }

fltlink::LoopOptions authorizer_loop_options(const Settings& settings, const fltlink::Authenticator* authenticator) {
  fltlink::LoopOptions options;
  options.authenticator = authenticator;
  options.workers = settings.workers;
  options.receives = settings.receives;
  options.fail.authorize = settings.fail_policy;
  options.context->role = FLTLINK_ROLE_AUTHORIZER;
  options.context->message_size_max = FLTLINK_MESSAGE_SIZE_MAX;  // half a path is never allowed
  return options;
}

}  // namespace

Authorizer::Authorizer(fltlink::Host& host, fltlink::Port& port, EventLog& log, const Settings& settings,
                       const fltlink::Authenticator* authenticator)
    : host_(host),
      log_(log),
      allowed_(settings.allowed),
      loop_(host, port, *this, authorizer_loop_options(settings, authenticator)) {
  for (std::u16string& pattern : allowed_) std::ranges::transform(pattern, pattern.begin(), &upcase);
}

bool Authorizer::may(const fltlink::DriverMessage& question) const {
  if (question.path_cut) return false;
  return std::ranges::any_of(allowed_, [&question](const std::u16string& pattern) {
    return fltlink::pattern_matches(as_text(pattern), question.path, &upcase);
  });
}

// The answer goes first: what is logged about it costs its sender nothing.
void Authorizer::on_authorize(const fltlink::DriverMessage& question, fltlink::VerdictToken& owed) {
  const auto verdict = may(question) ? fltlink::Verdict::kAllow : fltlink::Verdict::kDeny;
  const auto outcome = verdict == fltlink::Verdict::kAllow ? owed.allow() : owed.deny();
  if (outcome == fltlink::ReplyTokenOutcome::kReplied) log_.verdict(question, verdict);
}

// An authorizer is sent neither of these two; a driver that does it all the same is not let pass in silence.
void Authorizer::on_file_event(const fltlink::DriverMessage& event, fltlink::ReplyToken*) {
  log_.file_event(event);
}

void Authorizer::on_block(const fltlink::DriverMessage& notice, fltlink::ReplyToken*) { log_.block(notice); }

ConnectionUse Authorizer::on_connected(fltlink::DriverClient&, const fltlink::ConnectionTerms&) {
  log_.write(EventId::kConnected, host_.now(), "authorizer");
  return ConnectionUse::kKeep;
}

ConnectionUse Authorizer::on_attention(fltlink::DriverClient&) { return ConnectionUse::kKeep; }

void Authorizer::on_trouble(const fltlink::TroubleReport& report) { log_.trouble(report, host_.now()); }

}  // namespace drmservice
