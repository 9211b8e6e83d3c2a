# fltlink_add_driver(name SOURCES file... [INCLUDES folder...] [DEFINITIONS name...] [OPTIONS flag...] [STRICT] [WATCHED])
#
# Builds minifilter source, C or C++20, into the loadable module drivers/<name>.sys below the build folder, with
# fltlink-cc (docs/FLTLINK_CC.md), which knows the flags. STRICT is
# for our own drivers: all warnings, and errors where FLTLINK_WERROR is on. A WATCHED driver tells the machine of each of
# its loads and stores, for the findings that need that; it is slower, and no sanitizer looks at it. Else FLTLINK_SANITIZE
# names the sanitizers.
# docs/DRIVER_DIALECT.md says what driver units may use. The module's path is
# $<TARGET_PROPERTY:name,FLTLINK_DRIVER>.
#
# Used from this tree and from an installed package: what it needs it finds through the targets fltlink::cc, fltlink::sim,
# fltlink::driver-runtime and fltlink::watched-driver-runtime.
include_guard(GLOBAL)

# The options of fltlink-cc for one unit or link, apart from the caller's own.
function(fltlink_unit_options result strict watched)
  set(options --cc=${CMAKE_C_COMPILER} -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
  if(CMAKE_C_COMPILER_LAUNCHER)
    list(APPEND options --launcher=${CMAKE_C_COMPILER_LAUNCHER})
  endif()
  if(strict)
    list(APPEND options -Wall -Wextra -Wshadow)
    if(FLTLINK_WERROR)
      list(APPEND options -Werror)
    endif()
  endif()
  if(watched)
    list(APPEND options --watched)
  elseif(FLTLINK_SANITIZE)
    list(APPEND options --sanitize=${FLTLINK_SANITIZE})
  endif()
  set(${result} ${options} PARENT_SCOPE)
endfunction()

# One more object of `module`, from `source`, with the options behind it. `result` is its path.
function(fltlink_add_driver_unit result source module)
  cmake_path(GET source FILENAME stem)
  string(MD5 place ${source})
  string(SUBSTRING ${place} 0 6 place)
  set(base ${CMAKE_CURRENT_BINARY_DIR}/${module}.driver/${stem}-${place})
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${module}.driver)
  add_custom_command(OUTPUT ${base}.o
    COMMAND fltlink::cc ${ARGN} -MD -MF ${base}.d -c ${source} -o ${base}.o
    DEPENDS ${source} fltlink::cc
    DEPFILE ${base}.d
    COMMENT "Building driver unit ${stem} of ${module}"
    VERBATIM COMMAND_EXPAND_LISTS)
  set(${result} ${base}.o PARENT_SCOPE)
endfunction()

# The objects of all sources of `module`, a driver or a program; folders are seen from the caller's.
function(fltlink_add_units result module unit_options sources includes definitions)
  list(TRANSFORM definitions PREPEND -D)
  list(APPEND unit_options ${definitions})
  foreach(folder IN LISTS includes)
    cmake_path(ABSOLUTE_PATH folder BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    list(APPEND unit_options -I${folder})
  endforeach()
  set(objects)
  foreach(source IN LISTS sources)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    fltlink_add_driver_unit(object ${source} ${module} ${unit_options})
    list(APPEND objects ${object})
  endforeach()
  set(${result} ${objects} PARENT_SCOPE)
endfunction()

function(fltlink_add_driver name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "STRICT;WATCHED" "" "SOURCES;INCLUDES;DEFINITIONS;OPTIONS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "fltlink_add_driver(${name}): SOURCES are missing, or unknown: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT CMAKE_C_COMPILER OR NOT CMAKE_CXX_COMPILER)
    message(FATAL_ERROR "fltlink_add_driver(${name}): the project must enable the languages C and CXX")
  endif()
  fltlink_unit_options(options ${arg_STRICT} ${arg_WATCHED})
  set(unit_options ${options} ${arg_OPTIONS})
  fltlink_add_units(objects ${name} "${unit_options}" "${arg_SOURCES}" "${arg_INCLUDES}" "${arg_DEFINITIONS}")

  set(module ${PROJECT_BINARY_DIR}/drivers/${name}.sys)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/drivers)
  set(runtime fltlink::driver-runtime)
  if(arg_WATCHED)
    set(runtime fltlink::watched-driver-runtime)
  endif()
  add_custom_command(OUTPUT ${module}
    COMMAND fltlink::cc ${options} -o ${module} ${objects}
    DEPENDS ${objects} fltlink::cc fltlink::sim ${runtime}
    COMMENT "Linking driver ${name}"
    VERBATIM COMMAND_EXPAND_LISTS)
  add_custom_target(${name} ALL DEPENDS ${module})
  set_target_properties(${name} PROPERTIES FLTLINK_DRIVER ${module})
endfunction()
