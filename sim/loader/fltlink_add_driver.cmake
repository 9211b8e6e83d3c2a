# fltlink_add_driver(name SOURCES file... [INCLUDES folder...] [DEFINITIONS name...] [OPTIONS flag...] [STRICT] [WATCHED])
#
# Builds minifilter source, C or C++20, into the loadable module drivers/<name>.sys below the build folder. STRICT is
# for our own drivers: all warnings, and errors where FLTLINK_WERROR is on. A WATCHED driver tells the machine of each of
# its loads and stores, for the findings that need that; it is slower, and no sanitizer looks at it.
# docs/DRIVER_DIALECT.md says what driver units may use; docs/adr/0004-driver-modules.md says why the flags are what they are. The module's path is
# $<TARGET_PROPERTY:name,FLTLINK_DRIVER>.
#
# Used from this tree and from an installed package: what it needs it finds through the targets fltlink::fltlink,
# fltlink::sim, fltlink::wdk, fltlink::crt, fltlink::driver-runtime,
# fltlink::watched-driver-runtime and fltlink::lower-seh.
include_guard(GLOBAL)

# Where driver units of one language find headers: the WDK's and C's of this package, and the compiler's own.
function(fltlink_driver_headers result language)
  if(CMAKE_${language}_COMPILER_ID MATCHES "Clang")
    execute_process(COMMAND ${CMAKE_${language}_COMPILER} -print-resource-dir
      OUTPUT_VARIABLE builtin OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    string(APPEND builtin /include)
  else()
    execute_process(COMMAND ${CMAKE_${language}_COMPILER} -print-file-name=include
      OUTPUT_VARIABLE builtin OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  endif()
  set(folders)
  if(language STREQUAL CXX)
    foreach(folder IN LISTS CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
      if(folder MATCHES "/c\\+\\+/" AND NOT folder MATCHES "/backward$")
        list(APPEND folders -isystem${folder})
      endif()
    endforeach()
  endif()
  set(wdk $<TARGET_PROPERTY:fltlink::wdk,INTERFACE_INCLUDE_DIRECTORIES>)
  set(crt $<TARGET_PROPERTY:fltlink::crt,INTERFACE_INCLUDE_DIRECTORIES>)
  set(${result} -isystem${wdk} -isystem${crt} ${folders} -isystem${builtin} PARENT_SCOPE)
endfunction()

# By which a compiler calls the hooks of loader/watch: as for the kernel's address sanitizer, by calls alone, and without
# its treatment of the stack and of globals. Unoptimised, so that what the source does is what is told.
function(fltlink_watch_flags result)
  set(calls asan-instrumentation-with-call-threshold=0)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    set(how -mllvm -${calls} -mllvm -asan-stack=0 -mllvm -asan-globals=0)
  else()
    set(how --param=${calls} --param=asan-stack=0 --param=asan-globals=0)
  endif()
  set(${result} -O0 -fno-omit-frame-pointer -finstrument-functions -fsanitize=kernel-address ${how} -DFLTSIM_WATCHED
    PARENT_SCOPE)
endfunction()

# The flags of every driver unit, apart from the language's own.
function(fltlink_driver_flags result strict watched)
  set(flags -g -O1 -fPIC -fvisibility=hidden -fshort-wchar -ffreestanding -fno-builtin -fno-strict-aliasing -fwrapv
    -fno-delete-null-pointer-checks -fno-stack-protector -U_FORTIFY_SOURCE -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.
    -nostdinc -Ulinux -Uunix -D_WIN32 -D_WIN64 -D_AMD64_ -DFLTSIM_DRIVER_UNIT)
  if(strict)
    list(APPEND flags -Wall -Wextra -Wshadow)
    if(FLTLINK_WERROR)
      list(APPEND flags -Werror)
    endif()
  endif()
  list(APPEND flags -Wno-unknown-pragmas -Wno-multichar -Wno-missing-field-initializers -Wno-unused-parameter)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    list(APPEND flags -Wno-unknown-warning-option -Wno-unused-command-line-argument)
  else()
    list(APPEND flags -fno-gnu-unique)
  endif()
  # Null pointers, misaligned ones and a division by zero are structured exceptions here, so the sanitizer leaves them
  # to the machine; vptr needs RTTI.
  if(watched)
    fltlink_watch_flags(watch)
    list(APPEND flags ${watch})
  elseif(FLTLINK_SANITIZE)
    list(APPEND flags -fsanitize=${FLTLINK_SANITIZE} -fno-sanitize=null,alignment,integer-divide-by-zero,vptr
      -fno-sanitize-recover=all -fno-omit-frame-pointer -DFLTSIM_SANITIZED)
  endif()
  set(${result} ${flags} PARENT_SCOPE)
endfunction()

function(fltlink_add_driver name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "STRICT;WATCHED" "" "SOURCES;INCLUDES;DEFINITIONS;OPTIONS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "fltlink_add_driver(${name}): SOURCES are missing, or unknown: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT CMAKE_C_COMPILER OR NOT CMAKE_CXX_COMPILER)
    message(FATAL_ERROR "fltlink_add_driver(${name}): the project must enable the languages C and CXX")
  endif()
  fltlink_driver_flags(common ${arg_STRICT} ${arg_WATCHED})
  if(NOT arg_DEFINITIONS MATCHES "(^|;)DBG(=|;|$)")
    list(APPEND arg_DEFINITIONS DBG=1)
  endif()
  list(TRANSFORM arg_DEFINITIONS PREPEND -D)
  set(includes)
  foreach(folder IN LISTS arg_INCLUDES)
    cmake_path(ABSOLUTE_PATH folder BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    list(APPEND includes -I${folder})
  endforeach()
  list(APPEND common ${arg_OPTIONS} ${arg_DEFINITIONS} ${includes})
  fltlink_driver_headers(c_headers C)
  fltlink_driver_headers(cxx_headers CXX)
  # The library comes last: installed, its folder may be that of a whole system. Our own drivers have it among their
  # INCLUDES, so that warnings in it count.
  set(library)
  if(NOT arg_STRICT)
    set(library -idirafter$<TARGET_PROPERTY:fltlink::fltlink,INTERFACE_INCLUDE_DIRECTORIES>)
  endif()
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    set(unoptimised "__attribute__((optnone, noinline))")
  else()
    set(unoptimised "__attribute__((optimize(\"O0\"), noinline))")
  endif()

  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}.driver)
  file(MAKE_DIRECTORY ${folder})
  set(objects)
  set(number 0)
  foreach(source IN LISTS arg_SOURCES)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    cmake_path(GET source FILENAME stem)
    if(source MATCHES "\\.c$")
      set(compile ${CMAKE_C_COMPILER} -std=gnu17 -fcommon -Werror=implicit-function-declaration
        -Wno-incompatible-pointer-types -Wno-pragmas ${common} ${c_headers} ${library})
      set(launcher ${CMAKE_C_COMPILER_LAUNCHER})
      set(ending i)
    else()
      set(compile ${CMAKE_CXX_COMPILER} -std=c++20 -fno-exceptions -fno-rtti -fno-threadsafe-statics -nostdinc++
        ${common} ${cxx_headers} ${library})
      set(launcher ${CMAKE_CXX_COMPILER_LAUNCHER})
      set(ending ii)
    endif()
    set(base ${folder}/${number}_${stem})
    math(EXPR number "${number} + 1")
    add_custom_command(OUTPUT ${base}.o
      COMMAND ${compile} -MD -MF ${base}.d -MT ${base}.o -E ${source} -o ${base}.${ending}
      COMMAND fltlink::lower-seh ${base}.${ending} ${base}.lowered.${ending} ${unoptimised}
      COMMAND ${launcher} ${compile} -c ${base}.lowered.${ending} -o ${base}.o
      DEPENDS ${source} fltlink::lower-seh
      DEPFILE ${base}.d
      COMMENT "Building driver unit ${stem} of ${name}"
      VERBATIM COMMAND_EXPAND_LISTS)
    list(APPEND objects ${base}.o)
  endforeach()

  # -z defs makes an unresolved import an error of the build. The sanitizers' runtime is in the program and resolves
  # at load, so there it is the loader that names what is missing. There is no path to the simulator's library in a
  # module: whoever loads it has the library in memory already.
  set(module ${PROJECT_BINARY_DIR}/drivers/${name}.sys)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/drivers)
  set(runtime fltlink::driver-runtime)
  if(arg_WATCHED)
    set(runtime fltlink::watched-driver-runtime)
  endif()
  set(link -shared -nostdlib $<TARGET_FILE:${runtime}> -Wl,-u,fltsim_module_exports_table
    -Wl,--hash-style=gnu $<TARGET_FILE:fltlink::sim>)
  if(NOT FLTLINK_SANITIZE)
    list(APPEND link -Wl,-z,defs)
  endif()
  add_custom_command(OUTPUT ${module}
    COMMAND ${CMAKE_C_COMPILER} -o ${module} ${objects} ${link} -lc
    DEPENDS ${objects} fltlink::sim ${runtime}
    COMMENT "Linking driver ${name}"
    VERBATIM COMMAND_EXPAND_LISTS)
  add_custom_target(${name} ALL DEPENDS ${module})
  set_target_properties(${name} PROPERTIES FLTLINK_DRIVER ${module})
endfunction()
