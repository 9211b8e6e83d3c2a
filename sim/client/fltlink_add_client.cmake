# fltlink_add_client(name SOURCES file... [INCLUDES folder...] [DEFINITIONS name...] [OPTIONS flag...] [STRICT] [ANSI])
#
# Builds a program of user mode into the loadable module clients/<name> below the build folder, with fltlink-cc --client:
# Machine::start_client runs it in a simulated process. STRICT is for our own programs: all warnings, and errors where
# FLTLINK_WERROR is on. Units are Unicode unless ANSI says otherwise. docs/CLIENTS.md says what programs may use. The
# module's path is $<TARGET_PROPERTY:name,FLTLINK_CLIENT>.
#
# Used from this tree and from an installed package, behind fltlink_add_driver.cmake.
include_guard(GLOBAL)

function(fltlink_add_client name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "STRICT;ANSI" "" "SOURCES;INCLUDES;DEFINITIONS;OPTIONS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "fltlink_add_client(${name}): SOURCES are missing, or unknown: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  fltlink_unit_options(options ${arg_STRICT} FALSE)
  list(APPEND options --client)
  set(unit_options ${options} ${arg_OPTIONS})
  if(arg_ANSI)
    list(APPEND unit_options -UUNICODE -U_UNICODE)
  endif()
  fltlink_add_units(objects ${name} "${unit_options}" "${arg_SOURCES}" "${arg_INCLUDES}" "${arg_DEFINITIONS}")

  set(module ${PROJECT_BINARY_DIR}/clients/${name})
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/clients)
  add_custom_command(OUTPUT ${module}
    COMMAND fltlink::cc ${options} -o ${module} ${objects}
    DEPENDS ${objects} fltlink::cc fltlink::sim fltlink::client-runtime
    COMMENT "Linking client program ${name}"
    VERBATIM COMMAND_EXPAND_LISTS)
  add_custom_target(${name} ALL DEPENDS ${module})
  set_target_properties(${name} PROPERTIES FLTLINK_CLIENT ${module})
endfunction()
