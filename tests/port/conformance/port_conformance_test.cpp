// The suite on every Port that there is: the real client API's over the simulated filter manager, under both
// schedulers, and the one in memory that tests of the service use.
#include "conformance/port_conformance.hpp"

#include "port/conformance/scripted_environment.hpp"
#include "port/conformance/simulated_environment.hpp"

namespace fltlink::test {
namespace {

INSTANTIATE_TEST_SUITE_P(
    Ports, PortConformance,
    testing::Values(PortImplementation{"Scripted", &ScriptedEnvironment::make},
                    PortImplementation{"SimulatedSeeded", &SimulatedEnvironment::make_seeded},
                    PortImplementation{"SimulatedHost", &SimulatedEnvironment::make_host}),
    &port_name);

}  // namespace
}  // namespace fltlink::test
