// The conformance suite of FileSystem: every implementation passes all of it, but for tests of a capability
// that it says it lacks. Include it in one source of a test program and instantiate each suite there.
#pragma once

#include "conformance/file_system_create_conformance.hpp"
#include "conformance/file_system_data_conformance.hpp"
#include "conformance/file_system_delete_conformance.hpp"
#include "conformance/file_system_directory_conformance.hpp"
#include "conformance/file_system_rename_conformance.hpp"
#include "conformance/file_system_share_conformance.hpp"
