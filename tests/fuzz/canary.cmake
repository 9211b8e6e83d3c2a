# fltlink_add_canary(name FILE file GOOD text BAD text FOUND text): DrmFilter with one defect of its own, and a test that the port's fuzzer
# finds it from its corpus in less than a minute. In `file` of src/driver GOOD is replaced by BAD; that GOOD stands there
# no more is an error, for then the canary would sing no song. FOUND is what the fuzzer says of the defect, a regular
# expression.
function(fltlink_add_canary name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FILE;GOOD;BAD;FOUND" "")
  set(original ${PROJECT_SOURCE_DIR}/src/driver/${arg_FILE})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${original})
  file(READ ${original} text)
  string(FIND "${text}" "${arg_GOOD}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "the canary ${name} finds nothing to damage in ${original}: it says no more\n${arg_GOOD}")
  endif()
  string(REPLACE "${arg_GOOD}" "${arg_BAD}" text "${text}")
  set(damaged ${CMAKE_CURRENT_BINARY_DIR}/${name}/${arg_FILE})
  file(GENERATE OUTPUT ${damaged} CONTENT "${text}")

  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/driver/*.c ${PROJECT_SOURCE_DIR}/src/driver/*.cpp)
  list(REMOVE_ITEM sources ${original})
  fltlink_add_driver(canary_${name} SOURCES ${sources} ${damaged}
    INCLUDES ${PROJECT_SOURCE_DIR}/src/driver ${PROJECT_SOURCE_DIR}/include OPTIONS ${FLTLINK_COVERAGE})
  get_target_property(module canary_${name} FLTLINK_DRIVER)
  add_test(NAME PortCanary.${name}
    COMMAND ${CMAKE_COMMAND} -DFUZZER=$<TARGET_FILE:port_fuzz> -DDRIVER=${module} -DFOUND=${arg_FOUND}
      -DCORPUS=${CMAKE_CURRENT_SOURCE_DIR}/corpus/port -DFOLDER=${CMAKE_CURRENT_BINARY_DIR}/${name}/found
      -P ${CMAKE_CURRENT_SOURCE_DIR}/find_canary.cmake)
  set_tests_properties(PortCanary.${name} PROPERTIES TIMEOUT 120 LABELS fuzz)
endfunction()
