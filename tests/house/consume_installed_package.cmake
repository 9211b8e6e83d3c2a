# Installs the build into an empty folder, moves that away, and there configures, builds and tests a project that only
# knows find_package. Nothing of what it gets names the folder that it was built in.
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGV} ended with ${result}:\n${output}")
  endif()
endfunction()

function(expect_nothing_names folder name)
  execute_process(COMMAND grep --recursive --fixed-strings --files-with-matches ${name} ${folder}
    OUTPUT_VARIABLE files RESULT_VARIABLE result)
  if(NOT result EQUAL 1)
    message(FATAL_ERROR "${name} is named in:\n${files}")
  endif()
endfunction()

execute_process(COMMAND mktemp --directory OUTPUT_VARIABLE work OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${work}/first --strip)
file(RENAME ${work}/first ${work}/moved)
file(COPY ${SOURCE}/tests/house/consumer DESTINATION ${work})
run(${CMAKE_COMMAND} -S ${work}/consumer -B ${work}/build -G ${GENERATOR} -DCMAKE_PREFIX_PATH=${work}/moved
  -DCMAKE_C_COMPILER=${C_COMPILER} -DCMAKE_CXX_COMPILER=${CXX_COMPILER})
run(${CMAKE_COMMAND} --build ${work}/build)
run(${CMAKE_CTEST_COMMAND} --test-dir ${work}/build --output-on-failure --no-tests=error)
expect_nothing_names(${work} ${SOURCE})
expect_nothing_names(${work} ${BUILD})
expect_nothing_names(${work} ${work}/first)
file(REMOVE_RECURSE ${work})
