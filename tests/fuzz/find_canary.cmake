# Runs the port's fuzzer on a driver with a defect; fails unless it finds the defect, and that one, within a minute.
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
set(ENV{PORT_FUZZ_DRIVER} ${DRIVER})
string(TIMESTAMP start %s)
execute_process(
  COMMAND ${FUZZER} -seed=1 -entropic=0 -detect_leaks=0 -max_total_time=60 -artifact_prefix=${FOLDER}/ ${FOLDER} ${CORPUS}
  OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE result)
string(TIMESTAMP end %s)
math(EXPR seconds "${end} - ${start}")
if(result EQUAL 0)
  message(FATAL_ERROR "the fuzzer did not find the defect in ${seconds} s\n${output}")
endif()
if(NOT output MATCHES "${FOUND}")
  message(FATAL_ERROR "the fuzzer found something else than \"${FOUND}\"\n${output}")
endif()
message(STATUS "found in ${seconds} s: ${CMAKE_MATCH_0}")
