// The suite on every Port that there is: the real client API's over the simulated filter manager, under several
// seeds and on real threads, and the one in memory that tests of the service use.
#include "conformance/port_conformance.hpp"

#include "port/conformance/scripted_environment.hpp"
#include "port/conformance/simulated_environment.hpp"

namespace fltlink::test {
namespace {

INSTANTIATE_TEST_SUITE_P(
    Ports, PortConformance,
    testing::Values(PortImplementation{"Scripted", &ScriptedEnvironment::make},
                    PortImplementation{"SimulatedSeed1", &SimulatedEnvironment::make_seeded<1>},
                    PortImplementation{"SimulatedSeed2", &SimulatedEnvironment::make_seeded<2>},
                    PortImplementation{"SimulatedSeed3", &SimulatedEnvironment::make_seeded<3>},
                    PortImplementation{"SimulatedSeed4", &SimulatedEnvironment::make_seeded<4>},
                    PortImplementation{"SimulatedSeed5", &SimulatedEnvironment::make_seeded<5>},
                    PortImplementation{"SimulatedHost", &SimulatedEnvironment::make_host}),
    &port_name);

}  // namespace
}  // namespace fltlink::test
