# SPDX-License-Identifier: Apache-2.0
# Writes one table of call_table.cc from a header of the kernel's interface:
#
#   cmake -DCOMPILER=g++ -DHEADER=asm/unistd_32.h -DTABLE=X86Calls -DOUTPUT=X86Calls.cc -P call_table.cmake
execute_process(
  COMMAND ${COMPILER} -E -dM -x c++ -include ${HEADER} /dev/null
  OUTPUT_VARIABLE macros COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "#define __NR_[a-z0-9_]+ " defined "${macros}")
set(rows "")
foreach(macro ${defined})
  string(REGEX REPLACE "#define __NR_([a-z0-9_]+) " "\\1" name "${macro}")
  if(NOT name MATCHES "^(syscalls|arch_specific_syscall)$")
    string(APPEND rows "    {\"${name}\", __NR_${name}},\n")
  endif()
endforeach()
file(WRITE ${OUTPUT}
"// Made by filters/call_table.cmake from <${HEADER}>; do not edit.
#define __X32_SYSCALL_BIT 0x40000000
#include <${HEADER}>

#include \"filters/call_table.h\"

namespace stockade::filters {
namespace {
constexpr CallEntry kCalls[] = {
${rows}};
}  // namespace
std::span<const CallEntry> ${TABLE}() { return kCalls; }
}  // namespace stockade::filters
")
