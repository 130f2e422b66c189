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
# FMT_HEADER_ONLY: Debian ships no static libfmt. JSON_DIAGNOSTICS stays off: it costs memory per node.
target_compile_definitions(stockade_flags INTERFACE
  FMT_HEADER_ONLY=1 STOCKADE_VERSION="${PROJECT_VERSION}" _FILE_OFFSET_BITS=64)
if(STOCKADE_SANITIZE)
  target_compile_options(stockade_flags INTERFACE
    -fsanitize=${STOCKADE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(stockade_flags INTERFACE -fsanitize=${STOCKADE_SANITIZE})
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

# stockade_library(<name> SOURCES ... [LINK ...]): a static library with the project's flags.
# LINK edges are private, so a folder cannot reach past its neighbour by accident.
function(stockade_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE stockade_flags ${ARG_LINK}
                        nlohmann_json::nlohmann_json tl::expected fmt::fmt-header-only)
endfunction()

# stockade_program(<name> SOURCES ... [LINK ...]): a program, static unless a sanitizer forbids it.
function(stockade_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE stockade_flags ${ARG_LINK}
                        nlohmann_json::nlohmann_json tl::expected fmt::fmt-header-only)
  if(STOCKADE_STATIC AND NOT STOCKADE_SANITIZE)
    target_link_options(${name} PRIVATE -static)
    if(CMAKE_BUILD_TYPE STREQUAL "Release")
      target_link_options(${name} PRIVATE -s)
    endif()
  endif()
endfunction()

# stockade_test(<name> SOURCES ... [LINK ...]): one GoogleTest program, registered as one test; in a
# sanitizer build as address+undefined/<name>, so that both builds' tests fit into one list.
function(stockade_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE stockade_flags ${ARG_LINK} GTest::gmock_main
                        nlohmann_json::nlohmann_json tl::expected fmt::fmt-header-only)
  # What is tested is optimised as it ships; the tests themselves only have to compile quickly.
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
