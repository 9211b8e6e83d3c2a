// The accounts of a simulated machine.
#pragma once

namespace fltsim {

enum class User {
  kSystem,         // S-1-5-18, with Administrators among its groups
  kAdministrator,  // elevated: Administrators enabled
  kOrdinary,       // a member of Users
};

}  // namespace fltsim
