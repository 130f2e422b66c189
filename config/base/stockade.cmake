# Build helpers shared by every folder: compiler flags, and files turned into C++ strings.

add_library(stockade_flags INTERFACE)
target_include_directories(stockade_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_options(stockade_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor
  -Woverloaded-virtual -Wformat=2 -Wimplicit-fallthrough -fstack-protector-strong -fno-plt)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # gcc 12 warns wrongly about std::string's operator+ (gcc bug 105651).
  target_compile_options(stockade_flags INTERFACE -Wno-restrict)
endif()
# JSON_DIAGNOSTICS stays off: it costs memory per node.
target_compile_definitions(stockade_flags INTERFACE
  STOCKADE_VERSION="${PROJECT_VERSION}" _FILE_OFFSET_BITS=64)
if(STOCKADE_SANITIZE)
  target_compile_options(stockade_flags INTERFACE
    -fsanitize=${STOCKADE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(stockade_flags INTERFACE -fsanitize=${STOCKADE_SANITIZE})
  target_compile_definitions(stockade_flags INTERFACE STOCKADE_SANITIZED)
  if(STOCKADE_FUZZ)
    # Coverage in all of our code; the fuzzers themselves bring libFuzzer's main.
    target_compile_options(stockade_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(stockade_flags INTERFACE -fsanitize=fuzzer-no-link)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_definitions(stockade_flags INTERFACE _FORTIFY_SOURCE=2)
  target_compile_options(stockade_flags INTERFACE -ffunction-sections -fdata-sections)
  target_link_options(stockade_flags INTERFACE -Wl,--gc-sections -Wl,-z,relro -Wl,-z,now)
endif()

# What our sources share of other people's: compiled once, in files that say why.
add_library(stockade_libraries STATIC
  ${CMAKE_SOURCE_DIR}/config/base/fmt_library.cc ${CMAKE_SOURCE_DIR}/config/base/json_library.cc)
target_link_libraries(stockade_libraries PRIVATE stockade_flags
                      PUBLIC nlohmann_json::nlohmann_json tl::expected)
# Sanitized code compiles from a precompiled header, in a third of the time. Other builds do without:
# their objects come from the compiler's cache, which a precompiled header's bytes would spoil.
if(STOCKADE_SANITIZE)
  target_precompile_headers(stockade_libraries PRIVATE
    <algorithm> <filesystem> <map> <string> <vector> <fmt/format.h> <tl/expected.hpp>
    ${CMAKE_SOURCE_DIR}/config/base/json.h)
endif()

# Links what every target of ours has, and shares the precompiled header of `from`.
function(stockade_target name from)
  target_link_libraries(${name} PRIVATE stockade_flags ${ARGN} stockade_libraries)
  if(STOCKADE_SANITIZE)
    target_precompile_headers(${name} REUSE_FROM ${from})
  endif()
endfunction()

# stockade_library(<name> SOURCES ... [LINK ...]): a static library with the project's flags.
# LINK edges are private, so a folder cannot reach past its neighbour by accident.
function(stockade_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  stockade_target(${name} stockade_libraries ${ARG_LINK})
endfunction()

# stockade_program(<name> SOURCES ... [LINK ...]): a program, static unless a sanitizer forbids it.
function(stockade_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  stockade_target(${name} stockade_libraries ${ARG_LINK})
  if(STOCKADE_STATIC AND NOT STOCKADE_SANITIZE)
    target_link_options(${name} PRIVATE -static)
    if(CMAKE_BUILD_TYPE STREQUAL "Release")
      target_link_options(${name} PRIVATE -s)
    endif()
  endif()
endfunction()

if(STOCKADE_TESTS AND STOCKADE_SANITIZE)
  add_library(stockade_test_headers STATIC ${CMAKE_SOURCE_DIR}/config/base/error.cc)
  target_link_libraries(stockade_test_headers PRIVATE stockade_flags stockade_libraries GTest::gmock)
  target_compile_options(stockade_test_headers PRIVATE -O0 -U_FORTIFY_SOURCE)  # as in stockade_test
  target_precompile_headers(stockade_test_headers PRIVATE
    <algorithm> <filesystem> <map> <string> <vector> <fmt/format.h> <tl/expected.hpp> <gmock/gmock.h>
    <gtest/gtest.h> ${CMAKE_SOURCE_DIR}/config/base/json.h)
endif()

# stockade_test(<name> SOURCES ... [LINK ...]): one GoogleTest program, registered as one test; in a
# sanitizer build as address+undefined/<name>, so that both builds' tests fit into one list.
function(stockade_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  stockade_target(${name} stockade_test_headers ${ARG_LINK} GTest::gmock_main)
  # What is tested is optimised; the tests themselves only have to compile quickly.
  target_compile_options(${name} PRIVATE -O0 -U_FORTIFY_SOURCE)
  set(registered ${name})
  if(STOCKADE_SANITIZE)
    string(REPLACE "," "+" registered "${STOCKADE_SANITIZE}/${name}")
  endif()
  add_test(NAME ${registered} COMMAND ${name})
  set_tests_properties(${registered} PROPERTIES LABELS unit TIMEOUT 300)
endfunction()

# stockade_embed(<target> <symbol> <file>...): adds to <target> a source that defines, in namespace
# stockade::embedded, `const std::span<const EmbeddedFile> <symbol>` holding every file by its base name.
function(stockade_embed target symbol)
  set(out ${CMAKE_BINARY_DIR}/generated/embedded/${symbol}.cc)
  set(files)
  foreach(file ${ARGN})
    get_filename_component(path ${file} ABSOLUTE)
    list(APPEND files ${path})
  endforeach()
  string(REPLACE ";" "," joined "${files}")
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DSYMBOL=${symbol} -DFILES=${joined} -DOUT=${out}
            -P ${CMAKE_SOURCE_DIR}/config/base/embed.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/config/base/embed.cmake VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
