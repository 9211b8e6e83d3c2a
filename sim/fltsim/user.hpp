// The accounts of a simulated machine.
#pragma once

namespace fltsim {

enum class User {
  kSystem,                 // S-1-5-18, with Administrators among its groups
  kAdministrator,          // elevated: Administrators enabled
  kSecondAdministrator,    // another account, elevated as well
  kFilteredAdministrator,  // the first one's ordinary token: Administrators for deny entries only
  kOrdinary,               // a member of Users
};

}  // namespace fltsim
