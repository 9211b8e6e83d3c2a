// The service of docs/SERVICE.md, "A service that authorizes".
#pragma once

#include <fltlink/service/receive_loop.hpp>

class DraftsService final : fltlink::Handlers {
 public:
  DraftsService(fltlink::Host& host, fltlink::Port& port) : loop_(host, port, *this, options()) {}
  bool start() { return loop_.start() == fltlink::StartOutcome::kStarted; }
  void stop() { loop_.stop(); }

 private:
  static fltlink::LoopOptions options() {
    fltlink::LoopOptions options;
    options.context->role = FLTLINK_ROLE_AUTHORIZER;
    options.fail.authorize.disconnect = fltlink::FailAction::kAllow;  // all else stays denied
    return options;
  }

  void on_authorize(const fltlink::DriverMessage& question, fltlink::VerdictToken& owed) override {
    const fltlink::Text drafts(u"C:\\Drafts\\");
    const fltlink::Text path = question.path;
    const bool is_draft = path.size() > drafts.size() && path.first(drafts.size()) == drafts;
    if (is_draft) {
      owed.allow();
    } else {
      owed.deny();
    }
  }

  void on_file_event(const fltlink::DriverMessage&, fltlink::ReplyToken*) override {}
  void on_block(const fltlink::DriverMessage&, fltlink::ReplyToken*) override {}
  fltlink::ConnectionUse on_connected(fltlink::DriverClient&, const fltlink::ConnectionTerms&) override {
    return fltlink::ConnectionUse::kKeep;
  }
  fltlink::ConnectionUse on_attention(fltlink::DriverClient&) override {
    return fltlink::ConnectionUse::kKeep;
  }
  void on_trouble(const fltlink::TroubleReport&) override {}  // a real one logs it

  fltlink::ReceiveLoop loop_;
};
